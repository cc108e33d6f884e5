"""The process of `varta up` that takes runs: it registers every flow and starts a process for each run."""

from __future__ import annotations

import asyncio
import shlex
import signal
import subprocess
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import PrefectClient, get_client
from prefect.runner import Runner
from prefect.settings import PREFECT_HOME

from deployments import automations, dying, healing, server
from deployments.serve import deployments

MOST_RUNS = 10  # one for each deployment: none waits for another
_EVERY = 60.0  # seconds between two looks for missed runs


def main() -> int:
    """Work until SIGTERM; the exit status."""
    nursery = _with_nursery()
    try:
        asyncio.run(_work(deployments()))
    except asyncio.CancelledError:
        return 0
    finally:
        server.end(nursery, 5)
    return 1  # the runner gives up when the server is away: whoever started us starts us again


def _with_nursery() -> subprocess.Popen[bytes]:
    """Have every run forked instead of started; Prefect starts runs with what `sys.executable` names."""
    folder = PREFECT_HOME.value()
    place, launch = folder / "nursery", folder / "launch"
    place.unlink(missing_ok=True)
    nursery = subprocess.Popen(dying.command("-m", "deployments.nursery", str(place)), start_new_session=True)  # noqa: S603 - ours
    real, launcher = shlex.quote(sys.executable), shlex.quote(str(Path(__file__).with_name("launcher.py")))
    launch.write_text(
        f'#!/bin/sh\nexec {real} -I -S {launcher} {shlex.quote(str(place))} {real} "$@"\n', encoding="utf-8"
    )
    launch.chmod(0o700)
    sys.executable = str(launch)
    return nursery


async def _work(served: list[Any]) -> None:
    runner = Runner(name="varta", limit=MOST_RUNS, pause_on_shutdown=False)
    loop, whole = asyncio.get_running_loop(), asyncio.current_task()
    assert whole is not None

    def stop(*_: object) -> None:
        loop.call_soon_threadsafe(whole.cancel)

    signal.signal(signal.SIGTERM, stop)  # the runner sets its own when it starts
    # the runner's own handler calls a coroutine without awaiting it; cancelled, it ends its runs and itself
    vars(runner)["handle_sigterm"] = stop
    async with get_client() as client:
        ids = {one.name: await runner.aadd_deployment(one) for one in served}
        await automations.ensure(client, ids["ingest"])
        # there is one worker for each server of `varta up`, and this is it: what is in progress has lost its process
        await healing.end_abandoned(client, ids.values())
        scheduled = [ids[one.name] for one in served if one.schedules]
        await healing.cancel_missed(client, scheduled, late=healing.NOT_AT_ALL)
        await client.create_flow_run_from_deployment(ids["ingest"], name="first-ingest")
        tidying = asyncio.create_task(_tidy(client, scheduled))
        try:
            await runner.start()
        finally:
            tidying.cancel()


async def _tidy(client: PrefectClient, scheduled: Collection[UUID]) -> None:
    """Cancel missed runs from time to time: a laptop that slept for an hour has ninety of them."""
    while True:
        await asyncio.sleep(_EVERY)
        with suppress(httpx.HTTPError):  # the server is away; it has nothing to be tidied then
            await healing.cancel_missed(client, scheduled)


if __name__ == "__main__":
    sys.exit(main())
