"""The upkeep flow: free what hangs, let go what is old, list broken sources."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time

from prefect import flow
from prefect.artifacts import create_table_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import happening, house, keeping, rereading, settings
from flows.house import House
from storage import sources
from storage.engine import reading


@flow(name="upkeep", timeout_seconds=3600)
def upkeep(
    minutes: int = 40,
    extract_again: bool = False,  # noqa: FBT001, FBT002 - a tick box of the form
    sources_again: list[str] | None = None,
    since: date | None = None,
) -> State[None]:
    """Release stuck deliveries, index what an update left, let go what is old, and show what does not answer.

    How long pages, texts and the ledger are kept is set by VARTA_KEEP_PAGES_DAYS, VARTA_KEEP_PAGES_GB,
    VARTA_KEEP_TEXTS_DAYS and VARTA_KEEP_LEDGER_DAYS. A part that breaks stops no other; it is listed.

    Args:
        minutes: After so long nothing more is begun; the next run goes on where this one ended.
        extract_again: Read the kept pages again without fetching them, after the reader or a rule became better.
        sources_again: Ids of the sources whose pages are read again; empty: all.
        since: Only pages fetched on this day or later (UTC) are read again.
    """
    with house.opened(settings.load()) as rooms:
        again = [one.id for one in house.chosen(rooms.configuration, tuple(sources_again or ()))]
        kept = keeping.keep(rooms, seconds=60.0 * minutes)
        broken = _list_broken(rooms)
        if extract_again:
            _extract_again(rooms, again if sources_again else [], since)
        create_table_artifact(
            [{"what": name.replace("_", " "), "did": _shown(value)} for name, value in asdict(kept).items()],
            key="upkeep",
            description=f"{len(kept.errors)} parts of upkeep failed",
        )
        happening.completed("upkeep", {"released": kept.released, "broken": broken, "failed": len(kept.errors)})
    told = f"{kept.released} deliveries released, {kept.reread} articles read again, {broken} sources broken"
    return Completed(message=f"{told}; failed: {'; '.join(kept.errors)}" if kept.errors else told)


def _extract_again(rooms: House, ids: list[str], since: date | None) -> None:
    begin = datetime.combine(since, time(), UTC) if since else None
    tally = asdict(rereading.reread(rooms, ids, begin))
    told = tally.pop("told")
    create_table_artifact(
        [{"what": name.replace("_", " "), "pages": value} for name, value in tally.items()],
        key="extracted-again",
        description="; ".join(told) or "kept pages read again",
    )


def _list_broken(rooms: House) -> int:
    with reading(rooms.engine) as session:
        broken = [state for state in sources.states(session).values() if state.failures or state.rule_error]
    create_table_artifact(
        [
            {
                "source": s.source,
                "failures": s.failures,
                "outcome": s.outcome,
                "last ok": str(s.last_ok_at),
                "error": s.error,
                "rule": s.rule_error,
            }
            for s in broken
        ],
        key="broken-sources",
        description=f"{len(broken)} sources do not answer, or their rule is broken",
    )
    return len(broken)


def _shown(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, tuple) else f"{value:,}"
