"""Store each article once: same URL, same text, or new; keep every change as a revision."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from scrapers import urls
from scrapers.article import Article
from storage import stories
from storage.engine import serialise
from storage.fingerprint import key_hash, normal_words, text_hash
from storage.identity import Publishers
from storage.tables import AliasRow, ArticleRow, RevisionRow

_SAVING = 0x41525449  # advisory lock of PostgreSQL: one batch at a time decides who was first
_TRUNCATED = 0.6  # a refetch with less than this share of the words is a cut page, not an edit


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


def save(session: Session, batch: Sequence[Article], now: datetime) -> list[Stored]:
    """Store `batch` and say for each article, in order, what it was."""
    serialise(session, _SAVING)
    keys = [_keys(article) for article in batch]
    known = _known(session, {key for found in keys for key in found})
    originals = _originals(session, [text_hash(article.text) for article in batch])
    publishers = Publishers(session, batch)
    stored: list[tuple[ArticleRow, Verdict]] = []
    for article, found in zip(batch, keys, strict=True):
        row = next((known[key] for key in found if key in known), None) or publishers.same(article)
        if row is None:
            row, verdict = _insert(session, article, originals, publishers.translated(article), now)
        else:
            verdict = _revise(session, row, article, originals, now)
        _alias(session, row, found, known)
        publishers.add(row, found)
        stored.append((row, verdict))
    stories.attach(session, [row for row, verdict in stored if verdict.is_fresh])
    return [
        Stored(row.id, article, verdict, row.story_id or 0)
        for (row, verdict), article in zip(stored, batch, strict=True)
    ]


def _keys(article: Article) -> dict[bytes, str]:
    """Every URL that names this article, its own first, by key."""
    spelled = dict.fromkeys((article.url, *article.aliases))
    return {key_hash(urls.url_key(url)): url for url in reversed(spelled)} | {
        key_hash(urls.url_key(article.url)): article.url
    }


def _known(session: Session, keys: Iterable[bytes]) -> dict[bytes, ArticleRow]:
    query = (
        select(AliasRow.url_key, ArticleRow)
        .join(ArticleRow, ArticleRow.id == AliasRow.article_id)
        .where(AliasRow.url_key.in_(list(keys)))
    )
    return dict(session.execute(query).all())  # type: ignore[arg-type]  # a Row is a tuple


def _originals(session: Session, hashes: Sequence[bytes | None]) -> dict[bytes, ArticleRow]:
    wanted = [found for found in hashes if found]
    query = (
        select(ArticleRow)
        .where(ArticleRow.text_hash.in_(wanted), ArticleRow.duplicate_of.is_(None))
        .order_by(ArticleRow.id.desc())
    )
    return {row.text_hash: row for row in session.scalars(query) if row.text_hash}


def _insert(
    session: Session,
    article: Article,
    originals: dict[bytes, ArticleRow],
    translated: ArticleRow | None,
    now: datetime,
) -> tuple[ArticleRow, Verdict]:
    digest = text_hash(article.text)
    original = originals.get(digest) if digest else None
    row = ArticleRow(
        source_id=article.source,
        url=article.url,
        url_key=key_hash(urls.url_key(article.url)),
        first_seen_at=now,
        last_seen_at=now,
        revision=1,
        **_content(article, digest),
    )
    if original is not None:
        row.duplicate_of, row.duplicate_kind, row.duplicate_score = original.id, "exact", 1.0
        row.story_id = original.story_id
    elif translated is not None:
        row.translation_of = translated.translation_of or translated.id
    session.add(row)
    session.flush()
    session.add(_revision(row, now))
    if digest and original is None:
        originals[digest] = row
    return row, Verdict.NEW if original is None else Verdict.DUPLICATE


def _revise(
    session: Session, row: ArticleRow, article: Article, originals: dict[bytes, ArticleRow], now: datetime
) -> Verdict:
    row.last_seen_at = now
    if not _is_change(row, article):
        return Verdict.SAME_URL
    digest = text_hash(article.text)
    for name, value in _content(article, digest).items():
        setattr(row, name, value)
    row.revision += 1
    session.add(_revision(row, now))
    session.flush()
    if digest:
        originals.setdefault(digest, row)
    return Verdict.REVISED


def _is_change(row: ArticleRow, article: Article) -> bool:
    if article.partial and not row.partial:
        return False
    old, new = normal_words(row.text), normal_words(article.text)
    if row.source_id != article.source and not row.partial:
        return False  # an aggregator's rendering of the same URL is no edit by the outlet
    if not row.partial and len(new) < _TRUNCATED * len(old):
        return False
    return old != new or normal_words(row.title) != normal_words(article.title)


def _alias(session: Session, row: ArticleRow, keys: dict[bytes, str], known: dict[bytes, ArticleRow]) -> None:
    for key, url in keys.items():
        if key not in known:
            session.add(AliasRow(url_key=key, url=url, article_id=row.id))
            known[key] = row


def _content(article: Article, digest: bytes | None) -> dict[str, object]:
    return {
        "title": article.title,
        "text": article.text,
        "authors": list(article.authors),
        "language": article.language,
        "published_at": article.published,
        "date_origin": article.date_origin,
        "partial": article.partial,
        "cut": article.cut,
        "external_id": article.external_id[:128] or None,
        "origin_outlet": article.attribution.outlet if article.attribution else None,
        "origin_phrase": article.attribution.phrase if article.attribution else None,
        "text_hash": digest,
    }


def _revision(row: ArticleRow, now: datetime) -> RevisionRow:
    return RevisionRow(article_id=row.id, seq=row.revision, title=row.title, text=row.text, seen_at=now)
