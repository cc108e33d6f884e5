"""One chain of redirects: how far it has come, and what it may carry along."""

from __future__ import annotations

import re

from scrapers.errors import FetchOutcome
from scrapers.web.address import Target
from scrapers.web.answers import MOVES, failure

MAX_REDIRECTS = 5
_COOKIE = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]{1,256})=([\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e\"]{0,4096})\s*(?:;|$)"
)
_MOST_COOKIES = 20


class Chain:
    """The way from `url` to the page that answers for it.

    Cookies live as long as the chain and go back to the host that set them, to no other: some outlets send
    every newcomer in a circle until he shows the cookie of the first answer.
    """

    def __init__(self, url: str, conditions: dict[str, str]) -> None:
        self.url = url
        self.moved_to = ""
        self._conditions = conditions
        self._first = ""
        self._seen: set[tuple[str, str]] = set()
        self._cookies: dict[str, dict[str, str]] = {}
        self._permanent = True

    def visit(self, target: Target) -> dict[str, str]:
        """The headers of the request to `target`; raises FetchError when the chain leads nowhere."""
        cookie = "; ".join(f"{name}={value}" for name, value in self._cookies.get(target.name, {}).items())
        step = (target.url, cookie)
        if step in self._seen or len(self._seen) > MAX_REDIRECTS:
            why = "redirects in a circle" if step in self._seen else f"more than {MAX_REDIRECTS} redirects"
            raise failure(self.url, why, FetchOutcome.TOO_MANY_REDIRECTS, retryable=False)
        self._seen.add(step)
        self._first = self._first or target.url
        # validators are the first URL's own words
        headers = dict(self._conditions) if target.url == self._first else {}
        return headers | ({"Cookie": cookie} if cookie else {})

    def keep_cookies(self, target: Target, written: list[str]) -> None:
        """Take note of the Set-Cookie headers of `target`."""
        own = self._cookies.setdefault(target.name, {})
        for line in written:
            found = _COOKIE.match(line)
            if found and (len(own) < _MOST_COOKIES or found[1] in own):
                own[found[1]] = found[2]

    def leads_to(self, here: str, status: int) -> None:
        """Take note of a redirect; as long as all of them are for good, `url` has moved."""
        self._permanent = self._permanent and status in MOVES
        if self._permanent:
            self.moved_to = here
