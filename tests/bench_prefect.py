"""What Prefect costs with 100 sources that are polled every two minutes: CPU time and growth of its database.

A real `varta up` is asked for a cycle of two minutes (one ingest, two passes over the outbox) again and again, without
the pauses between. The same work without Prefect is taken off; what the server and the worker do while nothing
happens is measured apart and added for the rest of the two minutes.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from flows import delivery, house, pipeline
from flows.settings import Settings
from tests.deployments.ups import children, free_port, runs, talk, up, wait_for
from tests.flows.rooms import feed, page, source
from tests.servers import Web

SOURCES, CYCLE, IDLE = 100, 120.0, 60.0  # seconds
_TICKS = os.sysconf("SC_CLK_TCK")


def spent(pids: list[int]) -> float:
    """Seconds of CPU that processes and their ended children took."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / _TICKS


def lasting(up: int) -> list[int]:
    """The processes of `varta up` that stay, not those of a run."""
    names = ("prefect server", "-m deployments.worker", "-m deployments.nursery")
    below = sorted(children(up).items())  # a run that is forked from the nursery is called like it, and comes later
    return [up, *(next(pid for pid, line in below if name in line) for name in names)]


def size(home: Path) -> int:
    """Bytes that Prefect's database holds, those included that are written ahead."""
    with closing(sqlite3.connect(home / "prefect" / "prefect.db")) as held:
        pages, free, each = (
            held.execute(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * each)


def site(folder: Path, web: Web) -> None:
    """A hundred sources that never have news after the first poll."""
    config = folder / "config"
    config.mkdir()
    listed = "".join(source(f"s{number}", web.url(""), path=f"/{number}/feed") for number in range(SOURCES))
    for number in range(SOURCES):
        web.routes[f"/{number}/feed"] = feed(web.url(""), f"/{number}/a")
        web.routes[f"/{number}/a"] = page(title=f"Bridge {number} opened")
    (config / "sources.yaml").write_text(f"sources:\n{listed}")
    (config / "watchlist.yaml").write_text("watches: []\n")
    (config / "destinations.yaml").write_text("destinations: []\n")


def bare(folder: Path) -> float:
    """CPU of one cycle without Prefect, in this process; the configuration is read before, as the nursery does."""
    settings = Settings.model_validate(
        {"home": folder / "var", "config_dir": folder / "config", "allow_hosts": "127.0.0.1"}
    )
    house.warm(settings)
    begun = time.process_time()
    with house.opened(settings) as rooms:
        pipeline.pass_over(pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True), rooms)
        for _ in range(3):
            delivery.deliver(rooms)
    return time.process_time() - begun


def cycle(ids: dict[str, str], api: Any) -> None:
    """One ingest and two passes over the outbox, each until it is done."""
    for name in ("ingest", "deliver", "deliver"):
        given = {"parameters": {"force": True} if name == "ingest" else {}}
        run = api("POST", f"deployments/{ids[name]}/create_flow_run", given)["id"]

        def is_done(run: str = run) -> bool:
            return bool(api("GET", f"flow_runs/{run}")["state"]["type"] == "COMPLETED")

        wait_for(is_done, pause=3.0)  # each look is work for the server, which no cycle has to bear


def main(cycles: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name, Web() as web:
        folder, port = Path(name), free_port()
        site(folder, web)
        with (
            up(folder, port, VARTA_ALLOW_HOSTS="127.0.0.1") as process,
            talk(port) as api,
        ):
            wait_for(lambda: runs(port, flow="ingest", state="COMPLETED"))
            ids = {one["name"]: one["id"] for one in api("POST", "deployments/filter", {})}
            for one in ids.values():
                api("PATCH", f"deployments/{one}", {"paused": True})
            cycle(ids, api)
            pids = lasting(process.pid)
            time.sleep(10)  # the server writes events after a few seconds
            at_rest = spent(pids)
            time.sleep(IDLE)
            idle = (spent(pids) - at_rest) / IDLE
            begun, grown, wall = spent(pids), size(folder / "var"), time.monotonic()
            for number in range(cycles):
                cycle(ids, api)
                sys.stderr.write(f"{number + 1}: {(spent(pids) - begun) / (number + 1):.2f} s a cycle\n")
            took, bytes_, wall = (
                (spent(pids) - begun) / cycles,
                (size(folder / "var") - grown) / cycles,
                (time.monotonic() - wall) / cycles,
            )
            work = bare(folder)
            process.send_signal(signal.SIGTERM)
            process.wait(60)
    active = took - work
    share = (active + idle * max(0.0, CYCLE - wall)) / CYCLE
    sys.stdout.write(
        f"cycles {cycles}, sources {SOURCES}\n"
        f"CPU of a cycle: {took:.2f} s with Prefect, {work:.2f} s without\n"
        f"at rest: {idle:.2%} of a core; cycle took {wall:.1f} s\n"
        f"orchestration: {share:.2%} of a core (goal 3 %)\n"
        f"prefect.db: {bytes_ * 86400 / CYCLE / 1e9:.3f} GB a day (goal 0.1)\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 30)
