"""Where alerts go, and the loader of destinations.yaml; secrets stay references."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from alerts.model import Priority
from alerts.rules import throttle as pacing
from alerts.rules.throttle import Throttle
from alerts.rules.times import DAYS, Clocks, Days, Quiet, Slot
from scrapers import yamlfile
from scrapers.source import Slug
from scrapers.yamlfile import Problem, nearest

SHIPPED = Path(__file__).parent / "defaults" / "destinations.yaml"
_STRICT = ConfigDict(extra="forbid", populate_by_name=True)


def _secret(text: str) -> str:
    if re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", text):
        return text
    raise PydanticCustomError(yamlfile.CONFIDENTIAL, "a secret is written as env:NAME, never as its value")


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"no such time zone{nearest(name, available_timezones())}")
    return name


def _addresses(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


def _address(text: str) -> str:
    local, at, domain = text.rpartition("@")
    if not (at and local.isascii() and re.fullmatch(r"[^\s<>,;:\"()\[\]\\@]+", local) and _is_domain(domain)):
        raise ValueError("expected an address such as editor@example.org")
    return text


def _is_domain(name: str) -> bool:
    try:
        ascii_name = name.encode("idna").decode("ascii")
    except UnicodeError:
        return False
    return bool(re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", ascii_name))


SecretRef = Annotated[str, AfterValidator(_secret)]
Address = Annotated[str, AfterValidator(_address)]


@dataclass(frozen=True, slots=True)
class SlackTarget:
    """An incoming webhook, or a bot token with a channel. Secrets are references such as env:NAME."""

    webhook: SecretRef | None = None
    token: SecretRef | None = None
    channel: str = ""
    api: str = "https://slack.com/api/"

    __pydantic_config__ = _STRICT

    def __post_init__(self) -> None:
        if bool(self.webhook) == bool(self.token):
            raise ValueError("slack needs either `webhook` or `token` with `channel`")
        if self.token and not self.channel:
            raise ValueError("a slack `token` needs `channel`, such as C0123456789")


@dataclass(frozen=True, slots=True)
class EmailTarget:
    """One or more addresses; each gets a message and a delivery of its own."""

    to: Annotated[tuple[Address, ...], BeforeValidator(_addresses), Field(min_length=1)]

    __pydantic_config__ = _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """When a digest goes out (local time, on which days) and which priorities wait for it."""

    name: Annotated[str, yamlfile.form("[a-z0-9][a-z0-9-]{0,39}", "lower-case letters, digits and hyphens")] = "digest"
    at: Annotated[Clocks, Field(min_length=1)]
    on: Annotated[Days, Field(min_length=1)] = DAYS
    of: Annotated[tuple[Priority, ...], BeforeValidator(_addresses)] = (Priority.LOW, Priority.NORMAL)

    __pydantic_config__ = _STRICT

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Each time of day at which it goes out."""
        return tuple(Slot(self.name, at, self.on) for at in self.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A person or a channel that alerts go to. Times are shown in `timezone`."""

    id: Slug
    slack: SlackTarget | None = None
    email: EmailTarget | None = None
    timezone: Annotated[str, AfterValidator(_zone)] = "Europe/Kyiv"
    quiet: Quiet | None = None
    quiet_except: Annotated[tuple[Priority, ...], BeforeValidator(_addresses)] = (Priority.CRITICAL,)
    digest: Annotated[tuple[Digest, ...], BeforeValidator(_listed)] = ()
    throttle: pacing.Limit = pacing.DEFAULT
    operator: bool = False  # what an operator must know goes here, too
    unknown: Literal["resend", "hold"] = "resend"  # when nobody can tell whether a message arrived

    __pydantic_config__ = _STRICT

    def __post_init__(self) -> None:
        if bool(self.slack) == bool(self.email):
            raise ValueError("a destination needs either `slack` or `email`")
        often = Counter(name for digest in self.digest for name in {slot.name for slot in digest.slots})
        if twice := [name.partition("@")[0] for name, times in often.items() if times > 1]:
            raise ValueError(f"two digests at one time are called `{twice[0]}`: give each a `name` of its own")

    @property
    def zone(self) -> ZoneInfo:
        """The reader's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def recipients(self) -> tuple[str, ...]:
        """One delivery each: the addresses, or one unnamed Slack channel."""
        return self.email.to if self.email else ("",)

    @property
    def limit(self) -> Throttle:
        """How many instant messages it takes."""
        return pacing.parse(self.throttle)

    def slots(self, priority: Priority) -> tuple[Slot, ...]:
        """When what waits with this priority is told: by the digests that are for it, else by any."""
        meant = [digest for digest in self.digest if priority in digest.of] or self.digest
        return tuple(slot for digest in meant for slot in digest.slots)


@dataclass(frozen=True, slots=True)
class Destinations:
    """All good destinations by id, and the problems of the others."""

    by_id: dict[str, Destination]
    problems: tuple[Problem, ...] = ()


def load(path: Path | None) -> Destinations:
    """Read destinations.yaml; without one there are no destinations.

    Raises ConfigError when the file is no YAML mapping; a bad entry becomes a problem instead.
    """
    document = yamlfile.read(path or SHIPPED)
    found = yamlfile.entries(document, "destinations", Destination)
    problems = [*document.problems, *yamlfile.unknown_keys(document, {"destinations"}), *found.problems]
    return Destinations({d.id: d for _, d in found.values}, tuple(problems))


def secret_name(reference: str) -> str:
    """NAME of env:NAME."""
    return reference.removeprefix("env:")


def to_json(destination: Destination) -> dict[str, Any]:
    """What `varta destinations list --json` shows: no secret, no full address book."""
    return {
        "id": destination.id,
        "kind": "slack" if destination.slack else "email",
        "to": list(destination.recipients) if destination.email else [],
        "timezone": destination.timezone,
        "quiet": destination.quiet,
        "digest": [{"name": one.name, "at": one.at, "on": one.on, "of": one.of} for one in destination.digest],
        "throttle": destination.throttle,
        "operator": destination.operator,
    }
