"""Store each article once: same URL, same text, or new; keep every change as a revision.

A batch is one transaction: everything that is derived from an article is stored with it, or nothing is.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scrapers import dates, urls
from scrapers.article import Article
from storage import copies, revisions, search, stories, suggestions
from storage.engine import serialise
from storage.identity import Publishers
from storage.likeness import gist
from storage.likeness.fingerprint import key_hash
from storage.likeness.gist import Gist
from storage.tables import AliasRow, ArticleRow

_SAVING = 0x41525449  # advisory lock of PostgreSQL: one batch at a time decides who was first


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


def save(session: Session, batch: Sequence[Gist], now: datetime) -> list[Stored]:
    """Store `batch` and say for each article, in order, what it was."""
    serialise(session, _SAVING)
    keys = [_keys(one.article) for one in batch]
    known = _known(session, {key for found in keys for key in found})
    publishers = Publishers(session, [one.article for one in batch])
    rows: list[ArticleRow] = []
    verdicts: list[Verdict] = []
    fresh: dict[int, tuple[ArticleRow, Gist]] = {}  # by identity: a row that is new has no id yet
    changed: dict[int, tuple[ArticleRow, Gist]] = {}
    for one, found in zip(batch, keys, strict=True):
        held = list({id(known[key]): known[key] for key in found if key in known}.values())
        row = held[0] if held else publishers.same(one.article)
        if row is None:
            row, verdict = _new(session, one, publishers.translated(one.article), now), Verdict.NEW
            fresh[id(row)] = (row, one)
        elif id(row) in fresh or id(row) in changed:
            verdict = Verdict.SAME_URL  # listed twice in one batch
        elif revisions.is_change(row, one.article):
            verdict = Verdict.REVISED
            changed[id(row)] = (row, one)
        else:
            verdict = Verdict.SAME_URL
        row.last_seen_at, row.gone_at = now, None
        for key in found:
            known.setdefault(key, row)
        publishers.add(row, found)
        rows.append(row)
        verdicts.append(verdict)
        _join(held)
    _replace(session, list(changed.values()), now)
    session.flush()
    _alias(session, keys, known)
    _index(session, [*fresh.values(), *changed.values()])
    return [
        Stored(row.id, one.article, _final(row, verdict), row.story_id or 0)
        for row, one, verdict in zip(rows, batch, verdicts, strict=True)
    ]


def reread(session: Session, limit: int) -> int:
    """Index up to `limit` articles, newest first, that an earlier version stored; returns how many it were."""
    serialise(session, _SAVING)
    query = select(ArticleRow).where(ArticleRow.indexed < gist.VERSION).order_by(ArticleRow.id.desc()).limit(limit)
    found = [(row, gist.take(_article(row), row.entities)) for row in session.scalars(query)]
    _index(session, found)
    return len(found)


def _index(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> None:
    """Everything by which later articles and people find these."""
    if not fresh:
        return
    copies.link(session, fresh)
    stories.attach(session, fresh)
    suggestions.suggest(session, fresh)
    search.index(session, fresh)
    for row, _ in fresh:
        row.indexed = gist.VERSION
    session.flush()


def _replace(session: Session, changed: Sequence[tuple[ArticleRow, Gist]], now: datetime) -> None:
    """Keep the old version of each article as a revision and put the new one in its place."""
    if not changed:
        return
    rows = [row for row, _ in changed]
    copies.forget(session, rows)
    stories.forget(session, rows)
    search.forget(session, rows)
    for row, one in changed:
        revisions.keep(session, row, now)
        _fill(row, one, now)


def _keys(article: Article) -> dict[bytes, str]:
    """Every URL that names this article, its own first, by key."""
    spelled = dict.fromkeys((article.url, *article.aliases))
    first = {key_hash(urls.url_key(article.url)): article.url}
    return first | {key_hash(urls.url_key(url)): url for url in reversed(spelled)} | first


def _known(session: Session, keys: Iterable[bytes]) -> dict[bytes, ArticleRow]:
    query = (
        select(AliasRow.url_key, ArticleRow)
        .join(ArticleRow, ArticleRow.id == AliasRow.article_id)
        .where(AliasRow.url_key.in_(list(keys)))
    )
    return dict(session.execute(query).all())  # type: ignore[arg-type]  # a Row is a tuple


def _join(held: Sequence[ArticleRow]) -> None:
    """Link articles that turn out to have one address, as a redirect tells later, to the one stored first."""
    stored = [row for row in held if row.id is not None]
    first = min(stored, key=lambda row: row.id, default=None)
    for row in stored:
        if first is not None and row is not first and row.duplicate_of is None and first.duplicate_of != row.id:
            row.duplicate_of, row.duplicate_kind, row.duplicate_score = first.duplicate_of or first.id, "exact", 1.0


def _new(session: Session, one: Gist, translated: ArticleRow | None, now: datetime) -> ArticleRow:
    row = ArticleRow(
        source_id=one.article.source,
        url=one.article.url,
        url_key=key_hash(urls.url_key(one.article.url)),
        first_seen_at=now,
        last_seen_at=now,
        revision=1,
    )
    _fill(row, one, now)
    if translated is not None:
        row.translation_of = translated.translation_of or translated.id
    session.add(row)
    if one.article.external_id or one.article.translations:
        session.flush()  # a translation later in the batch refers to it
    return row


def _alias(session: Session, keys: Sequence[dict[bytes, str]], known: dict[bytes, ArticleRow]) -> None:
    every = {key: url for found in keys for key, url in found.items()}
    stored = set(session.scalars(select(AliasRow.url_key).where(AliasRow.url_key.in_(list(every)))))
    session.add_all(
        AliasRow(url_key=key, url=url, article_id=known[key].id) for key, url in every.items() if key not in stored
    )


def _fill(row: ArticleRow, one: Gist, now: datetime) -> None:
    """What `one` says, into the row."""
    article = one.article
    # a date that no calendar of news holds would fall out of every window
    published = article.published if article.published and dates.plausible(article.published, now) else None
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
    row.text_hash = one.hash
    row.entities = list(one.entities)


def _final(row: ArticleRow, verdict: Verdict) -> Verdict:
    return Verdict.DUPLICATE if verdict is Verdict.NEW and row.duplicate_of else verdict


def _article(row: ArticleRow) -> Article:
    return Article(source=row.source_id, url=row.url, title=row.title, text=row.text, published=row.published_at)
