"""The action pages for as long as somebody wants them, beside whatever else the process does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flows import house
from flows.house import House
from flows.settings import Settings
from flows.web.server import LinksServer
from scrapers.errors import ConfigError


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Serve the action pages at VARTA_LINKS_LISTEN while the block lasts; gives the address where they listen.

    Raises ConfigError when VARTA_LINKS_URL is not set, or when the place is taken.
    """
    if settings.links is None:
        raise ConfigError("VARTA_LINKS_URL: not set, so no message carries links that this page would answer")
    with house.opened(settings) as rooms, pages(rooms, settings.links_listen) as url:
        yield url


@contextmanager
def pages(rooms: House, place: str) -> Iterator[str]:
    """Serve the pages of a house that is open already at `place`, host:port; raises ConfigError when it is taken."""
    host, _, port = place.rpartition(":")
    try:
        server = LinksServer(rooms, (host.strip("[]"), int(port)))
    except OSError as taken:
        raise ConfigError(f"VARTA_LINKS_LISTEN: {place}: {taken.strerror}") from None
    thread = threading.Thread(target=server.serve_forever, name="links", daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
