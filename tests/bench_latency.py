"""How long an alert takes from the stored match to the channel that accepts it: python -m tests.bench_latency."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from sqlalchemy import select

from flows import pipeline, postman, settings
from flows.demo.mail_server import MailStandIn
from flows.demo.slack_server import SlackStandIn
from flows.house import House
from storage.alert_tables import DecisionRow, DeliveryRow, MatchRow
from storage.engine import reading
from tests.flows.deliverers import SharedClock
from tests.flows.rooms import BEGIN, feed, opened, page, source
from tests.servers import Call, Reply, Web

SOURCES = 12
_APART = 1.5  # seconds between the pages of two sources: Slack takes one message a second


def main() -> None:
    """One pass over sources that each bring a story of their own, one after the other; real clock, real pace."""
    with tempfile.TemporaryDirectory() as folder, MailStandIn() as mail, SlackStandIn(per_second=1) as slack:
        settings.set_for_this_process({"TEST_WEBHOOK": slack.webhook_url})
        webs = [Web().__enter__() for _ in range(SOURCES)]
        for number, web in enumerate(webs):
            web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": _Late(number)}
        listed = "".join(source(f"wire{number}", web.url("")) for number, web in enumerate(webs))
        clock, smtp_url = SharedClock(BEGIN, time.monotonic(), 1.0), f"smtp://127.0.0.1:{mail.port}?tls=none"
        with opened(Path(folder), listed, clock=clock, smtp_url=smtp_url) as rooms:
            with postman.at_work(rooms) as (rung, sent):
                due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
                pipeline.pass_over(due, rung)
            for destination, seconds in sorted(_latencies(rooms).items()):
                told = f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"
                sys.stdout.write(f"{destination}: {len(seconds)} alerts, {told}\n")
            sys.stdout.write(f"early posts: {slack.early.total()}, errors: {sent.errors}\n")
        for web in webs:
            web.__exit__(None, None, None)


class _Late:
    """A page that comes when it is its turn."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, call: Call) -> Reply:
        call.pause(self._number * _APART)
        words = " ".join(f"{letter}{self._number}{place}ship" for place, letter in enumerate("abcdefghijklmnop" * 5))
        return Reply(body=page(f"Story {self._number} {words[:40]}", f"<p>Mark Rutte spoke of Ukraine. {words}.</p>"))


def _latencies(rooms: House) -> dict[str, list[float]]:
    query = (
        select(DeliveryRow.destination_id, MatchRow.created_at, DeliveryRow.sent_at)
        .join(DecisionRow, DecisionRow.delivery_id == DeliveryRow.id)
        .join(MatchRow, MatchRow.id == DecisionRow.match_id)
    )
    found: dict[str, list[float]] = defaultdict(list)
    with reading(rooms.engine) as session:
        for destination, stored, sent in session.execute(query):
            if sent is not None:
                found[destination].append((sent - stored).total_seconds())
    return found


if __name__ == "__main__":
    main()
