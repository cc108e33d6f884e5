"""What a run did, as one line and as tables for the Prefect page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from statistics import median
from typing import Any

from flows.backfilling import BackfillTally
from flows.inert import inert
from flows.pipeline import Tally
from flows.tally import DeliveryTally
from storage.backfills import Found
from storage.channels import Circuit
from storage.decisions import Counted

_MANY = 3  # articles a day from which a day without any is a gap
_MOST_GAPS = 50  # that are named in the summary

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


def totals(tallies: Sequence[Tally]) -> dict[str, int]:
    """A pass over the sources in numbers."""
    names = ("entries", "fetched", "new", "revised", "duplicates", "matched")
    failed = sum(1 for tally in tallies if tally.errors)
    return {"sources": len(tallies), "failed": failed} | {n: sum(getattr(t, n) for t in tallies) for n in names}


def table(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """One row per source for a table artifact: counts, route, and the first error."""
    return [
        row | {"route": tally.route, "error": next(iter(tally.errors), "")}
        for tally, row in zip(tallies, counts(tallies), strict=True)
    ]


def counts(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """One narrow row per source for the terminal; what went wrong is told line by line below it."""
    return [{title: getattr(tally, name) for name, title in _SHOWN.items()} for tally in tallies]


def backfill_table(tallies: Sequence[BackfillTally]) -> list[dict[str, Any]]:
    """One row per source and day: expected, found, new, copies, undated, failed; what is missing is marked as a gap."""
    usual = _usual(tallies)
    return [
        {
            "source": one.source,
            "day": one.day,
            "state": one.state,
            "expected": one.expected,
            "found": one.known + one.new,
            "new": one.new,
            "copies": one.duplicates,
            "undated": one.undated,
            "failed": one.failed,
            "matches": one.matched,
            "gap": _gap(one, usual[one.source]),
            "error": next(iter(one.errors), ""),
        }
        for one in tallies
    ]


def backfill_sources(tallies: Sequence[BackfillTally]) -> list[dict[str, Any]]:
    """One narrow row per source for the terminal, with the days that have gaps."""
    usual = _usual(tallies)
    rows: dict[str, dict[str, Any]] = {}
    for one in tallies:
        empty = {"source": one.source, "days": 0} | dict.fromkeys(("expected", "found", "new", "copies", "undated"), 0)
        row = rows.setdefault(one.source, empty | {"failed": 0, "matches": 0, "gaps": 0})
        row["days"] += bool(one.day)
        row["gaps"] += bool(_gap(one, usual[one.source]))
        counted = {"found": one.known + one.new, "copies": one.duplicates, "matches": one.matched}
        for name in ("expected", "new", "undated", "failed"):
            counted[name] = getattr(one, name)
        for name, count in counted.items():
            row[name] += count
    return list(rows.values())


def _usual(tallies: Sequence[BackfillTally]) -> dict[str, float]:
    """How many articles a source lists on a day in the middle."""
    listed: dict[str, list[int]] = {}
    for one in tallies:
        listed.setdefault(one.source, []).extend([one.expected] if one.day else [])
    return {source: median(counts) if counts else 0.0 for source, counts in listed.items()}


def _gap(one: BackfillTally, usual: float) -> str:
    """Why a reader should not take a day for whole."""
    if one.state == "failed" and not one.expected:
        return "list not had"
    if one.failed or one.state == "failed":
        return "pages missing"
    if one.state == "stopped":
        return "stopped"
    return "nothing listed" if one.day and not one.expected and usual >= _MANY else ""


def backfill_summary(tallies: Sequence[BackfillTally]) -> str:
    """One sentence on a backfill."""
    new, known, copies = (sum(getattr(one, name) for one in tallies) for name in ("new", "known", "duplicates"))
    gaps = sum(row["gaps"] for row in backfill_sources(tallies))
    text = f"new articles: {new:,}, known before: {known:,}, copies: {copies:,}"
    failed = sum(one.failed for one in tallies)
    return f"{text}{f', pages that failed: {failed:,}' if failed else ''}{f', days with gaps: {gaps}' if gaps else ''}"


def backfill_markdown(span: str, tallies: Sequence[BackfillTally], found: Sequence[Found], *, is_dry: bool) -> str:
    """A backfill in words for the Prefect page; what outlets wrote is inert in it."""
    listed = sum(one.expected for one in tallies)
    lines = [f"# Backfill of {span}", ""]
    if is_dry:
        known = sum(one.known for one in tallies)
        lines.append(f"Dry run: the archives list {listed:,} articles, {known:,} of them are stored. Nothing was read.")
    else:
        lines.append(f"Of {listed:,} listed articles: {backfill_summary(tallies)}.")
    gaps = [row for row in backfill_table(tallies) if row["gap"]]
    if gaps:
        lines += ["", "## Gaps", "", "Start the same backfill again to try these once more."]
        lines += [f"- {row['source']}, {row['day']}: {row['gap']}. {inert(row['error'])}" for row in gaps[:_MOST_GAPS]]
        if len(gaps) > _MOST_GAPS:
            lines.append(f"- and {len(gaps) - _MOST_GAPS} more, see the table")
    lines += ["", "## What the watches found in these days", ""]
    lines += [
        f"- **{inert(one.watch)}**: {one.stories} stories in {one.matches} articles, such as {inert(one.headline)}"
        for one in found
    ] or ["Nothing."]
    return "\n".join(lines)


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
