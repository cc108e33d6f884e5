"""What a reader can do with a message: signed links, or commands that do the same where no endpoint is configured."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.cards import phrases
from alerts.cleaning import clean_text
from alerts.links import Action, Claim, Links
from alerts.model import Alert

SHORT = 12  # digits of a delivery key that name it in a command
_KEY = re.compile(r"[0-9a-f]{8,64}")
_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LABELS: dict[Action, str] = {
    Action.ACKNOWLEDGE: "Acknowledge",
    Action.MUTE: "Mute this story for 24 h",
    Action.IRRELEVANT: "Not relevant",
    Action.TO_DIGEST: "Move watch to digest",
    Action.UNSUBSCRIBE: "Unsubscribe",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing to do: by its `link`, or where there is none by `command`."""

    label: str
    link: str | None
    command: str


def for_alert(key: str, now: datetime, links: Links | None, *, has_digest: bool) -> tuple[Deed, ...]:
    """What can be done with the alert that the delivery `key` tells; nothing for a delivery without a proper key."""
    to_digest = (Action.TO_DIGEST,) if has_digest else ()
    wanted = (Action.ACKNOWLEDGE, Action.MUTE, Action.IRRELEVANT, *to_digest)
    return tuple(_deed(Claim(action, key), now, links) for action in wanted) if _KEY.fullmatch(key) else ()


def mute_story(story: int, key: str, now: datetime, links: Links | None) -> Deed | None:
    """Mute one of the stories of a digest, by its number."""
    if not _KEY.fullmatch(key) or not story:
        return None
    deed = _deed(Claim(Action.MUTE, key, str(story)), now, links)
    return Deed("Mute", deed.link, deed.command)


def unsubscribe(key: str, now: datetime, links: Links | None) -> Deed | None:
    """End all mail of this destination to this reader."""
    return _deed(Claim(Action.UNSUBSCRIBE, key), now, links) if _KEY.fullmatch(key) else None


def kept_copy(alert: Alert, key: str, zone: ZoneInfo, now: datetime, links: Links | None) -> Deed | None:
    """Read the page as it was when it was kept; None when none is."""
    if alert.archived is None or not _KEY.fullmatch(key):
        return None
    label = f"Copy kept {phrases.moment(alert.archived, zone)}"
    link = links.address(Claim(Action.COPY, key), now) if links else None
    return Deed(label, link, f"varta copy {_quoted(alert.article.url)}")


def _deed(claim: Claim, now: datetime, links: Links | None) -> Deed:
    ref = f" {claim.ref}" if _REF.fullmatch(claim.ref) else ""
    link = links.address(claim, now) if links else None
    return Deed(_LABELS[claim.action], link, f"varta answer {claim.action} {claim.key[:SHORT]}{ref}")


def _quoted(address: str) -> str:
    """An address that a shell takes as one word, whatever it holds."""
    return "'" + clean_text(address, 2000).replace("'", "%27") + "'"
