"""Prefect automations that heal what a killed process leaves behind.

Ingest runs again within 120 seconds of a kill. Where nobody sees a process end, the worst case of a pool is, in
seconds: 70 of silence after the last heartbeat, killed right after it; 15 until the server looks
(PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY, 5 where nobody set it); the new run is scheduled 15 later and a worker
takes it up to 10 early, so 5 plus a poll of 15: 105, and 15 remain for the start.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification

SILENT = 70  # seconds: heartbeats come every 30, Prefect's least, so a run that is alive would miss two
PENDING = 70  # seconds: a process begins in a few
PENDING_CONTAINER = 120  # seconds: an image may have to be pulled; a container that was started outlives its worker
_ENDS = {f"prefect.flow-run.{state}" for state in ("Completed", "Failed", "Cancelled", "Crashed", "Cancelling")}
_WAITS = ("prefect.flow-run.Scheduled", "prefect.flow-run.AwaitingConcurrencySlot")
# the place of the dead run must be free first, and a run that always crashes must not fill the machine
_AGAIN_AFTER = timedelta(seconds=15)
_RUNS = ResourceSpecification.model_validate({"prefect.resource.id": "prefect.flow-run.*"})


def _watch(name: str, description: str, events: tuple[set[str], set[str]], seconds: int) -> AutomationCore:
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
        actions=[ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message=description)],
    )


def _again(ingest: UUID) -> AutomationCore:
    """What starts the deployment `ingest` when a run of it crashed, whoever said so: a runner or a watch."""
    of = ResourceSpecification.model_validate({"prefect.resource.id": f"prefect.deployment.{ingest}"})
    return AutomationCore(
        name="varta: ingest again after a crash",
        description="The next scheduled ingest may be two minutes away.",
        trigger=EventTrigger(
            match=_RUNS,
            match_related=of,
            expect={"prefect.flow-run.Crashed"},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
            within=timedelta(),
        ),
        actions=[RunDeployment(source="selected", deployment_id=ingest, schedule_after=_AGAIN_AFTER)],
    )


def ours(ingest: UUID, pending: int = PENDING) -> list[AutomationCore]:
    """The automations that Varta keeps, by name; `ingest` is a deployment, `pending` seconds are too many to begin."""
    beat = {"prefect.flow-run.heartbeat"}
    return [
        _watch(
            "varta: runs that died",
            f"The process of this run vanished: no heartbeat for {SILENT} seconds.",
            (beat, beat | _ENDS),
            SILENT,
        ),
        _watch(
            "varta: runs that never began",
            f"This run was pending for {pending} seconds: the process that took it vanished.",
            ({"prefect.flow-run.Pending"}, {"prefect.flow-run.Running", *_WAITS} | _ENDS),
            pending,
        ),
        _again(ingest),
    ]


async def ensure(client: PrefectClient, ingest: UUID, pending: int = PENDING) -> None:
    """Create the automations, or bring those of the same name up to date, as `ours` tells them."""
    for wanted in ours(ingest, pending):
        for found in await client.read_automations_by_name(wanted.name):
            await client.delete_automation(found.id)
        await client.create_automation(wanted)
