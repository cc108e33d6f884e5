"""Behind `varta up`: a Prefect server and a worker that are kept alive, and what it serves on which schedule."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deployments import server, watching
from deployments.server import OpenServerError, ServerError
from flows import house
from flows import settings as environment
from flows.settings import Settings
from flows.web import serving
from scrapers.errors import ConfigError
from storage import engine as database
from storage.engine import StorageError

ZONE = "Europe/Kyiv"


def main(port: int, host: str = server.HOST) -> int:
    """Serve until SIGTERM or Ctrl-C; the exit status of `varta up`."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        settings = environment.load()
        server.refuse_open(host)
        problems = house.configure(settings).problems
        if problems:
            _complain(*problems)
            return 2
        environment.set_for_this_process(server.environment(settings, port, host))
        _upgrade(settings)
        _say("Starting the Prefect server ...")
        with (
            server.alone(settings),
            server.running(settings, port, host) as served,
            watching.working() as worker,
            _links(settings),
        ):
            _say(f"Varta keeps watch. Prefect: {served.address}  Stop with Ctrl-C.")
            watching.keep(served, worker, _say)
    except (ConfigError, OpenServerError) as wrong:
        _complain(wrong)
        return 2
    except (ServerError, StorageError, OSError) as broken:
        _complain(broken)
        return 1
    except (KeyboardInterrupt, SystemExit):
        _say("Stopped.")
    return 0


@contextmanager
def _links(settings: Settings) -> Iterator[None]:
    """The page behind the links of messages, where one is configured."""
    if settings.links is None:
        yield
        return
    with serving.running(settings) as url:
        _say(f"Action pages listen on {url}")
        yield


def _upgrade(settings: Settings) -> None:
    engine = database.open_engine(settings.database)
    try:
        database.upgrade(engine)
    finally:
        engine.dispose()


def deployments() -> list[Any]:
    """Every deployment with its schedule. Overlapping runs are cancelled: the next one catches up."""
    # Prefect reads its settings at import, and the process that only watches does without it
    from prefect.client.schemas.objects import (  # noqa: PLC0415
        ConcurrencyLimitConfig,
        ConcurrencyLimitStrategy,
    )
    from prefect.schedules import Cron, Schedule  # noqa: PLC0415

    from flows.backfill import backfill  # noqa: PLC0415
    from flows.deliver import deliver  # noqa: PLC0415
    from flows.explain import explain  # noqa: PLC0415
    from flows.health import health  # noqa: PLC0415
    from flows.ingest import ingest  # noqa: PLC0415
    from flows.mute import mute  # noqa: PLC0415
    from flows.rematch import rematch  # noqa: PLC0415
    from flows.try_watch import try_watch  # noqa: PLC0415
    from flows.upkeep import upkeep  # noqa: PLC0415
    from flows.verify import verify  # noqa: PLC0415

    alone = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    in_turn = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)

    def every(cron: str, slug: str) -> Schedule:
        return Cron(cron, timezone=ZONE, slug=slug)

    plan: list[tuple[Any, Schedule | None, ConcurrencyLimitConfig]] = [
        (ingest, every("*/2 * * * *", "every-2-minutes"), alone),
        (deliver, every("* * * * *", "every-minute"), alone),
        (upkeep, every("30 4 * * *", "at-night"), alone),
        (verify, every("10 3 * * *", "at-night"), alone),
        (health, every("20 * * * *", "every-hour"), alone),
        (backfill, None, in_turn),
        (rematch, None, in_turn),
        (try_watch, None, in_turn),
        (explain, None, in_turn),
        (mute, None, in_turn),
    ]
    found = []
    for flow, when, limit in plan:
        deployment = flow.to_deployment(flow.name, schedule=when, concurrency_limit=limit)
        # as a module it loads from any folder; by path, flows/ itself would come onto the import path
        deployment.entrypoint = f"flows.{flow.name}.{flow.name}"
        found.append(deployment)
    return found


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _complain(*lines: object) -> None:
    sys.stderr.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    _asked = argparse.ArgumentParser(prog="python -m deployments.serve")
    _asked.add_argument("port", type=int)
    _asked.add_argument("host")
    _given = _asked.parse_args()
    sys.exit(main(_given.port, _given.host))
