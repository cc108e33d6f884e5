"""What the forms of the Prefect page offer, as the configuration has it when a flow is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import WithJsonSchema

from alerts import destinations
from flows import settings
from scrapers import source
from scrapers.errors import ConfigError
from scrapers.source import Source

EVERYBODY = "all destinations"  # no id has a blank


def _catalogue() -> tuple[Source, ...]:
    """The sources of the user, the shipped ones where his file cannot be read: the run itself tells why."""
    try:
        return source.load(settings.load().config_file("sources.yaml")).sources
    except ConfigError:
        return source.load(None).sources


def destination_ids() -> list[str]:
    """All of them, and each of the user; the first alone where his file cannot be read."""
    try:
        return [EVERYBODY, *sorted(destinations.load(settings.load().config_file("destinations.yaml")).by_id)]
    except ConfigError:
        return [EVERYBODY]


def one_of(names: Sequence[str]) -> WithJsonSchema:
    """A choice on the form; what a program passes is checked by the flow, in words."""
    schema: dict[str, Any] = {"type": "string", "enum": list(names)} if names else {"type": "string"}
    return WithJsonSchema(schema)


_SOURCES = _catalogue()
SourceIds: TypeAlias = list[Annotated[str, one_of(sorted(one.id for one in _SOURCES))]]
Languages: TypeAlias = list[Annotated[str, one_of(sorted({one.language for one in _SOURCES if one.language}))]]
DestinationId: TypeAlias = Annotated[str, one_of(destination_ids())]
