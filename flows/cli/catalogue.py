"""Commands that check, widen and exchange the catalogue: sources verify, add, import, export."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urljoin

import typer
import yaml
from pydantic import TypeAdapter, ValidationError

from flows import adding, house, settings, verifying
from flows.cli.output import Failed, complain, to_json, to_lines, to_table, wrong
from flows.cli.run import Json
from flows.judging import Judged
from scrapers import clean, urls
from scrapers.errors import FeedError
from scrapers.routes import autodiscovery, opml
from scrapers.routes.opml import Opml, Outline
from scrapers.source import RouteType, Slug, Source, SourceKind
from scrapers.yamlfile import Problem

_CHECKED = TypeAdapter(Source)
_IDS = TypeAdapter(Slug)
_LONGEST_LINE = 10_000  # an address is never folded
_NEXT = "next: put this under `sources:` in config/sources.yaml (`include: shipped` keeps the shipped ones)"


def verify(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of sources; all when none is given.")
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            min=1, max=3650, help="A route is stale when its newest entry is older. [7; think tanks, officials: 30]"
        ),
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """Judge every route of the sources by what it holds: fresh entries, whose articles can be read."""
    with house.opened(settings.load()) as rooms:
        configuration = rooms.configuration
        try:
            wanted = house.chosen(configuration, tuple(ids or ()))
        except KeyError as unknown:
            raise wrong(str(unknown.args[0])) from None
        judged = verifying.verify(wanted, rooms, days or 0, _tell)
    if as_json:
        to_json([verifying.row(one) for one in judged])
    else:
        good = sum(one.health.is_good for one in judged)
        to_table(f"routes: {len(judged)}, healthy: {good}", [_shown(one) for one in judged])
        to_lines(clean.line(f"! {_named(one)}: {one.reason}") for one in judged if not one.health.is_good)
    lost = verifying.lost(judged)
    complain(*(f"{source}: no live route is healthy" for source in lost))
    _end(configuration.problems, failed=bool(lost))


def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Front page of a site, or its feed.")],
    name: Annotated[str, typer.Option("--id", help="Id of the new source; made from its name when left out.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Discover the routes of a site, try each, and print the entry for sources.yaml."""
    with house.opened(settings.load()) as rooms:
        known = rooms.configuration.sources
        if name:
            _check_id(name, known)
        if urls.canonical(url.strip() if "://" in url else f"https://{url.strip()}") is None:
            raise wrong(f"{url} is no web address")
        found = adding.propose(url, rooms, frozenset(known), name, _tell)
    if found.source is None:
        if as_json:
            to_json({"entry": None, "judged": [verifying.row(one) for one in found.judged]})
        raise Failed(found.failed)
    entry = to_entry(found.source)
    for one in known.values():
        if urls.host_of(one.homepage) == urls.host_of(found.source.homepage):
            complain(f"note: `{one.id}` of the catalogue is of the same host")
    if as_json:
        to_json({"entry": entry, "judged": [verifying.row(one) for one in found.judged]})
        return
    used = {route.address for route in found.source.routes}
    tried = [f"{'+' if one.url in used else '-'} {_line(one)}" for one in found.judged]
    to_lines([*(f"# {clean.line(line)}" for line in tried), to_yaml([entry])])
    complain(_NEXT)


def import_opml(file: Annotated[Path, typer.Argument(metavar="FILE.opml", help="What a feed reader exports.")]) -> None:
    """Print entries for sources.yaml from the feeds of an OPML file."""
    known = house.configure(settings.load()).catalogue.sources
    with file.open("rb") as opened:
        body = opened.read(opml.LARGEST + 1)
    try:
        listed = opml.read(body)
    except FeedError as refused:
        raise Failed(f"{file}: {refused}") from None
    found, told = _imported(listed, known)
    complain(*(f"{file}:{problem}" for problem in told))
    if not found:
        raise Failed(f"{file}: no new feed")
    to_lines([to_yaml([to_entry(source) for source in found])])
    complain(_NEXT)


def export(*, as_json: Json = False) -> None:
    """Print the feeds of all configured sources as OPML, for any feed reader."""
    configuration = house.configure(settings.load())
    feeds = [
        Outline(source.name, route.url, source.homepage, source.language, source.kind.value)
        for source in configuration.catalogue.sources
        for route in source.routes
        if route.type is RouteType.FEED
    ]
    if as_json:
        to_json([{"title": o.title, "feed": o.feed, "homepage": o.homepage, "language": o.language} for o in feeds])
    else:
        to_lines([opml.write(feeds, "Varta sources", house.utc_now()).decode("utf-8")])
    without = [
        source.id
        for source in configuration.catalogue.sources
        if all(route.type is not RouteType.FEED for route in source.routes)
    ]
    if without:
        complain(f"note: {len(without)} sources have no feed and are not in it: {', '.join(without)}")
    _end(configuration.problems, failed=False)


def to_entry(source: Source) -> dict[str, Any]:
    """`source` as its entry in sources.yaml, defaults left out."""
    routes = [
        {"type": route.type.value, "url": route.url, "links": route.links, "channel": route.channel}
        for route in source.routes
    ]
    entry: dict[str, Any] = {"id": source.id, "name": source.name, "homepage": source.homepage}
    if source.language:
        entry["language"] = source.language
    entry["kind"] = source.kind.value
    entry["routes"] = [{key: value for key, value in route.items() if value} for route in routes]
    return entry | {"topics": source.topics}


def to_yaml(entries: Sequence[Mapping[str, Any]]) -> str:
    """A sources.yaml with these entries."""
    listed = yaml.safe_dump(
        {"sources": list(entries)},
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=None,
        width=_LONGEST_LINE,
    )
    return listed.rstrip("\n")


def _imported(listed: Opml, known: Iterable[Source]) -> tuple[list[Source], list[str]]:
    """The sources of new feeds, and a line for each outline that is left out."""
    by_feed = {urls.url_key(route.url): source.id for source in known for route in source.routes if route.url}
    taken = {source.id for source in known}
    found: list[Source] = []
    told = [(one.line, one.reason) for one in listed.skipped]
    for one in listed.outlines:
        if source := by_feed.get(urls.url_key(one.feed)):
            told.append((one.line, f"{one.feed} is a route of `{source}` already"))
            continue
        name = autodiscovery.slug(one.title or urls.host_of(one.feed), taken)
        try:
            found.append(_CHECKED.validate_python(_raw(one, name)))
        except ValidationError as bad:
            told.append((one.line, f"{one.feed}: {bad.errors()[0]['msg']}"))
        else:
            taken.add(name)
    return found, [f"{line}: {reason}" for line, reason in sorted(told)]


def _raw(outline: Outline, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": outline.title or urls.host_of(outline.feed),
        "homepage": outline.homepage or urljoin(outline.feed, "/"),
        "language": outline.language,
        "kind": outline.folder if outline.folder in set(SourceKind) else SourceKind.OUTLET.value,
        "routes": [{"type": RouteType.FEED.value, "url": outline.feed}],
        "topics": "required",
    }


def _check_id(name: str, known: Mapping[str, Source]) -> None:
    try:
        _IDS.validate_python(name)
    except ValidationError:
        raise wrong(f"--id: `{name}` is no slug: lower-case letters, digits and hyphens, 63 at most") from None
    if name in known:
        raise wrong(f"--id: a source is called `{name}` already")


def _shown(judged: Judged) -> dict[str, Any]:
    """One route as people see it."""
    return {
        "source": judged.source,
        "route": judged.route.type if judged.is_live else f"{judged.route.type} (backfill)",
        "health": judged.health,
        "newest (UTC)": judged.newest,
        "entries": judged.entries,
        "read": f"{judged.read}/{judged.tried}",
    }


def _named(judged: Judged) -> str:
    return f"{judged.source}: {judged.route.type} {judged.url}: {judged.health}"


def _line(judged: Judged) -> str:
    counts = f"{judged.entries} entries, {judged.read} of {judged.tried} articles read"
    return f"{judged.route.type} {judged.url}: {judged.health}, {counts}; {judged.reason}"


def _tell(judged: Judged) -> None:
    complain(clean.line(f"{judged.source}: {_line(judged)}"))


def _end(problems: Sequence[Problem], *, failed: bool) -> None:
    complain(*map(str, problems))
    if problems:
        raise typer.Exit(2)
    if failed:
        raise typer.Exit(1)
