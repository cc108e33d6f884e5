import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import pipeline, postman, sending
from flows.demo.mail_server import MailStandIn
from flows.demo.slack_server import SlackStandIn
from flows.tally import DeliveryTally
from tests.flows.rooms import feed, opened, page, source
from tests.servers import Call, Reply, Web


@pytest.fixture
def mail() -> Iterator[MailStandIn]:
    with MailStandIn() as server:
        yield server


def test_an_alert_leaves_while_the_pass_still_reads_another_source(
    mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, database_url: str
) -> None:
    seen: list[int] = []

    def slow(call: Call) -> Reply:
        """The feed of the second source: it comes when the alert of the first has arrived."""
        for _ in range(1500):
            if (mail.messages and slack.messages) or not call.pause(0.02):
                break
        seen.append(len(mail.messages) + len(slack.messages))
        return Reply(body=feed(call.query))

    with Web() as web, Web() as other:
        web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page()}
        other.routes["/feed"] = slow
        both = source("wire", web.url("")) + source("slow", other.url("").replace("127.0.0.1", "localhost"))
        smtp_url = f"smtp://127.0.0.1:{mail.port}?tls=none"
        allowed = "127.0.0.1,localhost"
        with opened(tmp_path, both, database_url=database_url, smtp_url=smtp_url, allow_hosts=allowed) as rooms:
            with postman.at_work(rooms) as (rung, sent):
                due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
                pipeline.pass_over(due, rung)
            assert (sent.sent, sent.errors) == (2, [])
    assert seen == [2]
    assert len(mail.messages) == len(slack.messages) == 1


def test_a_postman_that_stumbles_loses_nothing(
    mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stumbles = [True]

    def once(*given: object) -> None:
        if stumbles:
            stumbles.clear()
            raise RuntimeError("the database is gone")
        send(*given)  # type: ignore[arg-type]

    send = sending.send_due
    monkeypatch.setattr("flows.delivery.send_due", once)
    with Web() as web:
        web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page()}
        smtp_url = f"smtp://127.0.0.1:{mail.port}?tls=none"
        with opened(tmp_path, source("wire", web.url("")), smtp_url=smtp_url) as rooms:
            with postman.at_work(rooms) as (rung, sent):
                due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True)
                pipeline.pass_over(due, rung)
                for _ in range(1500):
                    if stumbles:
                        time.sleep(0.02)
            assert sent.sent == 2
    assert len(mail.messages) == len(slack.messages) == 1


def test_tallies_add_up_and_tell_an_error_once() -> None:
    total = DeliveryTally(sent=1, errors=["a"])
    total.add(DeliveryTally(sent=2, dead=1, errors=["a", "b"]))
    assert (total.sent, total.dead, total.errors) == (3, 1, ["a", "b"])
