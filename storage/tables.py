"""The tables of what was read, with their constraints and indexes; rows never leave `storage`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import String, Text, UtcDateTime

# SQLite gives a table its own fast row id only for INTEGER, PostgreSQL needs 64 bits
Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """Names of constraints are fixed so that migrations can address them on both engines."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        datetime: UtcDateTime(),
        bytes: LargeBinary(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


class SourceState(Base):
    """What we know of a source from its last poll."""

    __tablename__ = "source_state"
    source_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    last_polled_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    next_poll_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(String(32), default="")
    route: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(Text, default="")
    interval: Mapped[int | None]  # seconds between polls, as the pace of the source wants them
    stated: Mapped[int | None]  # seconds between polls that its feed asks for
    rule_error: Mapped[str] = mapped_column(Text, default="", server_default="")
    claimed_by: Mapped[str | None] = mapped_column(String(64))
    claimed_until: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]  # since when every poll fails


class OutageRow(Base):
    """A time in which every poll of a source failed, written when it answers again."""

    __tablename__ = "outage"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[str] = mapped_column(String(64))
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(Text)


class RouteState(Base):
    """One URL that lists entries: its validators, how the last request went, what `verify` found."""

    __tablename__ = "route_state"
    source_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    url: Mapped[str] = mapped_column(Text, primary_key=True)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime]
    type: Mapped[str] = mapped_column(String(16), default="", server_default="")
    outcome: Mapped[str] = mapped_column(String(32), default="", server_default="")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    last_ok_at: Mapped[datetime | None]
    newest_at: Mapped[datetime | None]
    health: Mapped[str] = mapped_column(String(16), default="", server_default="")
    health_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    verified_at: Mapped[datetime | None]


class RobotsRow(Base):
    """The robots.txt of one site (scheme and host), "" where it has none."""

    __tablename__ = "robots"
    site: Mapped[str] = mapped_column(Text, primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    fetched_at: Mapped[datetime]


class FetcherRow(Base):
    """A process that fetches now, so that several together keep the pace of one."""

    __tablename__ = "fetcher"
    id: Mapped[str] = mapped_column(String(96), primary_key=True)  # sorts by when it began
    seen_at: Mapped[datetime]


class EntryRow(Base):
    """Every entry that a source ever listed: the promise that it is read, or why it was not."""

    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[str] = mapped_column(String(64))
    url_key: Mapped[bytes]
    url: Mapped[str] = mapped_column(Text)
    guid: Mapped[str] = mapped_column(Text, default="", server_default="")
    credit: Mapped[str] = mapped_column(Text, default="", server_default="")
    title: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(Text, default="")
    authors: Mapped[list[Any]] = mapped_column(default=list)
    language: Mapped[str | None] = mapped_column(String(16))
    published_at: Mapped[datetime | None]
    origin: Mapped[str] = mapped_column(String(16), default="feed")
    has_page: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(16), default="live")
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(Text, default="")
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    checks: Mapped[int] = mapped_column(default=0, server_default="0")  # made of its page since it alerted
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    __table_args__ = (
        UniqueConstraint("source_id", "url_key"),
        Index("ix_entry_due", "source_id", "state", "next_try_at"),
        Index("ix_entry_latest", "source_id", "first_seen_at"),
    )


class ArticleRow(Base):
    """An article, once, as it reads now; `duplicate_of` links a repeated text to the first that carried it."""

    __tablename__ = "article"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(Text)
    url_key: Mapped[bytes] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    authors: Mapped[list[Any]]
    language: Mapped[str | None] = mapped_column(String(16))
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    at: Mapped[datetime] = mapped_column(index=True, server_default="1970-01-01 00:00:00")  # published, else first seen
    date_origin: Mapped[str | None] = mapped_column(String(16))
    partial: Mapped[bool] = mapped_column(default=False)
    cut: Mapped[str | None] = mapped_column(String(16))  # why it is partial
    external_id: Mapped[str | None] = mapped_column(String(128), index=True)  # family:id of the publisher
    translation_of: Mapped[int | None] = mapped_column(Id, index=True)
    maybe_translation_of: Mapped[int | None] = mapped_column(Id, index=True)  # a suggestion, nothing is merged by it
    maybe_score: Mapped[float | None]
    entities: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")  # tracked ones that it names
    origin_outlet: Mapped[str | None] = mapped_column(String(64))
    origin_phrase: Mapped[str | None] = mapped_column(Text)
    text_hash: Mapped[bytes | None] = mapped_column(index=True)  # None: too short to say anything
    first_seen_at: Mapped[datetime] = mapped_column(index=True)
    last_seen_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime | None]
    change_kind: Mapped[str | None] = mapped_column(String(16))  # what its latest revision changed
    checked_at: Mapped[datetime | None]  # when its page was last looked at again
    gone_at: Mapped[datetime | None]  # when the page was found deleted
    let_go_at: Mapped[datetime | None]  # when `retention` emptied its text
    duplicate_of: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    duplicate_kind: Mapped[str | None] = mapped_column(String(16))
    duplicate_score: Mapped[float | None]
    edition_of: Mapped[int | None] = mapped_column(Id, index=True)  # the last edition before it of the same bulletin
    story_id: Mapped[int | None] = mapped_column(ForeignKey("story.id"), index=True)
    key_count: Mapped[int | None]  # fingerprints of its text, stored or not
    sketch: Mapped[bytes | None]  # story terms with weights, and marks
    vector: Mapped[bytes | None]  # of an embedder, where one is plugged in
    indexed: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0", index=True)  # see `gist`
    matched_with: Mapped[str] = mapped_column(String(32), default="", server_default="")  # version of the watchlist
    __table_args__ = (
        Index("ix_article_source_at", "source_id", "at"),
        # what `retention` walks: only the articles that still have something to be dropped
        *(
            Index(name, column, sqlite_where=sa.text(held), postgresql_where=sa.text(held))
            for name, column, held in (
                ("ix_article_keyed", "first_seen_at", "key_count IS NOT NULL"),
                ("ix_article_sketched", "first_seen_at", "sketch IS NOT NULL"),
                ("ix_article_with_text", "first_seen_at", "let_go_at IS NULL"),
            )
        ),
    )


class AliasRow(Base):
    """Every URL that led to an article."""

    __tablename__ = "article_alias"
    url_key: Mapped[bytes] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"), index=True)


class RevisionRow(Base):
    """A title and text that an article had before, or a cut one that never replaced it; oldest first.

    `kind` is what that version changed, empty for the first.
    """

    __tablename__ = "article_revision"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16), default="", server_default="")
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    seen_at: Mapped[datetime]
    __table_args__ = (UniqueConstraint("article_id", "seq"),)


class KeyRow(Base):
    """A fingerprint of an article's text; a linked copy keeps only those that its original lacks."""

    __tablename__ = "article_key"
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # of `article.at`, since 1970
    article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = ({"sqlite_with_rowid": False},)


class PageRow(Base):
    """Where the archive keeps a page as it was fetched."""

    __tablename__ = "page"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[str] = mapped_column(String(64))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    fetched_at: Mapped[datetime] = mapped_column(index=True)
    status: Mapped[int]
    sha256: Mapped[bytes]  # of the body
    size: Mapped[int]  # bytes of the body
    file: Mapped[str] = mapped_column(Text)  # in the archive folder
    place: Mapped[int] = mapped_column(BigInteger)  # of its record in that file, bytes
    length: Mapped[int]  # of its record, bytes


class StoryRow(Base):
    """A set of articles that tell one event."""

    __tablename__ = "story"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(index=True)
    last_at: Mapped[datetime] = mapped_column(index=True)


class StoryTermRow(Base):
    """The names, numbers and rare words by which articles of one story find each other."""

    __tablename__ = "story_term"
    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(primary_key=True)  # minutes since 1970 of `article.at`
    article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    weight: Mapped[float]
    __table_args__ = ({"sqlite_with_rowid": False},)


class FigureRow(Base):
    """The figures by which articles of two languages find each other."""

    __tablename__ = "article_figure"
    figure: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[int] = mapped_column(primary_key=True)  # minutes since 1970 of `article.at`
    article_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    __table_args__ = ({"sqlite_with_rowid": False},)


class TermCountRow(Base):
    """How many articles of a day hold a story term; term 0 counts every article."""

    __tablename__ = "term_count"
    term: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    day: Mapped[int] = mapped_column(SmallInteger, primary_key=True)  # of `article.at`, since 1970
    n: Mapped[int]
    __table_args__ = ({"sqlite_with_rowid": False},)


class BackfillRow(Base):
    """How far a past day of a source was brought in."""

    __tablename__ = "backfill_day"
    source_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)  # YYYY-MM-DD in Europe/Kyiv
    state: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(Text, default="")
    expected: Mapped[int] = mapped_column(default=0)  # entries that the archives list
    found: Mapped[int] = mapped_column(default=0)  # of them that are stored
    new: Mapped[int] = mapped_column(default=0)
    duplicates: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[datetime]
