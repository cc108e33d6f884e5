"""Runs that nobody works on any more: end them, so that their places are free and the next one catches up."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelled, Crashed

MISSED_AFTER = timedelta(seconds=90)  # a run that is so late found no free place, or nobody to take it
NOT_AT_ALL = timedelta()
_TAKEN = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
_MOST = 200  # of one answer of the server


async def end_abandoned(client: PrefectClient, deployments: Collection[UUID]) -> int:
    """Mark every run in progress as crashed. Only for who knows that no process works on any of them."""
    found = await _runs(client, FlowRunFilter(deployment_id=_of(deployments), state=_state(_TAKEN)))
    why = "The process of this run vanished; whoever works for its deployment was started anew."
    for run in found:
        # by force: the orchestration of a run that was retrying, or was asked to cancel, would refuse
        await client.set_flow_run_state(run.id, Crashed(message=why), force=True)
    return len(found)


async def cancel_missed(client: PrefectClient, deployments: Collection[UUID], late: timedelta = MISSED_AFTER) -> int:
    """Cancel the scheduled runs of these deployments that are `late`, so that one run catches up, not sixty."""
    before = FlowRunFilterExpectedStartTime(before_=datetime.now(UTC) - late)
    waiting = FlowRunFilter(
        deployment_id=_of(deployments), state=_state([StateType.SCHEDULED]), expected_start_time=before
    )
    missed = [run for run in await _runs(client, waiting) if run.auto_scheduled]
    for run in missed:
        message = "Missed while nobody could take it; the next run catches up."
        await client.set_flow_run_state(run.id, Cancelled(message=message))
    return len(missed)


async def _runs(client: PrefectClient, wanted: FlowRunFilter) -> list[FlowRun]:
    """All of them: what one answer does not hold comes with the next."""
    found: list[FlowRun] = []
    while len(some := await client.read_flow_runs(flow_run_filter=wanted, limit=_MOST, offset=len(found))) == _MOST:
        found += some
    return found + some


def _of(deployments: Collection[UUID]) -> FlowRunFilterDeploymentId:
    return FlowRunFilterDeploymentId(any_=list(deployments))


def _state(types: list[StateType]) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=types))
