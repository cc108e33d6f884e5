"""A house for tests: real database, real HTTP on loopback, stand-ins for mail and Slack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from flows import house
from flows.demo.site import DemoSite
from flows.house import House
from flows.settings import Settings

BEGIN = datetime(2025, 2, 12, 18, 0, tzinfo=UTC)
BODY = (
    "<p>The contact group met in Brussels on Wednesday, and Mark Rutte named two conditions for the security "
    "of Ukraine after the war.</p><p>The first is the strongest possible place at the table, he said, and the "
    "second an agreement that keeps Russia from attacking again, whatever the wording of the text may be.</p>"
    "<p>Allies in Europe and Canada invested 485 billion dollars in defence in 2024, a fifth more than in the "
    "year before, and almost all of the military aid of the last three years came from them.</p>"
)


class Ticking(Protocol):
    """What a house goes by."""

    def __call__(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.time = BEGIN

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **step: float) -> None:
        self.time += timedelta(**step)

    def sleep(self, seconds: float) -> None:
        """Waiting moves it on."""
        self.forward(seconds=seconds)


def page(
    title: str = "Rutte names two conditions", body: str = BODY, published: str = "2025-02-12T16:00:00+02:00"
) -> bytes:
    """A news page."""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="{published}"></head>'
        f"<body><nav><a href='/'>Home</a></nav><article><h1>{title}</h1>{body}</article></body></html>"
    ).encode()


def feed(base: str, *links: str, titles: dict[str, str] | None = None) -> bytes:
    """An RSS feed of these paths."""
    items = "".join(
        f"<item><title>{(titles or {}).get(link, 'Rutte on ' + link.strip('/'))}</title><link>{base}{link}</link>"
        f"<description>Mark Rutte spoke of Ukraine at {link}.</description>"
        f"<pubDate>Wed, 12 Feb 2025 16:00:00 +0200</pubDate></item>"
        for link in links
    )
    head = f"<title>x</title><link>{base}</link><description>d</description>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()


WATCHLIST = """
entities:
  - {id: rutte, names: {en: [Mark Rutte, Rutte], uk: [Рютте]}}
watches:
  - {id: rutte, name: Rutte, query: '@rutte AND Ukraine', priority: high, to: [desk, editor]}
"""
DESTINATIONS = """
destinations:
  - {id: desk, slack: {webhook: "env:TEST_WEBHOOK"}}
  - {id: editor, email: {to: editor@newsroom.example}}
"""


def source(name: str, base: str, *, path: str = "/feed", extra: str = "") -> str:
    """One entry of sources.yaml."""
    return (
        f"  - id: {name}\n    name: {name}\n    homepage: {base}/\n    routes:\n"
        f'      - {{type: feed, url: "{base}{path}"}}\n{extra}'
    )


def ageless(site: DemoSite, config: Path) -> None:
    """The demo's configuration for a clock of today: its world is years old."""
    site.write_config(config)
    watches = config / "watchlist.yaml"
    text = watches.read_text(encoding="utf-8").replace("    priority:", "    max_age: 9999d\n    priority:")
    watches.write_text(text, encoding="utf-8")


@contextmanager
def opened(
    folder: Path,
    sources: str,
    *,
    database_url: str = "",
    watchlist: str = WATCHLIST,
    destinations: str = DESTINATIONS,
    clock: Ticking | None = None,
    **settings: Any,
) -> Iterator[House]:
    """The product over a configuration folder; loopback is allowed."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    for name, text in (("sources", f"sources:\n{sources}"), ("watchlist", watchlist), ("destinations", destinations)):
        (config / f"{name}.yaml").write_text(text, encoding="utf-8")
    chosen = Settings.model_validate(
        {
            "home": folder / "var",
            "config_dir": config,
            "database_url": database_url or None,
            "allow_hosts": "127.0.0.1",
            "mail_from": "varta@varta.example",
            **settings,
        }
    )
    clock = clock or Clock()
    with house.opened(chosen, clock, clock.sleep) as rooms:
        yield rooms
