"""What robots.txt lets us fetch, after RFC 9309."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlsplit

from scrapers.article import FetchedPage
from scrapers.charset import decode
from scrapers.errors import FetchError, FetchOutcome
from scrapers.urls import spelled

log = logging.getLogger(__name__)
_MAX_BYTES = 512_000  # RFC 9309 asks for 500 KiB at least
_SECONDS = 15.0  # a page that is wanted waits for this file


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says to one agent. `crawl_delay` is seconds."""

    paths: tuple[tuple[str, bool], ...] = ()
    crawl_delay: float = 0.0
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether `url` may be fetched: the longest pattern that fits decides, and Allow wins a tie."""
        parts = urlsplit(url)
        path = spelled((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), "?")
        fitting = [(len(pattern), allow) for pattern, allow in self.paths if _fits(pattern, path)]
        return max(fitting, default=(0, True))[1]


def parse(text: str, agent: str) -> Rules:
    """The rules for `agent`, a user agent such as "Varta/1.0": its own groups, or those of `*`."""
    token = _token(agent)
    paths: dict[str, list[tuple[str, bool]]] = {}
    delays: dict[str, float] = {}
    sitemaps: list[str] = []
    names: list[str] = []
    naming = False
    for line in text.splitlines():
        key, colon, raw = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), raw.strip()
        if key == "sitemap" and colon:
            sitemaps.append(value)
        elif key == "user-agent":
            names = [*names, _token(value)] if naming else [_token(value)]
            naming = True
            paths.setdefault(names[-1], [])
        elif key in {"allow", "disallow", "crawl-delay"}:
            naming = False
            for name in names:
                if key == "crawl-delay":
                    delays[name] = _seconds(value)
                elif value:
                    paths[name].append((spelled(value, "?"), key == "allow"))
    name = token if token in paths else "*"
    return Rules(tuple(paths.get(name, ())), delays.get(name, 0.0), tuple(sitemaps))


def _token(agent: str) -> str:
    return re.split(r"[/\s]", agent.strip(), maxsplit=1)[0].lower()


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text) else 0.0


def _fits(pattern: str, path: str) -> bool:
    """Match with `*` and a final `$`, in linear time whatever a hostile file says."""
    first, *rest = pattern.removesuffix("$").split("*")
    anchored = pattern.endswith("$")
    if not path.startswith(first):
        return False
    if not rest:
        return not anchored or path == first
    at = len(first)
    for piece in rest[:-1]:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    if anchored:
        return path.endswith(rest[-1]) and len(path) - len(rest[-1]) >= at
    return path.find(rest[-1], at) >= 0


class Robots:
    """The robots.txt files of one run, each fetched once; `fetch` takes URL and seconds, and raises FetchError.

    `remembered` are the texts of an earlier run by site (scheme and host), which are not fetched again; the caller
    leaves out those that are older than a day (RFC 9309).
    """

    def __init__(
        self,
        agent: str,
        fetch: Callable[[str, float], FetchedPage],
        remembered: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._agent = agent
        self._fetch = fetch
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._remembered = dict(remembered)
        self._known: dict[str, Rules] = {}
        self._learned: dict[str, str] = {}

    def rules(self, url: str, seconds: float = _SECONDS) -> Rules:
        """The rules of the site of `url`, had within `seconds`; a site whose rules cannot be had allows everything."""
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        known = self._known.get(site)
        if known is not None:
            return known
        with self._lock:
            turn = self._locks.setdefault(site, threading.Lock())
        with turn:  # others that want this site wait for the one that asks
            if site not in self._known:
                text = self._remembered.get(site)
                text = self._ask(site, min(seconds, _SECONDS)) if text is None else text
                self._known[site] = parse(text, self._agent)
            return self._known[site]

    def learned(self) -> dict[str, str]:
        """The texts fetched in this run by site, "" where there is none: what the next run may remember."""
        with self._lock:
            return dict(self._learned)

    def _ask(self, site: str, seconds: float) -> str:
        url = site + "/robots.txt"
        try:
            page = self._fetch(url, seconds)
        except FetchError as failed:
            if failed.outcome not in {FetchOutcome.GONE, FetchOutcome.BLOCKED}:
                # RFC 9309 would stop here; a feed that its publisher offers must not fall silent
                # because another file of the site is broken.
                log.warning("robots unreadable", extra={"url": url, "outcome": failed.outcome.value})
                return ""
            text = ""
        else:
            text = decode(page.body[:_MAX_BYTES], page.headers.get("content-type", ""))
        with self._lock:
            self._learned[site] = text
        return text
