"""The demo's world of news: a server on 127.0.0.1 that carries every invented outlet under /OUTLET/."""  # noqa: A005 -- a module of this package, never loaded by path

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Literal

from flows.demo import press, printing
from flows.demo.loopback import Served, Server
from flows.demo.press import Outlet, Page
from flows.demo.printing import Answer

_CONFIG = Path(__file__).parent / "config"


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


class _Server(Server):
    site: DemoSite


class DemoSite(Served):
    """Serves every outlet from entering to leaving; `requests` lists (path, status) as they came."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[tuple[str, int]] = []
        self.outlets = press.outlets()
        server = self._server = _Server(("127.0.0.1", port), _Handler)
        server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-site")
        self._answers = dict(printing.answers(self.outlets, self.url))

    @property
    def url(self) -> str:
        """The address of the world, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def edit(self) -> None:
        """Let every outlet that means to edit an article do so; a second call changes nothing."""
        self.outlets = [
            replace(outlet, pages=tuple(page.revised() for page in outlet.pages)) for outlet in self.outlets
        ]
        self._answers = dict(printing.answers(self.outlets, self.url))

    def write_config(self, folder: Path) -> None:
        """Put sources.yaml, watchlist.yaml and destinations.yaml for this world into `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        template = (_CONFIG / "sources.yaml.j2").read_text(encoding="utf-8")
        sources = printing.environment().from_string(template).render(base=self.url)
        (folder / "sources.yaml").write_text(sources, encoding="utf-8")
        for name in ("watchlist.yaml", "destinations.yaml"):
            shutil.copyfile(_CONFIG / name, folder / name)

    def truth(self) -> dict[str, Truth]:
        """What stands at each article's URL now."""
        found = (self._truth(outlet, page) for outlet in self.outlets for page in outlet.pages)
        return {truth.url: truth for truth in found}

    def answer(self, path: str) -> Answer:
        """What the server has at `path`, whose query string does not matter."""
        return self._answers.get(path.partition("?")[0], printing.plain("Not found\n", HTTPStatus.NOT_FOUND))

    def _truth(self, outlet: Outlet, page: Page) -> Truth:
        url = f"{self.url}/{outlet.id}{page.path}"
        links = [link for other in self.outlets for link in other.links if link.to == f"{outlet.id}{page.path}"]
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


def _http_date(when: datetime) -> str:
    return format_datetime(when.astimezone(UTC), usegmt=True)
