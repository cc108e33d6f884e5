"""What a run did, as one line and as tables for the Prefect page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from flows.backfilling import BackfillTally
from flows.pipeline import Tally
from flows.tally import DeliveryTally
from storage.channels import Circuit
from storage.decisions import Counted

_SHOWN = {
    "source": "source",
    "outcome": "outcome",
    "entries": "entries",
    "fetched": "pages",
    "new": "new",
    "revised": "revised",
    "duplicates": "copies",
    "matched": "matches",
}


def rows(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """One JSON object per source, as `varta ingest --json` prints them."""
    return [asdict(tally) | {"reasons": dict(tally.reasons)} for tally in tallies]


def table(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """One row per source for a table artifact: counts, route, and the first error."""
    return [
        row | {"route": tally.route, "error": next(iter(tally.errors), "")}
        for tally, row in zip(tallies, counts(tallies), strict=True)
    ]


def counts(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """One narrow row per source for the terminal; what went wrong is told line by line below it."""
    return [{title: getattr(tally, name) for name, title in _SHOWN.items()} for tally in tallies]


def backfilled(tallies: Sequence[BackfillTally]) -> list[dict[str, Any]]:
    """One narrow row per source of a backfill: what is listed, and how much of it may be of the days asked for."""
    return [
        {
            "source": t.source,
            "listed": t.entries,
            "candidates": t.expected,
            "undated": t.undated,
            "pages": t.fetched,
            "new": t.new,
            "copies": t.duplicates,
            "matches": t.matched,
        }
        for t in tallies
    ]


def summary(tallies: Sequence[Tally]) -> str:
    """One sentence on a pass over the sources."""
    failed = sum(1 for tally in tallies if tally.errors)
    new, matched = sum(t.new for t in tallies), sum(t.matched for t in tallies)
    text = f"sources polled: {len(tallies)}, new articles: {new}, matches: {matched}"
    return f"{text}, sources with errors: {failed}" if failed else text


def delivered(tally: DeliveryTally) -> str:
    """One sentence on a pass over the outbox."""
    text = f"deliveries sent: {tally.sent}, to be tried again: {tally.waiting}"
    return f"{text}, held: {tally.held}, dead: {tally.dead}" if tally.held or tally.dead else text


def circuit(found: Circuit) -> str:
    """One sentence on a way that is broken, or failed lately."""
    if found.opened is None:
        return f"{found.way}: {found.failures} failures in a row: {found.reason}"
    tried = f", tried again at {found.next_try:%H:%M} UTC" if found.next_try else ""
    return f"{found.way} is broken since {found.opened:%Y-%m-%d %H:%M} UTC{tried}: {found.reason}"


def decided(counted: Sequence[Counted]) -> list[dict[str, Any]]:
    """One row per destination and outcome for a table artifact."""
    return [
        {"destination": one.destination or "nobody", "outcome": one.outcome, "matches": one.matches} for one in counted
    ]


def sent(tally: DeliveryTally) -> dict[str, Any]:
    """What `varta deliver --json` prints."""
    return {field.name: getattr(tally, field.name) for field in fields(tally)} | {"decided": dict(tally.decided)}


def is_eventful(tallies: Sequence[Tally]) -> bool:
    """Whether anything happened that is worth a table."""
    return any(tally.new or tally.revised or tally.errors for tally in tallies)
