"""The copy of an article that was kept: its text, and the page it was read from as plain markup."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from alerts.cleaning import clean_text, web_link
from scrapers import charset
from storage import lookup, pages
from storage.archive import Archive, ArchiveError
from storage.lookup import StoredArticle

_LONGEST_TEXT = 200_000
_LARGEST_PAGE = 2_000_000  # bytes of markup that are shown


@dataclass(frozen=True, slots=True)
class Copy:
    """What was kept of an article, cleaned. `markup` is the page as it came, "" when it is not on this machine."""

    title: str
    source: str
    address: str
    link: str | None
    language: str
    paragraphs: tuple[str, ...]
    kept: datetime
    gone: datetime | None
    markup: str


def find(session: Session, archive: Archive, article: int | None) -> Copy | None:
    """The copy of the article with this id; None when neither its text nor its page is kept."""
    stored = lookup.by_id(session, [article]).get(article) if article is not None else None
    return of(session, archive, stored) if stored else None


def of(session: Session, archive: Archive, stored: StoredArticle) -> Copy | None:
    """The copy of a stored article; None when neither its text nor its page is kept."""
    page = pages.latest(session, stored.id)
    markup = ""
    if page is not None:
        try:
            fetched = archive.read(page.place)
        except ArchiveError:  # on another machine, or let go
            page = None
        else:
            markup = charset.decode(fetched.body[:_LARGEST_PAGE], fetched.headers.get("content-type", ""))
    paragraphs = tuple(filter(None, (clean_text(one) for one in stored.text[:_LONGEST_TEXT].split("\n"))))
    if not paragraphs and not markup:
        return None
    return Copy(
        title=clean_text(stored.title, 300) or "(no headline)",
        source=clean_text(stored.source, 80),
        address=clean_text(stored.url, 500),
        link=web_link(stored.url),
        language=stored.language or "",
        paragraphs=paragraphs,
        kept=page.fetched_at if page else stored.first_seen,
        gone=stored.gone,
        markup=markup,
    )
