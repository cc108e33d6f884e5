"""Store each article once: same URL, same text, or new; keep every change as a revision.

A batch is one transaction: everything that is derived from an article is stored with it, or nothing is.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from alerts.changes import ChangeKind
from scrapers import dates
from scrapers.article import Article
from storage import copies, revisions, search, stories, suggestions
from storage.engine import serialise
from storage.identity import Publishers
from storage.likeness import gist
from storage.likeness.fingerprint import normal_words
from storage.likeness.gist import Gist
from storage.tables import AliasRow, ArticleRow

SAVING = 0x41525449  # advisory lock of PostgreSQL: one batch at a time decides who was first
_MUCH_SHORTER = 0.6  # of the words: rather a page that is read badly than one that was read too generously
_ONE_BATCH = timedelta(hours=1)  # from the fetch of a page to its transaction, at most


class Verdict(enum.StrEnum):
    """What an article turned out to be."""

    NEW = "new"
    DUPLICATE = "duplicate"  # a new URL with a text that is stored already
    REVISED = "revised"  # a known URL whose title or text changed
    SAME_URL = "same_url"  # a known URL, unchanged

    @property
    def is_fresh(self) -> bool:
        """Whether there is something that no watch has seen yet."""
        return self is not Verdict.SAME_URL


@dataclass(frozen=True, slots=True)
class Stored:
    """An article with its place in the database."""

    id: int
    article: Article
    verdict: Verdict
    story: int


class Improvement(enum.StrEnum):
    """What reading a kept page again made of its article."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"  # cut or much shorter: what is stored stays
    OLDER = "older"  # the article changed since that page was fetched


@dataclass(frozen=True, slots=True)
class Reread:
    """What a kept page says of a stored article now; `fetched_at` is of the page."""

    article: int
    gist: Gist
    fetched_at: datetime


def save(session: Session, batch: Sequence[Gist], now: datetime) -> list[Stored]:
    """Store `batch` and say for each article, in order, what it was."""
    serialise(session, SAVING)
    known = _known(session, {key for one in batch for key in one.keys})
    stored = set(known)
    ids = _ids(session, len(batch))
    publishers = Publishers(session, [one.article for one in batch])
    rows: list[ArticleRow] = []
    verdicts: list[Verdict] = []
    fresh: dict[int, tuple[ArticleRow, Gist]] = {}  # by identity: a row that is new has no id yet
    changed: dict[int, tuple[ArticleRow, Gist]] = {}
    kinds: dict[int, ChangeKind] = {}
    cut: list[tuple[ArticleRow, Article]] = []
    for one, number in zip(batch, ids, strict=True):
        held = list({id(known[key]): known[key] for key in one.keys if key in known}.values())
        row = held[0] if held else publishers.same(one.article)
        if row is None:
            row, verdict = _new(number, one, publishers.translated(one.article), now), Verdict.NEW
            fresh[id(row)] = (row, one)
        elif id(row) in fresh or id(row) in changed:
            verdict = Verdict.SAME_URL  # listed twice in one batch
        else:
            kind, verdict = revisions.judge(row, one.article), Verdict.SAME_URL
            if kind is ChangeKind.TRUNCATED:
                cut.append((row, one.article))
            elif kind is not None:
                verdict = Verdict.REVISED
                changed[id(row)], kinds[id(row)] = (row, one), kind
        row.last_seen_at, row.gone_at = now, None
        for key in one.keys:
            known.setdefault(key, row)
        publishers.add(row, one.keys)
        rows.append(row)
        verdicts.append(verdict)
        _join(session, held)
    revisions.keep_cut(session, cut, now)
    _replace(session, list(changed.values()), kinds, now)
    indexed = [*fresh.values(), *changed.values()]
    with session.no_autoflush:  # new rows are written once, when all is known of them
        _index(session, indexed)
    session.add_all(row for row, _ in fresh.values())
    session.flush()
    suggestions.suggest(session, indexed)
    every = {key: url for one in batch for key, url in one.keys.items() if key not in stored}
    if every:
        aliases = [{"url_key": key, "url": url, "article_id": known[key].id} for key, url in every.items()]
        session.execute(insert(AliasRow), aliases)
    return [
        Stored(row.id, one.article, _final(row, verdict), row.story_id or 0)
        for row, one, verdict in zip(rows, batch, verdicts, strict=True)
    ]


def reread(session: Session, limit: int) -> int:
    """Index up to `limit` articles, newest first, that an earlier version stored; returns how many it were."""
    serialise(session, SAVING)
    query = select(ArticleRow).where(ArticleRow.indexed < gist.VERSION).order_by(ArticleRow.id.desc()).limit(limit)
    found = [(row, gist.take(_article(row), row.entities)) for row in session.scalars(query)]
    _index(session, found)
    suggestions.suggest(session, found)
    return len(found)


def improve(session: Session, batch: Sequence[Reread], now: datetime, *, dry_run: bool = False) -> list[Improvement]:
    """Put what was read better in the place of what is stored: our doing, so no revision and no change by the outlet.

    Says of each, in order, what it is; with `dry_run` nothing is changed. An article stands once in a batch.
    """
    serialise(session, SAVING)
    query = select(ArticleRow).where(ArticleRow.id.in_([one.article for one in batch]))
    rows = {row.id: row for row in session.scalars(query)}
    told = [_improvement(rows[one.article], one, now) for one in batch]
    better = [
        (rows[one.article], one.gist) for one, said in zip(batch, told, strict=True) if said is Improvement.BETTER
    ]
    if better and not dry_run:
        _forget(session, [row for row, _ in better])
        for row, one in better:
            _fill(row, one, now)
        session.flush()
        _index(session, better)
        suggestions.suggest(session, better)
    return told


def _improvement(row: ArticleRow, read: Reread, now: datetime) -> Improvement:
    article = read.gist.article
    if row.changed_at is not None and row.changed_at > read.fetched_at + _ONE_BATCH:
        return Improvement.OLDER
    if row.let_go_at is not None:
        return Improvement.SAME  # its text is not wanted any more
    old = (row.title, row.text, tuple(row.authors), row.published_at, row.cut)
    if old == (article.title, article.text, article.authors, _published(article, now), article.cut):
        return Improvement.SAME
    is_shorter = len(normal_words(article.text)) < _MUCH_SHORTER * len(normal_words(row.text))
    if (article.partial and (is_shorter or not row.partial)) or (is_shorter and not row.partial):
        return Improvement.WORSE
    return Improvement.BETTER


def _forget(session: Session, rows: Sequence[ArticleRow]) -> None:
    copies.forget(session, rows)
    stories.forget(session, rows)
    search.forget(session, rows)


def _index(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Everything by which later articles and people find these."""
    if not fresh:
        return
    apart = copies.link(session, fresh)
    stories.attach(session, fresh, apart)
    search.index(session, fresh)
    for row, _ in fresh:
        row.indexed = gist.VERSION
    session.flush()


def _replace(
    session: Session, changed: Sequence[tuple[ArticleRow, Gist]], kinds: Mapping[int, ChangeKind], now: datetime
) -> None:
    """Keep the old version of each article as a revision and put the new one in its place."""
    if not changed:
        return
    rows = [row for row, _ in changed]
    stories.leave(changed)
    _forget(session, rows)
    revisions.keep(session, [(row, kinds[id(row)]) for row in rows], now)
    for row, one in changed:
        _fill(row, one, now)


def _known(session: Session, keys: Iterable[bytes]) -> dict[bytes, ArticleRow]:
    query = (
        select(AliasRow.url_key, ArticleRow)
        .join(ArticleRow, ArticleRow.id == AliasRow.article_id)
        .where(AliasRow.url_key.in_(list(keys)))
    )
    return dict(session.execute(query).all())  # type: ignore[arg-type]  # a Row is a tuple


def _join(session: Session, held: Sequence[ArticleRow]) -> None:
    """Link articles that turn out to have one address, as a redirect tells later, to the one stored first."""
    stored = [row for row in held if row.id is not None]
    first = min(stored, key=lambda row: row.id, default=None)
    for row in stored:
        if first is not None and row is not first and row.duplicate_of is None and first.duplicate_of != row.id:
            row.duplicate_of, row.duplicate_kind, row.duplicate_score = first.duplicate_of or first.id, "exact", 1.0
            copies.repoint(session, {row.id: row.duplicate_of})


def _ids(session: Session, count: int) -> list[int]:
    """Numbers for new articles; some may stay unused."""
    if session.get_bind().dialect.name == "sqlite":
        last = session.scalar(select(func.max(ArticleRow.id))) or 0  # this is the only writer
        return list(range(last + 1, last + count + 1))
    drawn = "SELECT nextval(pg_get_serial_sequence('article', 'id')) FROM generate_series(1, :count)"
    return list(session.scalars(text(drawn), {"count": count}))


def _new(number: int, one: Gist, translated: ArticleRow | None, now: datetime) -> ArticleRow:
    row = ArticleRow(
        id=number,
        source_id=one.article.source,
        url=one.article.url,
        url_key=next(iter(one.keys)),
        first_seen_at=now,
        last_seen_at=now,
        revision=1,
    )
    _fill(row, one, now)
    if translated is not None:
        row.translation_of = translated.translation_of or translated.id
    return row


def _fill(row: ArticleRow, one: Gist, now: datetime) -> None:
    """What `one` says, into the row."""
    article = one.article
    published = _published(article, now)
    row.title, row.text, row.authors, row.language = (
        article.title,
        article.text,
        list(article.authors),
        article.language,
    )
    row.published_at, row.date_origin = published, article.date_origin if published else None
    row.at = published or row.first_seen_at
    row.partial, row.cut = article.partial, article.cut
    row.external_id = article.external_id[:128] or None
    row.origin_outlet = article.attribution.outlet if article.attribution else None
    row.origin_phrase = article.attribution.phrase if article.attribution else None
    row.text_hash, row.let_go_at = one.hash, None
    row.entities = list(one.entities)


def _published(article: Article, now: datetime) -> datetime | None:
    """A date that no calendar of news holds would fall out of every window."""
    return article.published if article.published and dates.plausible(article.published, now) else None


def _final(row: ArticleRow, verdict: Verdict) -> Verdict:
    return Verdict.DUPLICATE if verdict is Verdict.NEW and row.duplicate_of else verdict


def _article(row: ArticleRow) -> Article:
    return Article(source=row.source_id, url=row.url, title=row.title, text=row.text, published=row.published_at)
