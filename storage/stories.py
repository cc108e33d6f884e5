"""Put each article into the story that it tells, or begin a new one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, TypeAlias

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from storage import upsert
from storage.likeness import clustering, embedding, stream, traces
from storage.likeness.gist import Gist
from storage.likeness.nearness import DIGEST, Kind
from storage.likeness.stream import Ask, Counts, Index, Known, Stories
from storage.tables import ArticleRow, StoryRow
from storage.upsert import write_many

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _DAY = timedelta(minutes=1), 24 * 60
_FIRST, _LAST = -32_000 * _DAY, 32_000 * _DAY  # minutes: of 1882 and of 2057, their days fit 16 bits

_COUNTS = {
    # one number for each day and term, from the primary key alone; a key of the JSON is read once, a value every time
    "sqlite": """
        SELECT CAST(d.key AS INTEGER), t.value, (SELECT sum(n) FROM term_count
            WHERE term = t.value AND day BETWEEN CAST(d.key AS INTEGER) - :days AND CAST(d.key AS INTEGER) + :days)
        FROM json_each(:asked) AS d, json_each(d.value) AS t""",
    "postgresql": """
        SELECT q.day, q.term, c.n FROM unnest(CAST(:days_of AS int[]), CAST(:terms AS bigint[])) AS q(day, term)
        CROSS JOIN LATERAL (SELECT sum(n) AS n FROM term_count
            WHERE term = q.term AND day BETWEEN q.day - :days AND q.day + :days) AS c""",
}
_SHARED = {
    # MATERIALIZED: the values are taken out of the JSON once, not once a row
    "sqlite": """
        WITH q AS MATERIALIZED (SELECT value ->> 0 AS article, value ->> 1 AS term, value ->> 2 AS weight,
            value ->> 3 AS since, value ->> 4 AS until FROM json_each(:asked))
        SELECT q.article, t.article_id, min(t.at), sum(q.weight * t.weight) FROM q CROSS JOIN story_term AS t
        WHERE t.term = q.term AND t.at BETWEEN q.since AND q.until
        GROUP BY 1, 2 HAVING sum(q.weight * t.weight) >= :least""",
    # LATERAL and OFFSET 0 keep the planner from reading the whole table of a young database
    "postgresql": """
        SELECT q.article, t.article_id, min(t.at), sum(q.weight * t.weight)
        FROM unnest(CAST(:articles AS int[]), CAST(:terms AS bigint[]), CAST(:weights AS float8[]),
            CAST(:since AS int[]), CAST(:until AS int[])) AS q(article, term, weight, since, until)
        CROSS JOIN LATERAL (SELECT article_id, at, weight FROM story_term
            WHERE term = q.term AND at BETWEEN q.since AND q.until OFFSET 0) AS t
        GROUP BY 1, 2 HAVING sum(q.weight * t.weight) >= :least""",
}
_ARTICLES = {
    "sqlite": "SELECT id, story_id, duplicate_of, source_id, title, language, edition_of, sketch, vector FROM article "
    "WHERE id IN (SELECT value FROM json_each(:ids))",
    "postgresql": "SELECT id, story_id, duplicate_of, source_id, title, language, edition_of, sketch, vector "
    "FROM article WHERE id = ANY(CAST(:ids AS bigint[]))",
}
# texts of stories: one that 40 outlets carry speaks once. The plus keeps SQLite from the index of copies, by which it
# would read every article that is none
_TEXTS = {
    "sqlite": "SELECT id, story_id, language, CAST(strftime('%s', at) AS INTEGER) / 60 FROM article "
    "WHERE story_id IN (SELECT value FROM json_each(:ids)) AND +duplicate_of IS NULL",
    "postgresql": "SELECT id, story_id, language, CAST(floor(extract(epoch FROM at) / 60) AS bigint) FROM article "
    "WHERE story_id = ANY(CAST(:ids AS bigint[])) AND duplicate_of IS NULL",
}
_ADD_TERMS = {
    "sqlite": "INSERT INTO story_term (term, at, article_id, weight) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    "postgresql": "INSERT INTO story_term (term, at, article_id, weight) SELECT * FROM unnest(CAST(:a AS bigint[]), "
    "CAST(:b AS int[]), CAST(:c AS bigint[]), CAST(:d AS float8[])) ON CONFLICT DO NOTHING",
}
_DROP_TERMS = {
    "sqlite": "DELETE FROM story_term WHERE term = ? AND at = ? AND article_id = ?",
    "postgresql": "DELETE FROM story_term AS t USING unnest(CAST(:a AS bigint[]), CAST(:b AS int[]), "
    "CAST(:c AS bigint[])) AS q(term, at, article_id) "
    "WHERE t.term = q.term AND t.at = q.at AND t.article_id = q.article_id",
}
_ADD_COUNTS = {
    "sqlite": "INSERT INTO term_count (term, day, n) VALUES (?, ?, ?) "
    "ON CONFLICT (term, day) DO UPDATE SET n = term_count.n + excluded.n",
    "postgresql": "INSERT INTO term_count (term, day, n) SELECT * FROM unnest(CAST(:a AS bigint[]), "
    "CAST(:b AS smallint[]), CAST(:c AS int[])) ON CONFLICT (term, day) DO UPDATE SET n = term_count.n + excluded.n",
}


_Fresh: TypeAlias = Sequence[tuple[ArticleRow, Gist]]
_Scored: TypeAlias = Mapping[int, Sequence[tuple[int, float]]]  # by article of the batch: candidates


@dataclass(frozen=True, slots=True)
class _Own:
    """An article of the batch with a text of its own, and what asks for its mates."""

    row: ArticleRow
    known: Known
    asks: Sequence[Ask]
    mates: Mapping[int, float]  # of the batch: what their stored terms share


def attach(
    session: Session, fresh: Sequence[tuple[ArticleRow, Gist]], apart: Mapping[int, int] = MappingProxyType({})
) -> None:
    """Give every article its story. A copy or a translation has its original's; a revised article keeps its own.

    `apart` names articles of whose story one is not, however like it they are, as `copies.link` returns them.
    One writer at a time may do it, after `copies.link`. Articles are taken in the order of `fresh`; to attach one
    again changes nothing but its terms.
    """
    forget(session, [row for row, _ in fresh if row.sketch is not None])
    own = _read(session, [(row, one) for row, one in fresh if row.duplicate_of is None])
    seeking = [each for each in own if each.row.story_id is None and each.row.translation_of is None]
    found = _Found(_shared(session, seeking))
    nearest = {
        each.known.key: stream.nearest({**found.shared(each.known.key), **each.mates}, embedded=bool(each.known.vector))
        for each in seeking
    }
    with session.no_autoflush:  # the rows are written once, when all is known of them
        stories = _look(session, fresh, found, nearest, apart)
        known = found.known | {each.known.key: each.known for each in own}
        scored = {
            each.known.key: stream.compare(each.known, [known[key] for key in nearest[each.known.key] if key in known])
            for each in seeking
        }
        for own_key, other in apart.items():
            scored[own_key] = [*scored.get(own_key, ()), (other, stream.ANOTHER)]
        _load(session, fresh, stories, scored)
        begun = _place(fresh, {each.known.key: each.known for each in own}, scored, stories)
        _keep(session, fresh, stories, begun)
    _keep_terms(session, own)


def leave(changed: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Let articles that tell another event than before seek a story anew; before their text changes."""
    for row, one in changed:
        if row.sketch is None or one.article.partial:
            continue
        if stream.is_rewritten(row.title, traces.unpack(row.sketch), one.article.title, one.sketch):
            row.story_id = None


def forget(session: Session, rows: Sequence[ArticleRow]) -> None:
    """Drop the terms of articles, before their text changes or when they are too old to grow a story."""
    terms, counts = [], Counter[tuple[int, int]]()
    for row in rows:
        if row.sketch is None:
            continue
        at, held = minute_of(row.at), [term for term, _ in traces.unpack(row.sketch).strongest()]
        terms += [(term, at, row.id) for term in held]
        counts.subtract((term, at // _DAY) for term in (stream.EVERY, *held))
        row.sketch = row.vector = None
    write_many(session, _DROP_TERMS, terms)
    write_many(session, _ADD_COUNTS, [(*place, n) for place, n in counts.items()])


def minute_of(at: datetime) -> int:
    """Minutes since 1970, as `story_term` keeps them; a time out of every calendar is that of the farthest."""
    return max(_FIRST, min((at - _EPOCH) // _MINUTE, _LAST))


def _read(session: Session, fresh: _Fresh) -> list[_Own]:
    """What is compared of each article, weighed by what was counted before it."""
    index = Index(_counts(session, fresh))
    read = []
    for row, one in fresh:
        at = minute_of(row.at)
        trace = index.trace(one.sketch, at)
        asks = index.asks(trace, at)
        known = Known(
            row.id,
            at,
            row.source_id,
            row.title,
            row.language,
            trace,
            row.edition_of,
            one.vector or (),
        )
        read.append(_Own(row, known, asks, index.mates(asks) if row.story_id is None else {}))
        index.add(row.id, at, trace)
    return read


def _counts(session: Session, fresh: _Fresh) -> Counts:
    terms: dict[int, set[int]] = {}
    for row, one in fresh:
        terms.setdefault(minute_of(row.at) // _DAY, {stream.EVERY}).update(one.sketch.terms)
    counts = Counts({day: {} for day in terms})
    if not terms:
        return counts
    ordered = [(day, sorted(held)) for day, held in terms.items()]
    if _is_sqlite(session):
        asked: dict[str, Any] = {"asked": json.dumps(dict(ordered))}
    else:
        asked = {
            "days_of": [day for day, held in ordered for _ in held],
            "terms": [term for _, held in ordered for term in held],
        }
    for day, term, n in session.execute(text(_COUNTS[_engine(session)]), asked | {"days": stream.DAYS}):
        if n:
            counts.around[day][term] = int(n)
    return counts


def _shared(session: Session, seeking: Sequence[_Own]) -> Iterator[tuple[int, int, int, float]]:
    """What stored articles share with those of the batch: (of the batch, stored, its minute, product)."""
    asked = sorted((ask.term, number, ask) for number, each in enumerate(seeking) for ask in each.asks)
    if not asked:
        return
    if _is_sqlite(session):
        given: dict[str, Any] = {"asked": json.dumps([(number, *ask) for _, number, ask in asked])}
    else:
        columns = zip(*((number, *ask) for _, number, ask in asked), strict=True)
        given = dict(zip(("articles", "terms", "weights", "since", "until"), map(list, columns), strict=True))
    is_embedded = any(each.known.vector for each in seeking)
    given["least"] = (stream.LEAST_EMBEDDED if is_embedded else stream.LEAST) - 1e-6
    for number, article, at, value in session.execute(text(_SHARED[_engine(session)]), given):
        yield seeking[number].known.key, article, at, value


class _Found:
    """Stored articles that share terms with those of a batch."""

    def __init__(self, rows: Iterable[tuple[int, int, int, float]]) -> None:
        self._shared: dict[int, dict[int, float]] = {}
        self.at: dict[int, int] = {}
        self.known: dict[int, Known] = {}
        for own, article, at, value in rows:
            self._shared.setdefault(own, {})[article] = value
            self.at[article] = at

    def shared(self, own: int) -> dict[int, float]:
        """By stored article."""
        return self._shared.get(own, {})


def _look(
    session: Session,
    fresh: _Fresh,
    found: _Found,
    nearest: Mapping[int, Sequence[int]],
    apart: Mapping[int, int],
) -> Stories:
    """Read the candidates, and which stories they and the originals of the batch belong to."""
    own = {row.id for row, _ in fresh}
    originals = {one for row, _ in fresh for one in (row.duplicate_of, row.translation_of) if one is not None}
    ids = {key for keys in nearest.values() for key in keys}.union(originals, apart.values()) - own
    stories = Stories()
    if not ids:
        return stories
    rows = session.execute(text(_ARTICLES[_engine(session)]), {"ids": upsert.given(session, ids)})
    for key, story, root, source, title, language, edition, sketch, vector in rows:
        if story is None:
            continue
        stories.of[key] = story
        if root is None and sketch is not None and key in found.at:
            found.known[key] = Known(
                key,
                found.at[key],
                source,
                title,
                language,
                traces.unpack(sketch),
                edition,
                embedding.unpack(vector) if vector else (),
            )
    return stories


def _load(session: Session, fresh: _Fresh, stories: Stories, scored: _Scored) -> None:
    """Read from when to when the stories reach that may grow, and what they hold already."""
    wanted = {
        stories.of[key]
        for pairs in scored.values()
        for key, value in pairs
        if value >= clustering.THRESHOLD and key in stories.of
    }
    given = {row.story_id for row, _ in fresh} | {
        stories.of.get(one) for row, _ in fresh for one in (row.duplicate_of, row.translation_of) if one is not None
    }
    every = sorted(wanted | {story for story in given if story is not None})
    if every:
        spans = select(StoryRow.id, StoryRow.first_at, StoryRow.last_at).where(StoryRow.id.in_(every))
        for story, first, last in session.execute(spans):
            stories.spans[story] = (minute_of(first), minute_of(last))
    if wanted:
        ids = {"ids": upsert.given(session, wanted)}
        own = {row.id for row, _ in fresh}
        for article, story, language, at in session.execute(text(_TEXTS[_engine(session)]), ids):
            if article not in own:
                stories.texts[story].append((language, at))


def _place(fresh: _Fresh, known: Mapping[int, Known], scored: _Scored, stories: Stories) -> dict[int, ArticleRow]:
    """Give each article its story in turn; returns those that begin one, by its number below zero."""
    begun: dict[int, ArticleRow] = {}
    sizes = {row.id: one.text.size for row, one in fresh}
    for row, _ in fresh:
        story = row.story_id
        if story is None and row.duplicate_of is not None:
            story = None if _is_digest(row, sizes) else stories.of.get(row.duplicate_of)
        elif story is None and row.translation_of is not None:
            story = stories.of.get(row.translation_of)
        elif story is None:
            story = stories.choose(known[row.id], scored[row.id])
        if story is None:
            story = -1 - len(begun)
            begun[story] = row
        if row.id in known:
            stories.join(story, known[row.id])
        else:
            stories.of[row.id] = story
            stories.widen(story, minute_of(row.at))
    return begun


def _is_digest(row: ArticleRow, sizes: Mapping[int, int]) -> bool:
    """Whether a copy holds news of its own: what `copies` left without the story of a stored original, too."""
    held = sizes.get(row.duplicate_of or 0)
    return row.duplicate_kind == Kind.CONTAINS and (held is None or sizes[row.id] >= DIGEST * held)


def _keep(session: Session, fresh: _Fresh, stories: Stories, begun: Mapping[int, ArticleRow]) -> None:
    """Write stories that begin or grow, and to each article its own."""
    ids = {story: story for story in stories.spans if story > 0}
    reach: dict[int, list[datetime]] = {}
    for row, _ in fresh:
        story = stories.of[row.id]
        first, last = stories.spans[story]
        if first <= minute_of(row.at) <= last:
            reach.setdefault(story, []).append(row.at)
    if begun:
        rows = [
            {"title": row.title, "first_at": min(reach[story]), "last_at": max(reach[story])}
            for story, row in begun.items()
        ]
        made = session.scalars(insert(StoryRow).returning(StoryRow.id, sort_by_parameter_order=True), rows)
        ids |= dict(zip(begun, made, strict=True))
    for row, _ in fresh:
        row.story_id = ids[stories.of[row.id]]
    grown = sorted(story for story in reach if story > 0)
    if grown:
        held = select(StoryRow.id, StoryRow.first_at, StoryRow.last_at).where(StoryRow.id.in_(grown))
        changed = [
            {"id": story, "first_at": min(first, *reach[story]), "last_at": max(last, *reach[story])}
            for story, first, last in session.execute(held)
            if min(reach[story]) < first or max(reach[story]) > last
        ]
        if changed:
            session.execute(update(StoryRow), changed)


def _keep_terms(session: Session, own: Sequence[_Own]) -> None:
    terms, counts = [], Counter[tuple[int, int]]()
    for each in own:
        trace, at, number = each.known.trace, each.known.at, each.known.key
        terms += [(term, at, number, weight) for term, weight in trace.strongest()]
        counts.update((term, at // _DAY) for term in (stream.EVERY, *trace.terms[: trace.stored]))
        each.row.sketch = trace.pack()
        each.row.vector = embedding.pack(each.known.vector) if each.known.vector else None
    write_many(session, _ADD_TERMS, terms)
    write_many(session, _ADD_COUNTS, [(*place, n) for place, n in counts.items()])


def _engine(session: Session) -> str:
    return session.get_bind().dialect.name


def _is_sqlite(session: Session) -> bool:
    return _engine(session) == "sqlite"
