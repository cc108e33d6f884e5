"""Print the demo's outlets: every feed, sitemap, front page and article as the bytes a server would send."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.demo.press import Outlet, Page

_SITES = Path(__file__).parent / "sites"
_INDEX = {
    "rss": "/feed.xml",
    "atom": "/atom.xml",
    "news-sitemap": "/news-sitemap.xml",
    "challenge": "/feed.xml",
}
_INDEX_TYPE = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "news-sitemap": "application/xml",
}
_TEMPLATE = {"rss": "feed.xml.j2", "atom": "atom.xml.j2", "news-sitemap": "news-sitemap.xml.j2"}
_FEBRUARY = {"en": "February", "uk": "лютого", "ru": "февраля"}  # the demo's world lasts three days
_MOST_RELATED = 4
_ROBOTS = "User-agent: *\nDisallow: /cabinet/\nAllow: /\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a feed or sitemap says about a page."""

    url: str
    title: str
    published: datetime
    author: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer to one path. `modified` is aware."""

    body: bytes
    content_type: str
    modified: datetime
    status: int = HTTPStatus.OK

    @property
    def etag(self) -> str:
        """A strong validator: equal for equal bodies."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'


def answers(outlets: Sequence[Outlet], base: str) -> Iterator[tuple[str, Answer]]:
    """Every path that the world answers; `base` is its address without a slash at the end."""
    templates = environment()
    yield "/robots.txt", plain(_ROBOTS)
    for outlet in outlets:
        here = f"{base}/{outlet.id}"
        for path, answer in _Printer(templates, outlet, here, base).everything():
            yield f"/{outlet.id}{path}", answer


@dataclass(frozen=True, slots=True)
class _Printer:
    templates: Environment
    outlet: Outlet
    here: str
    base: str

    def everything(self) -> Iterator[tuple[str, Answer]]:
        outlet = self.outlet
        if outlet.index == "challenge":
            yield _INDEX["challenge"], self._html("challenge.html.j2", ())
            return
        listed = [page for page in outlet.pages if page.in_index]
        yield "/", self._html("listing.html.j2", listed)
        if outlet.index == "listing":
            for day in sorted({page.published.date() for page in outlet.pages}):
                of_day = [page for page in outlet.pages if page.published.date() == day]
                yield f"/archive/{day:%Y/%m/%d}/", self._html("listing.html.j2", of_day)
        else:
            yield _INDEX[outlet.index], self._index(listed)
            yield "/sitemap-2025-02.xml", self._print("sitemap.xml.j2", "application/xml", outlet.pages)
        for page in outlet.pages:
            yield page.path, self._page(page)

    def _page(self, page: Page) -> Answer:
        if page.status != HTTPStatus.OK:
            return plain(f"{HTTPStatus(page.status).phrase}\n", page.status)
        others = [other for other in self.outlet.pages if other is not page and other.status == HTTPStatus.OK]
        related = [(other.title, f"{self.here}{other.path}") for other in others[:_MOST_RELATED]]
        return self._html(
            f"{self.outlet.layout}.html.j2", [page], page=page, url=f"{self.here}{page.path}", related=related
        )

    def _index(self, listed: Sequence[Page]) -> Answer:
        entries = [
            Entry(f"{self.here}{page.path}", page.title, page.published, page.author, page.summary) for page in listed
        ]
        entries += [
            Entry(f"{self.base}/{link.to}?{link.query}", link.title, link.published) for link in self.outlet.links
        ]
        entries.sort(key=lambda entry: entry.published, reverse=True)
        kind = self.outlet.index
        return self._print(_TEMPLATE[kind], _INDEX_TYPE[kind], listed, entries=entries)

    def _html(self, template: str, pages: Sequence[Page], **more: Any) -> Answer:
        return self._print(template, f"text/html; charset={self.outlet.encoding}", pages, **more)

    def _print(self, template: str, content_type: str, pages: Sequence[Page], **more: Any) -> Answer:
        modified = _latest(page.changed for page in pages)
        text = self.templates.get_template(template).render(
            site=self.outlet, here=self.here, pages=pages, modified=modified, **more
        )
        return Answer(text.encode(self.outlet.encoding, "xmlcharrefreplace"), content_type, modified)


def environment() -> Environment:
    """Templates of the outlets; everything put into them is escaped."""
    templates = Environment(
        loader=FileSystemLoader(_SITES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters["prose"] = _prose
    templates.filters["rfc822"] = format_datetime
    return templates


def _prose(when: datetime, language: str, between: str = ", ") -> str:
    """The date as people write it, without a zone: 12 лютого 2025, 19:30."""
    return f"{when.day} {_FEBRUARY[language]} {when.year}{between}{when:%H:%M}"


def _latest(times: Iterable[datetime]) -> datetime:
    return max(times, default=datetime(2025, 2, 11, tzinfo=UTC))


def plain(text: str, status: int = HTTPStatus.OK) -> Answer:
    """A plain text answer."""
    return Answer(text.encode(), "text/plain; charset=utf-8", _latest(()), status)
