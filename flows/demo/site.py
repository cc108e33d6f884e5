"""The demo's world of news: a server on 127.0.0.1 that carries every invented outlet under /OUTLET/."""  # noqa: A005 -- a module of this package, never loaded by path

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flows.demo import press
from flows.demo.press import Outlet, Page

_HERE = Path(__file__).parent
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a perfect reader finds at `url`. Times are aware; paragraphs are joined by a blank line.

    `watches` are the ids that must match; `copy_of` is the URL whose text this page repeats; `tracked`
    are spellings of `url` with tracking parameters; `indexed` is false where only the sitemap knows it.
    """

    url: str
    outlet: str
    title: str
    text: str
    published: datetime
    language: str
    story: str
    topic: Literal["defence", "other"]
    watches: tuple[str, ...]
    status: int
    stamp: Literal["zoned", "local"]
    copy_of: str
    tracked: tuple[str, ...]
    indexed: bool


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for every answer
    request_queue_size = 128
    site: DemoSite

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class DemoSite:
    """Serves every outlet from entering to leaving; `requests` lists (path, status) as they came."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[tuple[str, int]] = []
        self.outlets = press.outlets()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-site")
        self._answers = dict(_answers(self.outlets, self.url))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The address of the world, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def edit(self) -> None:
        """Let every outlet that means to edit an article do so; a second call changes nothing."""
        self.outlets = [
            replace(outlet, pages=tuple(page.revised() for page in outlet.pages)) for outlet in self.outlets
        ]
        self._answers = dict(_answers(self.outlets, self.url))

    def write_config(self, folder: Path) -> None:
        """Put sources.yaml, watchlist.yaml and destinations.yaml for this world into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        template = (_HERE / "config" / "sources.yaml.j2").read_text(encoding="utf-8")
        sources = _environment().from_string(template).render(base=self.url)
        (folder / "sources.yaml").write_text(sources, encoding="utf-8")
        for name in ("watchlist.yaml", "destinations.yaml"):
            shutil.copyfile(_HERE / "config" / name, folder / name)

    def truth(self) -> dict[str, Truth]:
        """What stands at each article's URL now."""
        found = (self._truth(outlet, page) for outlet in self.outlets for page in outlet.pages)
        return {truth.url: truth for truth in found}

    def answer(self, path: str) -> Answer:
        """What the server has at `path`, whose query string does not matter."""
        return self._answers.get(path.partition("?")[0], _plain("Not found\n", HTTPStatus.NOT_FOUND))

    def _truth(self, outlet: Outlet, page: Page) -> Truth:
        url = f"{self.url}/{outlet.id}{page.path}"
        links = [
            link for other in self.outlets for link in other.links if link.to == f"{outlet.id}{page.path}"
        ]
        return Truth(
            url=url,
            outlet=outlet.id,
            title=page.title,
            text="\n\n".join(page.paragraphs),
            published=page.published,
            language=outlet.language,
            story=page.story,
            topic=page.topic,
            watches=page.watches,
            status=page.status,
            stamp=page.stamp,
            copy_of=f"{self.url}/{page.copy_of}" if page.copy_of else "",
            tracked=tuple(f"{url}?{link.query}" for link in links),
            indexed=page.in_index,
        )


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10  # seconds that an idle connection is kept, so that closing ends

    def do_GET(self) -> None:
        self._serve(with_body=True)

    def do_HEAD(self) -> None:
        self._serve(with_body=False)

    def log_message(self, *_: object) -> None:
        """Requests are in `DemoSite.requests`."""

    def _serve(self, *, with_body: bool) -> None:
        answer = self.server.site.answer(self.path)
        fresh = answer.status == HTTPStatus.OK and self._has_it_already(answer)
        status = HTTPStatus.NOT_MODIFIED if fresh else answer.status
        self.server.site.requests.append((self.path, int(status)))
        self.send_response(status)
        if answer.status == HTTPStatus.OK:
            self.send_header("ETag", answer.etag)
            self.send_header("Last-Modified", _http_date(answer.modified))
        if not fresh:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if with_body and not fresh:
            self.wfile.write(answer.body)

    def _has_it_already(self, answer: Answer) -> bool:
        tags = self.headers.get("If-None-Match")
        if tags is not None:  # it outweighs the date: RFC 9110, section 13.2.2
            return answer.etag in tags or tags.strip() == "*"
        since = self.headers.get("If-Modified-Since")
        try:
            return since is not None and answer.modified <= parsedate_to_datetime(since)
        except (TypeError, ValueError):
            return False


def _answers(outlets: Sequence[Outlet], base: str) -> Iterator[tuple[str, Answer]]:
    templates = _environment()
    yield "/robots.txt", _plain(_ROBOTS)
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
            yield "/sitemap-2025-02.xml", self._xml("sitemap.xml.j2", "application/xml", outlet.pages)
        for page in outlet.pages:
            yield page.path, self._page(page)

    def _page(self, page: Page) -> Answer:
        if page.status == HTTPStatus.INTERNAL_SERVER_ERROR:
            return _plain("Internal Server Error\n", page.status)
        if page.status != HTTPStatus.OK:
            return _plain("Not found\n", page.status)
        others = [other for other in self.outlet.pages if other is not page and other.status == HTTPStatus.OK]
        related = [(other.title, f"{self.here}{other.path}") for other in others[:_MOST_RELATED]]
        return self._html(
            f"{self.outlet.layout}.html.j2", [page], page=page, url=f"{self.here}{page.path}", related=related
        )

    def _index(self, listed: Sequence[Page]) -> Answer:
        entries = [
            Entry(f"{self.here}{page.path}", page.title, page.published, page.author, page.summary)
            for page in listed
        ]
        entries += [
            Entry(f"{self.base}/{link.to}?{link.query}", link.title, link.published)
            for link in self.outlet.links
        ]
        entries.sort(key=lambda entry: entry.published, reverse=True)
        kind = self.outlet.index
        return self._xml(_TEMPLATE[kind], _INDEX_TYPE[kind], listed, entries=entries)

    def _html(self, template: str, pages: Sequence[Page], **more: Any) -> Answer:
        return self._print(template, f"text/html; charset={self.outlet.encoding}", pages, more)

    def _xml(self, template: str, content_type: str, pages: Sequence[Page], **more: Any) -> Answer:
        return self._print(template, content_type, pages, more)

    def _print(self, template: str, content_type: str, pages: Sequence[Page], more: dict[str, Any]) -> Answer:
        modified = _latest(page.changed for page in pages)
        text = self.templates.get_template(template).render(
            site=self.outlet, here=self.here, pages=pages, modified=modified, **more
        )
        return Answer(text.encode(self.outlet.encoding, "xmlcharrefreplace"), content_type, modified)


def _environment() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(_HERE / "sites"),
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


def _http_date(when: datetime) -> str:
    return format_datetime(when.astimezone(UTC), usegmt=True)


def _plain(text: str, status: int = HTTPStatus.OK) -> Answer:
    return Answer(text.encode(), "text/plain; charset=utf-8", _latest(()), status)
