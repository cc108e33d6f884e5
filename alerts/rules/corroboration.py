"""Whether enough others report a story for it to alert, and what is missing (pure)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator

from alerts.model import Coverage
from scrapers.yamlfile import nearest

Hold = Literal["only state media"]
STATE_MEDIA, OFFICIAL = "state-media", "official"
_KINDS = ("agency", "outlet", OFFICIAL, "think-tank", "trade", STATE_MEDIA, "aggregator")
_COUNTED = ("independent", "outlets", *_KINDS)
_EXAMPLE = '"at least 2 independent or 1 official"'
_TERM = re.compile(r"(?:at least )?(\d{1,3}) ([a-z-]+)")


@lru_cache(maxsize=256)
def parse(require: str) -> tuple[tuple[tuple[int, str], ...], ...]:
    """Alternatives, of which one must hold; each is counts that must be reached together.

    Raises ValueError with what was expected.
    """
    alternatives = []
    for alternative in re.split(r" or ", " ".join(require.lower().split())):
        wanted = []
        for part in alternative.split(" and "):
            found = _TERM.fullmatch(part.strip())
            if not found or not int(found[1]):
                raise ValueError(f"expected a condition such as {_EXAMPLE}, not `{part.strip()}`")
            if found[2] not in _COUNTED:
                words = ", ".join(_COUNTED)
                raise ValueError(f"expected one of {words}, not `{found[2]}`{nearest(found[2], _COUNTED)}")
            wanted.append((int(found[1]), found[2]))
        alternatives.append(tuple(wanted))
    return tuple(alternatives)


def _checked(require: str) -> str:
    parse(require)
    return require


Require = Annotated[str, AfterValidator(_checked)]


def independent(coverage: Sequence[Coverage]) -> int:
    """How many report on their own: no copy, no second outlet of a family, none that names another as its origin.

    State media speak with one voice, however many they are.
    """
    own = [one for one in coverage if one.independent and not one.after]
    state = sum(one.kind == STATE_MEDIA for one in own)
    return len(own) - max(0, state - 1)


def outlets(coverage: Sequence[Coverage]) -> int:
    """How many outlets carry the story, copies included."""
    return len({one.source for one in coverage})


def missing(require: str, hold: Hold | None, coverage: Sequence[Coverage]) -> str:
    """What keeps a story with this coverage from alerting, as a sentence; "" when nothing does."""
    if hold and coverage and all(one.kind == STATE_MEDIA for one in coverage):
        return "waits: only state media report it"
    if not require:
        return ""
    held = _counts(coverage)
    alternatives = parse(require)
    if any(all(held[name] >= least for least, name in one) for one in alternatives):
        return ""
    said = " or ".join(" and ".join(f"{least} {name}" for least, name in one) for one in alternatives)
    names = dict.fromkeys(name for one in alternatives for _, name in one)
    have = ", ".join(f"{held[name]} {name}" for name in names)
    return f"waits for corroboration: {have}; wanted {said}"


def _counts(coverage: Sequence[Coverage]) -> Counter[str]:
    held = Counter(dict.fromkeys(_COUNTED, 0))
    by_kind = {(one.source, one.kind) for one in coverage}
    held.update(kind for _, kind in by_kind)
    held["independent"], held["outlets"] = independent(coverage), outlets(coverage)
    return held
