"""Signed addresses: who holds one may do that one thing with one delivery, until it ends (pure)."""

from __future__ import annotations

import base64
import enum
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

LEAST_SECRET = 32  # characters: what can be guessed signs nothing
_SIGNED = 16  # bytes of the signature: 128 bits cannot be guessed either, and keep an address short
_TOKEN = re.compile(r"([0-9a-f]{8,64})\.([A-Za-z0-9_-]{0,64})\.([0-9a-f]{8,9})\.([A-Za-z0-9_-]{22})")


class Action(enum.StrEnum):
    """What a signed address lets its holder do; the value stands in the address."""

    ACKNOWLEDGE = "ack"
    MUTE = "mute"
    IRRELEVANT = "irrelevant"
    TO_DIGEST = "digest"
    UNSUBSCRIBE = "unsubscribe"
    COPY = "copy"  # read the kept copy of the page


# An address in a mail lives as long as its mail may be read; what it does cannot harm much by then.
LASTING: dict[Action, timedelta] = {
    Action.ACKNOWLEDGE: timedelta(days=30),
    Action.MUTE: timedelta(days=30),
    Action.IRRELEVANT: timedelta(days=90),
    Action.TO_DIGEST: timedelta(days=30),
    Action.UNSUBSCRIBE: timedelta(days=400),
    Action.COPY: timedelta(days=90),
}


class LinkFault(enum.StrEnum):
    """Why an address is worth nothing."""

    FORGED = "forged"  # not signed by us, or for something else
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Claim:
    """What an address stands for: `action` on the delivery with this key, on the part of it that `ref` names."""

    action: Action
    key: str
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Signs addresses below `base`, an http or https address; `secret` has at least `LEAST_SECRET` characters."""

    base: str
    secret: str = field(repr=False)

    def address(self, claim: Claim, now: datetime) -> str:
        """The signed address of `claim`; it works from `now` (aware) for as long as `LASTING` says.

        Raises ValueError for a key or ref that an address cannot carry.
        """
        ends = f"{int((now + LASTING[claim.action]).timestamp()):08x}"
        token = f"{claim.key}.{claim.ref}.{ends}.{self._signature(claim, ends)}"
        if not _TOKEN.fullmatch(token):
            raise ValueError("a signed address carries a key in hexadecimal digits and a plain ref only")
        return f"{self.base.rstrip('/')}/{claim.action}/{token}"

    def read(self, action: str, token: str, now: datetime) -> Claim | LinkFault:
        """The claim that an address carries, or why it is worth nothing. Takes equally long for every forgery."""
        found = _TOKEN.fullmatch(token) if token.isascii() else None
        if found is None or action not in list(Action):
            return LinkFault.FORGED
        key, ref, ends, signature = found.groups()
        claim = Claim(Action(action), key, ref)
        if not hmac.compare_digest(signature, self._signature(claim, ends)):
            return LinkFault.FORGED
        return LinkFault.EXPIRED if now.timestamp() > int(ends, 16) else claim

    def _signature(self, claim: Claim, ends: str) -> str:
        signed = f"varta-link-1\x1f{claim.action}\x1f{claim.key}\x1f{claim.ref}\x1f{ends}"
        digest = hmac.digest(self.secret.encode(), signed.encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:_SIGNED]).decode().rstrip("=")
