"""The outlets and articles of the demo world, read from its YAML files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import AwareDatetime, ConfigDict, TypeAdapter

FOLDER = Path(__file__).parent / "pages"
_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a page becomes when its outlet edits it; `swap` maps old wording to new."""

    title: str
    at: AwareDatetime
    swap: dict[str, str]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One article of an outlet. `watches` are those of the demo's watchlist that must match it.

    `stamp` says whether the page itself gives its time with a zone. `copy_of` names the page, as
    OUTLET/PATH, whose text this one repeats. `in_index` is false where only the sitemap knows the page. Where
    `for_subscribers`, the page says that `text` is only the beginning.
    """

    path: str
    title: str
    published: AwareDatetime
    author: str = ""
    story: str = ""
    text: str = ""
    topic: Literal["defence", "other"] = "defence"
    watches: tuple[str, ...] = ()
    status: int = 200
    stamp: Literal["zoned", "local"] = "zoned"
    copy_of: str = ""
    in_index: bool = True
    for_subscribers: bool = False
    changed_at: AwareDatetime | None = None
    revision: Revision | None = None

    __pydantic_config__ = _STRICT

    @property
    def paragraphs(self) -> list[str]:
        """The text as it is set, paragraph by paragraph."""
        return self.text.split("\n")

    @property
    def summary(self) -> str:
        """What a feed shows of the text."""
        return self.paragraphs[0]

    @property
    def changed(self) -> datetime:
        """When the page was last written."""
        return self.changed_at or self.published

    def revised(self) -> Page:
        """The page after its outlet edited it; the same page where it never does."""
        if self.revision is None:
            return self
        text = self.text
        for old, new in self.revision.swap.items():
            text = text.replace(old, new)
        return replace(self, title=self.revision.title, text=text, changed_at=self.revision.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry of a feed that leads to a page of another outlet, OUTLET/PATH, with a query string."""

    title: str
    to: str
    query: str
    published: AwareDatetime

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented outlet: the layout of its pages, and how its entries are found."""

    id: str
    name: str
    language: Literal["en", "uk", "ru"]
    layout: str
    index: Literal["rss", "atom", "news-sitemap", "listing", "challenge"]
    tagline: str
    encoding: Literal["utf-8", "windows-1251"] = "utf-8"
    links: tuple[Link, ...] = ()
    pages: tuple[Page, ...] = ()

    __pydantic_config__ = _STRICT


def outlets() -> list[Outlet]:
    """Every outlet with its pages, newest first; a copy carries the text, story and watches it repeats."""
    read = [_read(path) for path in sorted(FOLDER.glob("*.yaml"))]
    originals = {f"{outlet.id}{page.path}": page for outlet in read for page in outlet.pages}
    return [replace(outlet, pages=_in_order(outlet, originals)) for outlet in read]


def _read(path: Path) -> Outlet:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return TypeAdapter(Outlet).validate_python({**content["outlet"], "pages": content["pages"]})


def _in_order(outlet: Outlet, originals: dict[str, Page]) -> tuple[Page, ...]:
    filled = [_filled(page, originals) for page in outlet.pages]
    return tuple(sorted(filled, key=lambda page: page.published, reverse=True))


def _filled(page: Page, originals: dict[str, Page]) -> Page:
    if not page.copy_of:
        return page
    told = originals[page.copy_of]
    return replace(page, text=told.text, story=told.story, topic=told.topic, watches=told.watches)
