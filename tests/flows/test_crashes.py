"""What is left of deliveries when the processes that send them are killed."""

from __future__ import annotations

import json
import re
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.demo.mail_server import MailStandIn
from flows.demo.slack_server import TOKEN, SlackStandIn
from flows.house import House
from storage import outbox
from storage.engine import reading
from tests.flows.deliverers import FAILPOINTS, Orders, run, work
from tests.flows.rooms import Clock, feed, opened, page, source
from tests.servers import Web
from tests.storage.processes import ended, started

pytestmark = pytest.mark.slow

REPEATED = ("after send", "before record")  # the message is out, and nobody wrote it down
_TARGETS = {
    "webhook": '{id: desk, slack: {webhook: "env:TEST_WEBHOOK"}}',
    "bot": '{id: desk, slack: {token: "env:TEST_TOKEN", channel: C0DESK, api: "%s"}}',
    "mail": "{id: desk, email: {to: desk@newsroom.example}}",
}
_WATCHLIST = """
entities:
  - {id: rutte, names: {en: [Mark Rutte, Rutte], uk: [Рютте]}}
watches:
  - {id: rutte, name: Rutte, query: '@rutte AND Ukraine', priority: high, to: [desk]}
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """One destination with the servers behind it."""

    kind: str
    mail: MailStandIn
    slack: SlackStandIn

    @property
    def destinations(self) -> str:
        target = _TARGETS[self.kind]
        return f"destinations:\n  - {target % self.slack.api if '%s' in target else target}\n"

    @property
    def environment(self) -> dict[str, str]:
        return {"TEST_WEBHOOK": self.slack.webhook_url, "TEST_TOKEN": TOKEN}

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.mail.port}?tls=none"

    def arrived(self) -> list[str]:
        """The key of every message that was taken, as often as it was."""
        if self.kind == "mail":
            return [str(one.message["Message-ID"]).strip("<>").partition("@")[0] for one in self.mail.messages]
        # a webhook knows no metadata, but every message tells its delivery at the end
        shown = [one.key or re.findall("[0-9a-f]{32}", json.dumps(one.payload))[-1] for one in self.slack.messages]
        return [str(key) for key in shown]


@pytest.fixture(params=list(_TARGETS))
def desk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with MailStandIn() as mail, SlackStandIn() as slack:
        found = Desk(request.param, mail, slack)
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


def orders(rooms: House, desk: Desk, clock: Clock, **more: Any) -> Orders:
    chosen = rooms.settings
    given: dict[str, Any] = {
        "home": chosen.home,
        "config_dir": chosen.config_dir,
        "database_url": chosen.database,
        "allow_hosts": "127.0.0.1",
        "mail_from": "varta@varta.example",
        "smtp_url": desk.smtp_url,
    }
    return Orders(chosen.home, given, desk.environment, begin=clock.time, **more)


def test_a_kill_at_any_point_loses_no_alert_and_repeats_it_only_where_nobody_can_know(
    desk: Desk, tmp_path: Path, database_url: str
) -> None:
    clock = Clock()
    with (
        Web() as web,
        opened(
            tmp_path,
            source("wire", web.url("")),
            database_url=database_url,
            watchlist=_WATCHLIST,
            destinations=desk.destinations,
            clock=clock,
            smtp_url=desk.smtp_url,
        ) as rooms,
    ):
        expected: Counter[str] = Counter()
        for number, point in enumerate(FAILPOINTS):
            link = f"/n{number}"
            web.routes |= {link: _page(number), "/feed": feed(web.url(""), link)}
            before = Counter(desk.arrived())
            killed = started(run, orders(rooms, desk, clock, dies=point, ingests=True))
            assert ended(killed) == [-signal.SIGKILL], point
            clock.forward(hours=1)
            work(rooms, ingests=True)
            ((key, times),) = (Counter(desk.arrived()) - before).items()
            can_know = desk.kind == "bot" or point not in REPEATED
            assert times == (1 if can_know else 2), point
            expected[key] += times
        assert work(rooms, ingests=True).sent == 0
        assert Counter(desk.arrived()) == expected
        assert len(expected) == len(FAILPOINTS)
        with reading(rooms.engine) as session:
            assert {one.key: one.state for one in outbox.ledger(session)} == dict.fromkeys(expected, "sent")


def _page(number: int) -> bytes:
    words = " ".join(f"{letter}{number}{place}ship" for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz" * 3))
    return page(f"Story {number} of {words[:60]}", f"<p>Mark Rutte spoke of Ukraine. {words}.</p>")
