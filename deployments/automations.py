"""Prefect automations that heal what a killed process leaves behind."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

_ENDS = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed", "Cancelling")}
_WAITS = ("prefect.flow-run.Scheduled", "prefect.flow-run.AwaitingConcurrencySlot")
_FREED_WITHIN = timedelta(seconds=10)
_RUNS = ResourceSpecification.model_validate({"prefect.resource.id": "prefect.flow-run.*"})


def _watch(
    name: str, description: str, events: tuple[set[str], set[str]], seconds: int, ingest: UUID
) -> AutomationCore:
    """What ends a run when none of the second `events` follows one of the first within so many seconds."""
    after, expect = events
    return AutomationCore(
        name=name,
        description=description,
        trigger=EventTrigger(
            match=_RUNS,
            after=after,
            expect=expect,
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=seconds),
        ),
        actions=[
            ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message=description),
            # the next scheduled one may be two minutes away; the place of the dead run must be free first
            RunDeployment(source="selected", deployment_id=ingest, schedule_after=_FREED_WITHIN),
        ],
    )


def ours(ingest: UUID) -> list[AutomationCore]:
    """The automations that Varta keeps, by name; `ingest` is a deployment. Heartbeats come every 30 seconds."""
    beat = {"prefect.flow-run.heartbeat"}
    return [
        _watch(
            "varta: runs that died",
            "The process of this run vanished: no heartbeat for 90 seconds.",
            (beat, beat | _ENDS),
            90,
            ingest,
        ),
        _watch(
            "varta: runs that never began",
            "This run was pending for 2 minutes: the process that took it vanished.",
            ({"prefect.flow-run.Pending"}, {"prefect.flow-run.Running", *_WAITS} | _ENDS),
            120,
            ingest,
        ),
    ]


async def ensure(client: PrefectClient, ingest: UUID) -> None:
    """Create the automations, or bring those of the same name up to date; they start the deployment `ingest`."""
    for wanted in ours(ingest):
        for found in await client.read_automations_by_name(wanted.name):
            await client.delete_automation(found.id)
        await client.create_automation(wanted)
