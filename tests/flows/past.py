"""A local site with a past: archive pages, sitemaps, WordPress, a Telegram preview, an archive of captures."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from tests.servers import Call, Reply, Route, Web

KYIV = ZoneInfo("Europe/Kyiv")
_TOPICS = ("bridge", "harvest", "railway", "hospital", "museum", "drone", "budget", "school", "port", "shelter")


def words(seed: int, count: int = 90) -> str:
    """Sentences that no two articles share."""
    parts = [f"{_TOPICS[(seed + n) % 10]} {seed * 7919 + n * 104729:x}" for n in range(count)]
    return ". ".join(f"In Kherson the {part} was counted by {seed}-{n}" for n, part in enumerate(parts)) + "."


class Past:
    """`per_day` articles on each of `days`, at every kind of archive; `gone` paths answer 404."""

    def __init__(self, web: Web, days: list[date], per_day: int = 3, *, prefix: str = "") -> None:
        self.web, self.days, self.per_day, self.prefix = web, days, per_day, prefix
        self.gone: set[str] = set()
        self.broken: set[str] = set()
        web.routes = _Anything(self)

    def paths(self, day: date) -> list[str]:
        return [f"{self.prefix}/{day:%Y/%m/%d}/story-number-{n}" for n in range(self.per_day)]

    def at(self, path: str) -> datetime:
        year, month, day = map(int, path.removeprefix(self.prefix).split("/")[1:4])
        return datetime(year, month, day, 9, int(path.rpartition("-")[2]) % 60, tzinfo=KYIV)

    def all(self) -> list[str]:
        return [path for day in self.days for path in self.paths(day)]

    def asked(self, kind: str = "story-number") -> list[str]:
        return [call.path for call in self.web.requests if kind in call.path]

    def answer(self, path: str) -> Route | None:
        """The route of a path; None is 404."""
        path = path.removeprefix(self.prefix)
        if path in self.broken:
            return Reply(503)
        for beginning, made in (
            ("/sitemap-", self._sitemap), ("/archive/", self._archive), ("/wp-json", lambda _: self._wordpress),
            ("/s/past", lambda _: self._telegram), ("/cdx", lambda _: self._captures), ("/web/", self._capture),
        ):  # fmt: skip
            if path.startswith(beginning):
                return made(path)
        return self.page(path) if "story-number" in path and path not in self.gone else None

    def page(self, path: str) -> bytes:
        number = sum(map(ord, path)) * 31 + int(path.rpartition("-")[2]) + int(self.at(path).timestamp()) // 86_400
        title = f"Rutte and Ukraine, {path.strip('/')}"
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
            f'<meta property="article:published_time" content="{self.at(path).isoformat()}"></head><body><article>'
            f"<h1>{title}</h1><p>Mark Rutte spoke of Ukraine. {words(number)}</p></article></body></html>"
        ).encode()

    def _sitemap(self, path: str) -> bytes:
        month = path.removeprefix("/sitemap-")[:7]
        rows = "".join(
            f"<url><loc>{self.web.url(self.prefix + one)}</loc><news:news><news:publication_date>"
            f"{self.at(one).isoformat()}</news:publication_date><news:title>t</news:title></news:news></url>"
            for one in self.all()
            if f"{self.at(one):%Y-%m}" == month
        )
        spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        spaces += 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
        body = f'<?xml version="1.0"?><urlset {spaces}>{rows}</urlset>'.encode()
        return gzip.compress(body) if path.endswith(".gz") else body

    def _archive(self, path: str) -> bytes:
        day = date(*map(int, path.removeprefix("/archive/").strip("/").split("/")))
        links = [path for path in self.all() if self.at(path).date() == day]
        return ("<main>" + "".join(f'<a href="{self.prefix}{link}">x</a>' for link in links) + "</main>").encode()

    def _wordpress(self, call: Call) -> Reply:
        asked = {name: values[0] for name, values in parse_qs(call.query).items()}
        after, before = (datetime.fromisoformat(asked[name]).replace(tzinfo=None) for name in ("after", "before"))
        found = [path for path in self.all() if after <= self.at(path).replace(tzinfo=None) <= before]
        size, number = int(asked.get("per_page", 10)), int(asked.get("page", 1))
        pages = max(1, -(-len(found) // size))
        if number > pages:
            return Reply(400, b'{"code":"rest_post_invalid_page_number"}')
        rows = [
            {
                "id": n, "date_gmt": self.at(path).astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%S"),
                "link": self.web.url(self.prefix + path), "title": {"rendered": "t"}, "excerpt": {"rendered": "e"},
            }
            for n, path in enumerate(found)
        ][(number - 1) * size : number * size]  # fmt: skip
        return Reply(body=json.dumps(rows).encode(), headers={"X-WP-TotalPages": str(pages), "X-WP-Total": "1"})

    def _telegram(self, call: Call) -> bytes:
        """Ten messages a page, oldest first, ids rising with time."""
        ids = range(1, len(self.all()) + 1)
        before = int(parse_qs(call.query).get("before", [str(len(ids) + 1)])[0])
        shown = [n for n in ids if n < before][-10:]
        rows = "".join(
            f'<div class="tgme_widget_message" data-post="past/{n}"><div class="tgme_widget_message_text">'
            f'Mark Rutte spoke of Ukraine, {words(n, 20)}</div><a class="tgme_widget_message_date" '
            f'href="https://t.me/past/{n}"><time datetime="{self.at(self.all()[n - 1]).isoformat()}"></time></a></div>'
            for n in shown
        )
        more = f'<a class="tme_messages_more" data-before="{shown[0]}" href="/s/past?before={shown[0]}"></a>'
        head = '<div class="tgme_channel_info"></div>'
        return f"<html><body>{head}{more if shown and shown[0] > 1 else ''}{rows}</body></html>".encode()

    def _captures(self, call: Call) -> bytes:
        asked = parse_qs(call.query)
        rows = [
            [self.web.url(self.prefix + path), f"{self.at(path) + timedelta(hours=5):%Y%m%d%H%M%S}"]
            for path in self.all()
            if asked["from"][0] <= f"{self.at(path):%Y%m%d}" <= asked["to"][0]
        ]
        return json.dumps([["original", "timestamp"], *rows]).encode()

    def _capture(self, path: str) -> bytes | None:
        return self.page("/" + path.partition("id_/")[2].partition("/")[2].partition("/")[2].partition("/")[2])


class _Anything(dict[str, Route]):
    """Routes that are made when they are asked for."""

    def __init__(self, past: Past) -> None:
        self._past = past
        super().__init__()

    def get(self, key: str, default: Route | None = None) -> Route:  # type: ignore[override]  # a route is enough
        return self._past.answer(key) or default or Reply(404)
