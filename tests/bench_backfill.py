"""How fast past days come in through the Prefect page: 30 days of 3 sources with 40 articles a day, then again.

A real `varta up` on local sites, which are asked without pauses as everything in VARTA_ALLOW_HOSTS is; the time is
the one that Prefect tells of the run.
"""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.deployments.ups import free_port, runs, talk, up, wait_for
from tests.flows.past import Past
from tests.flows.rooms import source
from tests.servers import Web

FIRST, DAYS, PER_DAY, SOURCES = date(2025, 1, 2), 30, 40, ("one", "two", "three")


@contextmanager
def serving(folder: Path) -> Iterator[Any]:
    """What runs a backfill of these days and tells how it went, as Prefect has it."""
    port = free_port()
    with up(folder, port, VARTA_ALLOW_HOSTS="127.0.0.1") as process, talk(port) as api:
        wait_for(lambda: runs(port, flow="ingest", state="COMPLETED"))
        (deployment,) = (one["id"] for one in api("POST", "deployments/filter", {}) if one["name"] == "backfill")

        def backfill(since: date, until: date) -> tuple[float, str]:
            given = {"parameters": {"since": since.isoformat(), "until": until.isoformat()}}
            run = api("POST", f"deployments/{deployment}/create_flow_run", given)["id"]
            wait_for(lambda: api("GET", f"flow_runs/{run}")["state"]["type"] == "COMPLETED", 600, pause=2.0)
            ended = api("GET", f"flow_runs/{run}")
            return ended["total_run_time"], ended["state"]["message"]

        yield backfill
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def main() -> None:
    """Measure and print."""
    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    with tempfile.TemporaryDirectory() as name, Web() as one, Web() as two, Web() as three:
        folder, webs = Path(name), (one, two, three)
        pasts = [Past(web, days, PER_DAY, prefix=f"/{name}") for web, name in zip(webs, SOURCES, strict=True)]
        route = '    backfill: [{{type: sitemap, url: "{0}/sitemap-{{year}}-{{month:02}}.xml.gz"}}]\n'
        listed = "".join(
            source(name, web.url(f"/{name}"), extra=route.format(web.url(f"/{name}")))
            for web, name in zip(webs, SOURCES, strict=True)
        )
        config = folder / "config"
        config.mkdir()
        (config / "sources.yaml").write_text(f"sources:\n{listed}")
        (config / "destinations.yaml").write_text("destinations: []\n")
        with serving(folder) as backfill:
            took, told = backfill(FIRST, days[-1])
            fetched = sum(len(past.asked()) for past in pasts)
            again, told_again = backfill(FIRST, days[-1])
            fetched_again = sum(len(past.asked()) for past in pasts) - fetched
    sys.stdout.write(
        f"{DAYS} days x {len(SOURCES)} sources x {PER_DAY}: {fetched} pages in {took:.0f} s, "
        f"{fetched / took:.0f} a second (goal 25); {told}\n"
        f"again: {fetched_again} pages in {again:.0f} s; {told_again}\n"
    )


if __name__ == "__main__":
    main()
