"""What the forms of the Prefect page offer: sources and languages, as the catalogue has them when a flow is loaded."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import WithJsonSchema

from flows import settings
from scrapers import source
from scrapers.errors import ConfigError
from scrapers.source import Source


def _catalogue() -> tuple[Source, ...]:
    """The sources of the user, the shipped ones where his file cannot be read: the run itself tells why."""
    try:
        return source.load(settings.load().config_file("sources.yaml")).sources
    except ConfigError:
        return source.load(None).sources


def _one_of(names: list[str]) -> WithJsonSchema:
    """A choice on the form; what a program passes is checked by the flow, in words."""
    schema: dict[str, Any] = {"type": "string", "enum": names} if names else {"type": "string"}
    return WithJsonSchema(schema)


_SOURCES = _catalogue()
SourceIds: TypeAlias = list[Annotated[str, _one_of(sorted(one.id for one in _SOURCES))]]
Languages: TypeAlias = list[Annotated[str, _one_of(sorted({one.language for one in _SOURCES if one.language}))]]
