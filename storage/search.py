"""Find stored articles by their words, on both engines alike.

The index narrows a query down to articles that may match; what is found is decided by `alerts.matching` alone, so a
search finds what a watch would.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

from sqlalchemy import ColumnElement, func, or_, select, text, true
from sqlalchemy.orm import Session

from alerts import matching
from alerts.matching import Compiled
from alerts.querytree import Fact, FactName
from scrapers.article import Article
from storage import lookup, narrowing
from storage.columns import storable
from storage.likeness import gist
from storage.likeness.gist import Gist
from storage.lookup import StoredArticle
from storage.tables import ArticleRow

_FEW = 1000  # candidates that are put in order by date; among more, the newest articles are looked at one by one
MOST_MISSED = 20_000  # articles that hold the words, and do not match, until a search stops: three seconds
MOST_UNINDEXED = 1000  # articles without an index that a search reads, a second and a half
_CHUNK = 20  # articles that are read at once; more and more of them where few match
_MOST_AT_ONCE = 160
_WINDOW = 64  # articles by date of which the index is asked at once; twice as many each time
_BLOCK = 4096  # ids of which it is asked on SQLite
_IS_BARE = ArticleRow.indexed.in_(range(gist.VERSION))  # SQLite would walk through all articles for one below it
_NEWEST = (ArticleRow.at.desc(), ArticleRow.id.desc())

_HELD = "SELECT id FROM article_search_docsize WHERE id IN (SELECT value FROM json_each(:ids))"
_ADD = {
    "sqlite": "INSERT INTO article_search (rowid, title, body) VALUES (?, ?, ?)",
    "postgresql": "INSERT INTO article_search (article_id, body) SELECT i, CAST(w AS tsvector) "
    "FROM unnest(CAST(:ids AS bigint[]), CAST(:words AS text[])) AS q(i, w) "
    "ON CONFLICT (article_id) DO UPDATE SET body = excluded.body",
}
_DROP = {
    "sqlite": "INSERT INTO article_search (article_search, rowid, title, body) VALUES ('delete', ?, ?, ?)",
    "postgresql": "DELETE FROM article_search WHERE article_id = ANY(CAST(:ids AS bigint[]))",
}
_SOME = {
    "sqlite": "SELECT rowid FROM article_search WHERE article_search MATCH :asked LIMIT :most",
    "postgresql": "SELECT article_id FROM article_search WHERE body @@ CAST(:asked AS tsquery) LIMIT :most",
}
_AMONG = {
    "sqlite": "SELECT rowid FROM article_search WHERE article_search MATCH :asked AND rowid BETWEEN :first AND :last",
    "postgresql": "SELECT article_id FROM article_search WHERE article_id = ANY(CAST(:ids AS bigint[])) "
    "AND body @@ CAST(:asked AS tsquery)",
}


@dataclass(frozen=True, slots=True)
class Found:
    """An article that matches, and the sentence that shows why."""

    article: StoredArticle
    snippet: str


def index(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Add the words of articles to the index; those that it holds already stay as they are."""
    words = {row.id: _words(one.article.title, one.article.text, one) for row, one in fresh}
    if _dialect(session) == "sqlite":
        _write(session, _ADD["sqlite"], {key: words[key] for key in words.keys() - _held(session, words)})
        return
    vectors = {key: narrowing.tsvector(title, body) for key, (title, body) in sorted(words.items())}
    session.execute(text(_ADD["postgresql"]), {"ids": list(vectors), "words": list(vectors.values())})


def forget(session: Session, rows: Sequence[ArticleRow]) -> None:
    """Take articles out of the index, before their title or text changes."""
    if _dialect(session) == "sqlite":
        held = _held(session, [row.id for row in rows])
        _write(session, _DROP["sqlite"], {row.id: _words(row.title, row.text) for row in rows if row.id in held})
        return
    session.execute(text(_DROP["postgresql"]), {"ids": sorted(row.id for row in rows)})


def unindexed(session: Session) -> int:
    """How many articles an earlier version stored that `upkeep` has not indexed yet."""
    return session.scalar(select(func.count()).where(_IS_BARE)) or 0


class Search:
    """Articles that match, newest first, read some at a time.

    `stopped_at` is empty until `MOST_MISSED` articles were read in vain, and then the time of the last one: there may
    be matches among the older ones.
    """

    def __init__(
        self, session: Session, compiled: Compiled, filters: Sequence[ColumnElement[bool]], limit: int | None
    ) -> None:
        self.stopped_at: datetime | None = None
        self._session, self._compiled = session, compiled
        self._filters, self._limit = filters, limit

    def __iter__(self) -> Iterator[Found]:
        shown = missed = 0
        for ids in _in_chunks(_candidates(self._session, self._compiled, self._filters)):
            held = lookup.by_id(self._session, ids)
            for one in (held[key] for key in ids if key in held):
                matches = matching.match(_article(one), self._compiled)
                if matches:
                    yield Found(one, matches[0].excerpt.text)
                    shown += 1
                    if shown == self._limit:
                        return
                else:
                    missed += 1
                    if missed == MOST_MISSED:
                        self.stopped_at = one.published or one.first_seen
                        return


def find(
    session: Session,
    compiled: Compiled,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    source: str | None = None,
    language: str | None = None,
    limit: int | None = None,
) -> Search:
    """Articles that match a watch of `compiled`; `until` is exclusive.

    Articles longer than `gist.LONGEST` are read to the end, of those without an index the newest `MOST_UNINDEXED`.
    """
    filters = [_told(fact, compiled) for fact in narrowing.facts(compiled)]
    if since is not None:
        filters.append(ArticleRow.at >= since)
    if until is not None:
        filters.append(ArticleRow.at < until)
    if source is not None:
        filters.append(ArticleRow.source_id == source)
    if language is not None:
        filters.append(ArticleRow.language == language)
    return Search(session, compiled, filters, limit)


def _told(fact: Fact, compiled: Compiled) -> ColumnElement[bool]:
    """What rows must hold where the article or its source tells this; no more than `alerts.facts` asks."""
    if fact.name is FactName.LANG:
        return func.lower(ArticleRow.language).like(f"{fact.value}%")
    if fact.name in (FactName.SOURCE, FactName.KIND, FactName.COUNTRY):
        sources = {
            name for name, told in compiled.sources.items() if fact.value in (*told.names, told.kind, told.country)
        }
        own = (func.lower(ArticleRow.source_id) == fact.value,) if fact.name is FactName.SOURCE else ()
        return or_(ArticleRow.source_id.in_(sorted(sources)), *own)
    return true()


def _candidates(session: Session, compiled: Compiled, filters: Sequence[ColumnElement[bool]]) -> Iterator[int]:
    """Ids of all articles that may match, newest first."""
    is_sqlite, needed = _dialect(session) == "sqlite", narrowing.needed(compiled)
    asked = narrowing.fts5(needed) if is_sqlite else narrowing.tsquery(needed)
    query = select(ArticleRow.id).where(_IS_BARE).order_by(ArticleRow.id.desc())
    bare = set(session.scalars(query.limit(MOST_UNINDEXED)))
    some = _some(session, asked) if asked else None
    if some is not None:
        listed = ArticleRow.id.in_(sorted(bare.union(some)))
        yield from session.scalars(select(ArticleRow.id).where(listed, *filters).order_by(*_NEWEST))
        return
    among = (_Blocks(session, asked).among if is_sqlite else partial(_among, session, asked)) if asked else set
    for ids in _windows(session, filters):
        may = among(ids)
        yield from (key for key in ids if key in may or key in bare)


def _some(session: Session, asked: str) -> Sequence[int] | None:
    """The candidates, unless they are many."""
    found = session.scalars(text(_SOME[_dialect(session)]), {"asked": asked, "most": _FEW + 1}).all()
    return found if len(found) <= _FEW else None


def _windows(session: Session, filters: Sequence[ColumnElement[bool]]) -> Iterator[list[int]]:
    """The ids of all articles, newest first, from the index of dates."""
    query = select(ArticleRow.id, ArticleRow.at).where(*filters).order_by(*_NEWEST)
    size, rest = _WINDOW, query
    while read := session.execute(rest.limit(size)).all():
        yield [key for key, _ in read]
        last, at = read[-1]
        rest = query.where(ArticleRow.at <= at, or_(ArticleRow.at < at, ArticleRow.id < last))
        size = min(2 * size, _BLOCK)


class _Blocks:
    """The index of SQLite by blocks of ids, each read once and forwards: to ask for one id costs as much."""

    def __init__(self, session: Session, asked: str) -> None:
        self._session = session
        self._asked = asked
        self._blocks: dict[int, bytearray] = {}

    def among(self, ids: Sequence[int]) -> set[int]:
        """Those of `ids` that are candidates."""
        for block in sorted({key // _BLOCK for key in ids} - self._blocks.keys()):
            first = block * _BLOCK
            given = {"asked": self._asked, "first": first, "last": first + _BLOCK - 1}
            self._blocks[block] = bytearray(_BLOCK)
            for key in self._session.scalars(text(_AMONG["sqlite"]), given):
                self._blocks[block][key - first] = 1
        return {key for key in ids if self._blocks[key // _BLOCK][key % _BLOCK]}


def _among(session: Session, asked: str, ids: Sequence[int]) -> set[int]:
    """Those of `ids` that are candidates, on PostgreSQL."""
    return set(session.scalars(text(_AMONG["postgresql"]), {"asked": asked, "ids": ids}))


def _in_chunks(ids: Iterator[int]) -> Iterator[list[int]]:
    """A few at first, as the first may do; the more the longer it goes on."""
    size = _CHUNK
    while chunk := list(islice(ids, size)):
        yield chunk
        size = min(2 * size, _MOST_AT_ONCE)


def _words(title: str, body: str, one: Gist | None = None) -> tuple[str, str]:
    """The words of a title and a text as they are stored, which may be known."""
    kept = storable(title), storable(body)
    held = (one.title, one.body) if one and kept == (title, body) else (gist.words(kept[0]), gist.words(kept[1]))
    is_cut = max(map(len, kept)) > gist.LONGEST
    return (held[0], f"{held[1]} {narrowing.CUT}") if is_cut else held


def _held(session: Session, ids: Iterable[int]) -> set[int]:
    """Those of `ids` that the index of SQLite holds: a word taken out of it twice would spoil it."""
    return set(session.scalars(text(_HELD), {"ids": json.dumps(list(ids))}))


def _write(session: Session, statement: str, words: Mapping[int, tuple[str, str]]) -> None:
    if words:
        rows = [(key, *parts) for key, parts in sorted(words.items())]
        session.connection().exec_driver_sql(statement, rows)


def _article(one: StoredArticle) -> Article:
    return Article(
        source=one.source, url=one.url, title=one.title, text=one.text, authors=one.authors, language=one.language
    )


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
