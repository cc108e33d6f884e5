"""A configured source with its routes, and the loader of sources.yaml."""

from __future__ import annotations

import enum
import re
import string
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import soupsieve
from pydantic import AfterValidator, BeforeValidator, ConfigDict, PlainSerializer

from scrapers import yamlfile
from scrapers.yamlfile import Problem

SHIPPED = Path(__file__).parent / "catalogue"
_STRICT = ConfigDict(extra="forbid")
# top-level domains of a country that is written otherwise, or of which the world makes use
_ENDINGS = {"UK": "GB", "GOV": "US", "MIL": "US"} | dict.fromkeys(("EU", "IO", "ME", "TV", "CO", "AI", "FM", "CC"))
_DAY = ("year", "month", "day")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

Slug = Annotated[str, yamlfile.form("[a-z0-9][a-z0-9-]{0,62}", "lower-case letters, digits and hyphens, 63 at most")]
Host = Annotated[str, yamlfile.form(r"[a-z0-9.-]+\.[a-z0-9-]{2,}", "a host alone, in lower case, such as wire.example")]
Name = Annotated[str, yamlfile.form(r"(?s).*\S.*", "a name")]
Language = Annotated[str, yamlfile.form("[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*", "the code of a language, such as uk or en")]
Country = Annotated[str, yamlfile.form("[A-Z]{2}", "the code of a country in capitals, such as UA or GB")]
Channel = Annotated[str, yamlfile.form(r"[A-Za-z0-9_]*", "the name alone: `name` for https://t.me/name")]


def _duration(text: object) -> object:
    if isinstance(text, str) and (found := re.fullmatch(r"(\d{1,5})\s*([smhd])", text.strip())):
        return timedelta(seconds=int(found[1]) * _UNITS[found[2]])
    if isinstance(text, timedelta):
        return text
    raise ValueError("expected a duration such as 90s, 5m, 2h or 1d")


Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(lambda d: f"{int(d.total_seconds())}s")]


def _selector(text: str) -> str:
    try:
        if text:
            soupsieve.compile(text)
    except (soupsieve.SelectorSyntaxError, NotImplementedError, RecursionError, ValueError) as broken:
        raise ValueError(f"no CSS selector: {str(broken).splitlines()[0]}") from broken
    return text


Selector = Annotated[str, AfterValidator(_selector)]


def _with_group(text: str) -> str:
    try:
        groups = re.compile(text).groups if text else 1
    except (re.error, RecursionError, OverflowError) as broken:
        raise ValueError(f"no regular expression: {broken}") from broken
    if groups != 1:
        raise ValueError(f"needs one group, around the id, not {groups}")
    return text


class SourceKind(enum.StrEnum):
    """What stands behind a source."""

    AGENCY = "agency"
    OUTLET = "outlet"
    OFFICIAL = "official"
    THINK_TANK = "think-tank"
    TRADE = "trade"
    STATE_MEDIA = "state-media"
    AGGREGATOR = "aggregator"


class RouteType(enum.StrEnum):
    """How the entries of a source are found."""

    FEED = "feed"
    NEWS_SITEMAP = "news-sitemap"
    SITEMAP = "sitemap"
    LISTING = "listing"
    ARCHIVE = "archive"
    WORDPRESS = "wordpress"
    TELEGRAM = "telegram"
    WAYBACK = "wayback"


@dataclass(frozen=True, slots=True)
class Route:
    """One way to the entries of a source.

    In the `url` of a backfill route {year}, {month} and {day} stand for the wanted date, with two digits
    as {month:02}.
    """

    type: RouteType
    url: str = ""
    links: Selector = ""
    channel: Channel = ""

    __pydantic_config__ = _STRICT

    def __post_init__(self) -> None:
        if self.type is RouteType.TELEGRAM:
            if not self.channel:
                raise ValueError("a route of type telegram needs `channel`, the name in https://t.me/name")
        elif self.type is not RouteType.WAYBACK and not _is_web(self.url):
            raise ValueError(f"a route of type {self.type} needs `url`, an http or https address")
        if self.type in (RouteType.LISTING, RouteType.ARCHIVE) and not self.links:
            raise ValueError(f"a route of type {self.type} needs `links`, a CSS selector of the article links")

    @property
    def address(self) -> str:
        """The URL that is asked first; empty for a wayback route, whose URL depends on the source.

        `url` of a telegram or wayback route is that of another server than t.me or the Internet Archive.
        """
        if self.type is RouteType.TELEGRAM:
            return f"{(self.url or 'https://t.me').rstrip('/')}/s/{self.channel}"
        return "" if self.type is RouteType.WAYBACK else self.url


@dataclass(frozen=True, slots=True)
class ArticleRule:
    """CSS selectors for an outlet whose pages the generic extraction does not read well enough."""

    body: Selector = ""
    title: Selector = ""
    drop: tuple[Selector, ...] = ()

    __pydantic_config__ = _STRICT


def _asked_today(route: Route) -> Route:
    if re.search(r"[{}]", route.url):
        raise ValueError("`url` has a brace; only those of `backfill` may have {year}, {month} and {day}")
    return route


def _asked_by_day(route: Route) -> Route:
    try:
        parts = [part for part in string.Formatter().parse(route.url) if part[1] is not None]
    except ValueError as broken:
        raise ValueError(f"`url` has a brace that is none of {{year}}, {{month}}, {{day}}: {broken}") from broken
    for _, name, form, conversion in parts:
        if name not in _DAY or conversion or not re.fullmatch(r"0?\d?d?", form or ""):
            raise ValueError(
                f"`url` has {{{name}}}; only {{year}}, {{month}}, {{day}} and forms as {{month:02}} are known"
            )
    return route


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One configured origin. Copies inside one `family` are not independent. `every` is a timedelta.

    `names` are what texts call the outlet, in every language and case that matters; `hosts` are other hosts
    that it publishes or published under. `article_id` is a regular expression whose one group is the
    publisher's id of an article in its URL, equal in all languages of the family. `country` is where it publishes
    from, an ISO 3166 code; without one that of the homepage's host counts, see `home`.
    """

    id: Slug
    name: Name
    homepage: str
    kind: SourceKind = SourceKind.OUTLET
    language: Language | None = None
    country: Country | None = None
    family: str = ""
    names: tuple[Name, ...] = ()
    hosts: tuple[Host, ...] = ()
    article_id: Annotated[str, AfterValidator(_with_group)] = ""
    routes: tuple[Annotated[Route, AfterValidator(_asked_today)], ...] = ()
    backfill: tuple[Annotated[Route, AfterValidator(_asked_by_day)], ...] = ()
    article: ArticleRule | None = None
    every: Duration = timedelta(minutes=5)
    topics: str = "none"

    __pydantic_config__ = _STRICT

    def __post_init__(self) -> None:
        if not _is_web(self.homepage):
            raise ValueError("`homepage` must be an http or https address")
        if not self.routes:
            raise ValueError("`routes` must name at least one route")
        if not self.family:
            object.__setattr__(self, "family", self.id)

    @property
    def home(self) -> str | None:
        """The country that the source is from, as far as it is known."""
        ending = (urlsplit(self.homepage).hostname or "").rpartition(".")[2].upper()
        own = _ENDINGS.get(ending, ending if len(ending) == len("UA") else None)
        return self.country or own


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All good sources, in order, and the problems of the others; `places` are (file, line) by id."""

    sources: tuple[Source, ...]
    problems: tuple[Problem, ...] = ()
    places: dict[str, tuple[str, int]] = field(default_factory=dict)


def load(path: Path | None) -> Catalogue:
    """Read sources.yaml, or the shipped catalogue when `path` is None.

    Raises ConfigError when the file is no YAML mapping; a bad entry becomes a problem instead.
    """
    if path is None:
        return _shipped()
    document = yamlfile.read(path)
    found = yamlfile.entries(document, "sources", Source)
    known = {"sources", "include"}
    problems = [*document.problems, *yamlfile.unknown_keys(document, known), *found.problems]
    sources = [source for _, source in found.values]
    if "include" in document.content:
        if document.content["include"] == "shipped":
            own = {source.id for source in sources}
            sources += [source for source in _shipped().sources if source.id not in own]
        else:
            problems.append(document.problem(("include",), "`include` can only be `shipped`"))
    places = {source.id: (document.file, document.line(("sources", at, "topics"))) for at, source in found.values}
    return Catalogue(tuple(sources), tuple(problems), places)


def _shipped() -> Catalogue:
    parts = [load(path) for path in sorted(SHIPPED.glob("*.yaml"))]
    return Catalogue(
        tuple(source for part in parts for source in part.sources),
        tuple(problem for part in parts for problem in part.problems),
    )


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
