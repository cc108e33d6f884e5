import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alerts.channels.ways import way_of
from flows import delivery, house, opening, pipeline, report, sending
from flows.demo.mail_server import MailStandIn
from flows.demo.slack_server import Answer, SlackStandIn
from flows.house import House
from flows.tally import DeliveryTally
from storage import leases, lookup, outbox
from storage.engine import reading, transaction
from tests.flows.rooms import Clock, feed, opened, page, source
from tests.servers import Web


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        server.routes |= {"/feed": feed(server.url(""), "/a"), "/a": page()}
        yield server


@pytest.fixture
def mail() -> Iterator[MailStandIn]:
    with MailStandIn() as server:
        yield server


def smtp(mail: MailStandIn) -> str:
    return f"smtp://127.0.0.1:{mail.port}?tls=none"


def ingest(rooms: House) -> None:
    pipeline.pass_over(pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True), rooms)


def states(rooms: House) -> dict[str, str]:
    with reading(rooms.engine) as session:
        return {one.destination: one.state for one in outbox.ledger(session)}


def test_a_match_becomes_one_mail_and_one_slack_message(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, database_url: str
) -> None:
    with opened(tmp_path, source("wire", web.url("")), smtp_url=smtp(mail), database_url=database_url) as rooms:
        ingest(rooms)
        tally = delivery.deliver(rooms)
        assert (tally.sent, tally.errors, dict(tally.decided)) == (2, [], {"first_report": 2})
        assert json.loads(json.dumps(report.sent(tally)))["decided"] == {"first_report": 2}
        assert delivery.deliver(rooms).sent == 0
    assert len(mail.messages) == len(slack.messages) == 1
    sent = mail.messages[0].message
    assert sent["Subject"] == "[HIGH] Rutte names two conditions"
    assert web.url("/a") in str(slack.messages[0].payload["blocks"])


def test_a_story_told_by_two_outlets_is_one_alert_with_both(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path
) -> None:
    web.routes |= {
        "/two": feed(web.url(""), "/b"),
        "/b": page("Two conditions of Rutte", published="2025-02-12T16:30:00+02:00"),
    }
    both = source("wire", web.url("")) + source("courier", web.url(""), path="/two")
    with opened(tmp_path, both, smtp_url=smtp(mail)) as rooms:
        ingest(rooms)
        tally = delivery.deliver(rooms)
        assert dict(tally.decided) == {"first_report": 2, "further_outlet": 2}
        with reading(rooms.engine) as session:
            copy = lookup.article(session, web.url("/b"))
            assert copy is not None
            outcomes = {one.destination: (one.outcome, one.state) for one in lookup.explain(session, copy.id)}
        assert outcomes == {"desk": ("further_outlet", "sent"), "editor": ("further_outlet", "sent")}
    assert len(mail.messages) == len(slack.messages) == 1
    assert "courier" in str(slack.messages[0].payload["blocks"])


def test_a_broken_channel_neither_delays_nor_repeats_the_other_and_loses_nothing(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path
) -> None:
    clock = Clock()
    slack.script(Answer(404, "no_service"))
    with opened(tmp_path, source("wire", web.url("")), smtp_url=smtp(mail), clock=clock) as rooms:
        ingest(rooms)
        tally = delivery.deliver(rooms)
        assert (tally.sent, tally.waiting) == (1, 1)
        assert "404" in tally.errors[0]
        assert slack.webhook_url.rsplit("/", 1)[1] not in tally.errors[0]
        assert states(rooms) == {"desk": "pending", "editor": "sent"}
        clock.forward(hours=1)
        assert delivery.deliver(rooms).sent == 1
    assert len(mail.messages) == len(slack.messages) == 1


def test_without_a_mail_server_the_delivery_waits_with_the_reason(
    web: Web, slack: SlackStandIn, tmp_path: Path
) -> None:
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        ingest(rooms)
        tally = delivery.deliver(rooms)
        assert "VARTA_SMTP_URL is not set" in tally.errors[0]
        assert states(rooms) == {"desk": "sent", "editor": "pending"}
    assert len(slack.messages) == 1


@pytest.mark.usefixtures("slack")
def test_a_wrong_mail_address_in_the_environment_is_told_without_the_password(web: Web, tmp_path: Path) -> None:
    with opened(tmp_path, source("wire", web.url("")), smtp_url="http://user:geheim@host") as rooms:
        ingest(rooms)
        tally = delivery.deliver(rooms)
    assert "VARTA_SMTP_URL" in tally.errors[0]
    assert "geheim" not in str(tally.errors)


def test_three_deliverers_in_the_same_second_send_each_message_once(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, database_url: str
) -> None:
    links = [f"/n{n}" for n in range(10)]  # as many as the throttle lets pass
    web.routes["/feed"] = feed(web.url(""), *links)
    for n, link in enumerate(links):
        dice = random.Random(n)
        words = " ".join("".join(dice.choices("abcdefghijklmnoprstu", k=9)) for _ in range(80))
        web.routes[link] = page(words[:40].title(), f"<p>Mark Rutte spoke of Ukraine. {words}.</p>")
    with opened(tmp_path, source("wire", web.url("")), smtp_url=smtp(mail), database_url=database_url) as rooms:
        ingest(rooms)
        start = threading.Barrier(3)

        def work() -> int:
            start.wait(10)
            return delivery.deliver(rooms).sent

        with ThreadPoolExecutor(3) as pool:
            sent = sum(done.result() for done in [pool.submit(work) for _ in range(3)])
        with reading(rooms.engine) as session:
            made = lookup.counts(session)["deliveries"]
    keys = [message.message["Message-ID"] for message in mail.messages]
    assert sent == made == len(mail.messages) + len(slack.messages)
    assert len(keys) == len(set(keys))
    assert made == 2 * len(links)


def test_a_sender_killed_after_the_message_went_out_repeats_it_once_and_says_so(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path
) -> None:
    clock = Clock()
    with opened(tmp_path, source("wire", web.url("")), smtp_url=smtp(mail), clock=clock) as rooms:
        ingest(rooms)
        opening.open_new(rooms, DeliveryTally())
        for one in rooms.configuration.destinations.by_id.values():  # the claims of a process that sends and then dies
            with transaction(rooms.engine) as session:
                claimed = leases.claim(session, "killed", rooms.now(), way_of(one), [one.id])
            assert claimed is not None
            sending._attempt(claimed, one, rooms)
        assert delivery.deliver(rooms).sent == 0
        clock.forward(seconds=121)
        assert delivery.deliver(rooms).sent == 2
        clock.forward(days=1)
        assert delivery.deliver(rooms).sent == 0
    assert len(mail.messages) == len(slack.messages) == 2
    assert len({message.message["Message-ID"] for message in mail.messages}) == 1
    assert "possible repeat" in str(slack.messages[1].payload)


def test_a_destination_that_was_removed_keeps_its_deliveries_waiting(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path
) -> None:
    slack.script(Answer(500, "rollup_error"))
    clock = Clock()
    with opened(tmp_path, source("wire", web.url("")), smtp_url=smtp(mail), clock=clock) as rooms:
        ingest(rooms)
        delivery.deliver(rooms)
    clock.forward(hours=2)
    only_editor = "destinations:\n  - {id: editor, email: {to: editor@newsroom.example}}\n"
    with opened(tmp_path, source("wire", web.url("")), destinations=only_editor, clock=clock) as rooms:
        tally = delivery.deliver(rooms)
        assert "`desk` is no longer configured" in tally.errors[0]
        assert states(rooms)["desk"] == "pending"


def test_an_alert_that_cannot_be_rendered_goes_out_plain(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("alerts.rendering.render", broken)
    with opened(tmp_path, source("wire", web.url("")), smtp_url=smtp(mail)) as rooms:
        ingest(rooms)
        assert delivery.deliver(rooms).sent == 2
    assert "Rutte names two conditions" in slack.messages[0].text


def test_an_unknown_source_is_answered_with_the_nearest(tmp_path: Path, web: Web) -> None:
    with (
        opened(tmp_path, source("wire", web.url(""))) as rooms,
        pytest.raises(KeyError, match="no source is called `wier`; did you mean `wire`"),
    ):
        house.chosen(rooms.configuration, ("wier",))


def test_a_match_for_a_destination_that_is_not_configured_waits_until_it_is(
    web: Web, mail: MailStandIn, slack: SlackStandIn, tmp_path: Path, database_url: str
) -> None:
    only_editor = "destinations:\n  - {id: editor, email: {to: editor@newsroom.example}}\n"
    wire = source("wire", web.url(""))
    with opened(tmp_path, wire, destinations=only_editor, database_url=database_url, smtp_url=smtp(mail)) as rooms:
        assert "no destination is called `desk`" in str(rooms.configuration.problems[0])
        ingest(rooms)
        assert dict(delivery.deliver(rooms).decided) == {"first_report": 1, "unknown_destination": 1}
        assert delivery.deliver(rooms).sent == 0
    with opened(tmp_path, wire, database_url=database_url, smtp_url=smtp(mail)) as rooms:
        assert delivery.deliver(rooms).sent == 1
        assert delivery.deliver(rooms).sent == 0
        with reading(rooms.engine) as session:
            article = lookup.article(session, web.url("/a"))
            assert article is not None
            outcomes = {one.destination: (one.outcome, one.state) for one in lookup.explain(session, article.id)}
        assert outcomes == {"desk": ("first_report", "sent"), "editor": ("first_report", "sent")}
    assert len(mail.messages) == len(slack.messages) == 1


def test_a_mail_server_that_is_gone_is_asked_once_a_pass_and_slack_goes_out(
    web: Web, slack: SlackStandIn, tmp_path: Path
) -> None:
    links = ["/n1", "/n2", "/n3"]
    web.routes["/feed"] = feed(web.url(""), *links)
    for n, link in enumerate(links):
        words = " ".join("".join(random.Random(n * 100 + m).choices("abcdefghijklm", k=9)) for m in range(80))
        web.routes[link] = page(words[:40].title(), f"<p>Mark Rutte spoke of Ukraine. {words}.</p>")
    with opened(tmp_path, source("wire", web.url("")), smtp_url="smtp://127.0.0.1:9?tls=none") as rooms:
        ingest(rooms)
        tally = delivery.deliver(rooms)
        assert (tally.opened, tally.sent, tally.waiting) == (6, 3, 1)
    assert len(slack.messages) == 3
