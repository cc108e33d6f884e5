from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup
from sqlalchemy import func, select

from alerts.links import LASTING, Action, Claim, LinkFault, Links
from alerts.model import Decision, Message
from flows import delivery, doctor, pipeline, sending, settings
from flows.demo.mail_server import MailStandIn
from flows.house import House
from flows.tally import DeliveryTally
from flows.web.server import LinksServer
from storage import actions, outbox
from storage.alert_tables import AlertRow, DeliveryRow, FeedbackRow, MuteRow, RecipientRow
from storage.engine import reading, transaction
from storage.outbox import Delivery
from tests.builders_alerts import HOSTILE, NOW
from tests.flows.rooms import BEGIN, DESTINATIONS, Clock, feed, opened, page, source
from tests.servers import Web

SECRET = "a secret that only this test knows"
KEY = "0123456789abcdef" * 2
WITH_DIGESTS = DESTINATIONS.replace("}}", "}, digest: {at: '08:00', of: [low]}}")
pytestmark = pytest.mark.usefixtures("slack")
EVERY_ACTION = [action for action in Action if action is not Action.COPY]


@dataclass
class Desk:
    """One alert that was sent by mail and to Slack, and the page behind its links."""

    rooms: House
    server: LinksServer
    clock: Clock
    by_destination: dict[str, Delivery]

    def path(self, action: Action, destination: str = "editor", ref: str = "") -> str:
        links = self.rooms.links
        assert links is not None
        claim = Claim(action, self.by_destination[destination].key, ref)
        return links.address(claim, self.clock()).removeprefix(links.base)

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        with requests.Session() as session:
            return session.request(method, f"{self.server.url}{path}", timeout=20, allow_redirects=False, **more)

    def count(self, table: Any) -> int:
        with reading(self.rooms.engine) as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def traces(self) -> int:
        """Everything that an action may write."""
        return sum(map(self.count, (MuteRow, FeedbackRow, RecipientRow)))


def words(answer: requests.Response) -> str:
    return " ".join(BeautifulSoup(answer.text, "html.parser").get_text(" ").split())


@contextmanager
def serving(rooms: House, **changes: Any) -> Iterator[LinksServer]:
    server = LinksServer(rooms, ("127.0.0.1", 0), **changes)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def at_desk(folder: Path, database_url: str = "", **changes: Any) -> Iterator[Desk]:
    clock, title = Clock(), changes.pop("title", "Rutte names two conditions")
    with Web() as web, MailStandIn() as mail:
        web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page(title)}
        chosen = {
            "smtp_url": f"smtp://127.0.0.1:{mail.port}?tls=none",
            "links_url": "https://alerts.example.org/varta",
            "links_secret": SECRET,
        }
        chosen["destinations"] = changes.pop("destinations", WITH_DIGESTS)
        with opened(folder, source("wire", web.url("")), database_url=database_url, clock=clock, **chosen) as rooms:
            pipeline.pass_over(pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=True), rooms)
            assert delivery.deliver(rooms).sent == 2
            with reading(rooms.engine) as session:
                sent = {one.destination: one for one in outbox.ledger(session)}
            with serving(rooms, **changes) as server:
                yield Desk(rooms, server, clock, sent)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with at_desk(tmp_path) as made:
        yield made


# Looking does nothing


@pytest.mark.parametrize("action", EVERY_ACTION)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_does_nothing_and_shows_one_button(desk: Desk, action: Action, method: str) -> None:
    answer = desk.ask(method, desk.path(action))
    assert answer.status_code == 200
    assert desk.traces() == 0
    if method == "GET":
        form = BeautifulSoup(answer.text, "html.parser").select("form")
        assert [(one["method"], one.get("action")) for one in form] == [("post", None)]
        assert "Rutte names two conditions" in words(answer)


# What POST does, on both engines


def test_every_action_is_done_once(tmp_path: Path, database_url: str) -> None:
    with at_desk(tmp_path, database_url) as desk:
        story = desk.by_destination["editor"].story
        for action in EVERY_ACTION:
            first, again = (desk.ask("POST", desk.path(action)) for _ in range(2))
            assert (first.status_code, again.status_code) == (200, 200)
            assert "already" not in words(first)
            assert "already" in words(again)
        with reading(desk.rooms.engine) as session:
            said = sorted(session.scalars(select(FeedbackRow.verb)))
            assert said == sorted(EVERY_ACTION)
            assert set(session.scalars(select(FeedbackRow.by))) == {"editor@newsroom.example"}
            mute = session.scalars(select(MuteRow)).one()
            assert (mute.scope, mute.ref, mute.destination_id) == ("story", str(story), "editor")
            assert mute.until == BEGIN + timedelta(hours=24)
            gone = session.scalars(select(RecipientRow)).one()
            assert (gone.destination_id, gone.address) == ("editor", "editor@newsroom.example")
            assert actions.digest_wishes(session) == {("rutte", "editor")}
        with transaction(desk.rooms.engine) as session:
            assert actions.forget_wish(session, "rutte", "editor") == 1
            assert actions.digest_wishes(session) == frozenset()


def test_an_acknowledgement_counts_for_every_alert_of_the_destination_on_the_story(
    tmp_path: Path, database_url: str
) -> None:
    with at_desk(tmp_path, database_url) as desk:
        story = desk.by_destination["editor"].story
        assert story is not None
        with transaction(desk.rooms.engine) as session:
            session.add(
                AlertRow(
                    watch_id="nato", story_id=story, destination_id="editor", priority="high", state="open",
                    opened_at=BEGIN, told={}, seen_article=0, acked_by="",
                )
            )  # fmt: skip
        desk.ask("POST", desk.path(Action.ACKNOWLEDGE))
        desk.clock.forward(minutes=5)
        desk.ask("POST", desk.path(Action.ACKNOWLEDGE))
        with reading(desk.rooms.engine) as session:
            query = select(AlertRow.watch_id, AlertRow.destination_id, AlertRow.acked_at, AlertRow.acked_by)
            acked = {tuple(row) for row in session.execute(query)}
    by = "editor@newsroom.example"
    assert acked == {("rutte", "editor", BEGIN, by), ("nato", "editor", BEGIN, by), ("rutte", "desk", None, "")}


def test_a_mute_that_has_ended_begins_again(desk: Desk) -> None:
    desk.ask("POST", desk.path(Action.MUTE))
    desk.clock.forward(hours=25)
    assert "already" not in words(desk.ask("POST", desk.path(Action.MUTE)))
    with reading(desk.rooms.engine) as session:
        assert session.scalars(select(MuteRow.until)).one() == BEGIN + timedelta(hours=49)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_watch_is_not_moved_to_a_digest_that_does_not_exist(tmp_path: Path, method: str) -> None:
    with at_desk(tmp_path, destinations=DESTINATIONS) as desk:
        answer = desk.ask(method, desk.path(Action.TO_DIGEST))
        assert (answer.status_code, desk.traces()) == (409, 0)
        assert "Editor has no digest: whoever configures Varta can give it one in destinations.yaml" in words(answer)


def test_a_digest_mutes_the_story_that_its_address_names(desk: Desk) -> None:
    desk.ask("POST", desk.path(Action.MUTE, ref="4711"))
    with reading(desk.rooms.engine) as session:
        assert session.scalars(select(MuteRow.ref)).one() == "4711"


def test_unsubscribing_by_one_click_cancels_what_waits(desk: Desk) -> None:
    with transaction(desk.rooms.engine) as session:
        sent = session.scalars(select(DeliveryRow).where(DeliveryRow.destination_id == "editor")).one()
        for key, recipient, state in (("b" * 32, sent.recipient, "pending"), ("c" * 32, "other@x.example", "pending")):
            session.add(
                DeliveryRow(
                    key=key, destination_id="editor", recipient=recipient, reason="first_report", headline="x",
                    state=state, not_before=BEGIN, payload={}, created_at=BEGIN,
                )
            )  # fmt: skip
    one_click = {"List-Unsubscribe": "One-Click"}
    assert desk.ask("POST", desk.path(Action.UNSUBSCRIBE), data=one_click).status_code == 200
    with reading(desk.rooms.engine) as session:
        found = session.execute(select(DeliveryRow.recipient, DeliveryRow.state)).all()
    assert {tuple(row) for row in found if row[0]} == {
        ("editor@newsroom.example", "sent"),
        ("editor@newsroom.example", "cancelled"),
        ("other@x.example", "pending"),
    }


def test_who_unsubscribed_gets_nothing_more_and_others_do(tmp_path: Path) -> None:
    with at_desk(tmp_path) as desk:
        desk.ask("POST", desk.path(Action.UNSUBSCRIBE))
        later = [
            outbox.Outgoing(
                key=key * 32,
                destination="editor",
                recipient=recipient,
                reason=Decision.FIRST_REPORT,
                headline="x",
                message=Message("x", subject="x"),
            )
            for key, recipient in (("0", "editor@newsroom.example"), ("1", "other@newsroom.example"))
        ]
        with transaction(desk.rooms.engine) as session:
            outbox.put(session, later, desk.clock())
        sending.send_due(desk.rooms, DeliveryTally())
        with reading(desk.rooms.engine) as session:
            left = {row.key[0]: row.state for row in session.scalars(select(DeliveryRow)) if row.key[0] * 32 == row.key}
    assert left == {"0": "cancelled", "1": "sent"}


def test_a_slack_channel_cannot_be_unsubscribed_by_one_of_its_readers(desk: Desk) -> None:
    answer = desk.ask("POST", desk.path(Action.UNSUBSCRIBE, "desk"))
    assert (answer.status_code, desk.traces()) == (409, 0)
    assert "destinations.yaml" in words(answer)


# Addresses that are worth nothing


def forgeries(path: str) -> list[str]:
    _, action, token = path.rsplit("/", 2)
    key, ref, ends, signature = token.split(".")
    later = f"{int(ends, 16) + 1:08x}"
    return [
        f"/mute/{token}" if action != "mute" else f"/ack/{token}",
        f"/{action}/{'0' * 32}.{ref}.{ends}.{signature}",
        f"/{action}/{key}.1.{ends}.{signature}",
        f"/{action}/{key}.{ref}.{later}.{signature}",
        f"/{action}/{key}.{ref}.{ends}.{'A' * 22}",
        f"/{action}/{key}.{ref}.{ends}.",
        f"/{action}/{key}",
        f"/{action}/",
        f"/{action}/{token}/..%2f..%2fetc%2fpasswd",
        f"/unheard-of/{token}",
        f"/{action}/{token}x",
        "/", "", "//evil.example/", "/ack", "/%00/%0d%0a", f"/{action}/{token}" + "a" * 700,
    ]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_forged_address_does_nothing_and_tells_nothing(desk: Desk, method: str) -> None:
    pages = set()
    for path in forgeries(desk.path(Action.ACKNOWLEDGE)):
        answer = desk.ask(method, path or "/")
        assert answer.status_code == 404, path
        assert "location" not in answer.headers
        pages.add(answer.text)
    assert len(pages) == 1
    assert "Rutte" not in pages.pop()
    assert desk.traces() == 0


def test_an_address_signed_with_another_secret_is_forged(desk: Desk) -> None:
    other = Links("https://alerts.example.org", "another secret, as long as the true one")
    claim = Claim(Action.MUTE, desk.by_destination["editor"].key)
    path = other.address(claim, desk.clock()).removeprefix(other.base)
    assert desk.ask("POST", path).status_code == 404
    assert desk.traces() == 0


@pytest.mark.parametrize("action", EVERY_ACTION)
def test_an_address_that_has_ended_is_answered_kindly(desk: Desk, action: Action) -> None:
    path = desk.path(action)
    desk.clock.time += LASTING[action] + timedelta(seconds=1)
    answer = desk.ask("POST", path)
    assert answer.status_code == 410
    assert "has ended" in words(answer)
    assert desk.traces() == 0


def test_a_delivery_that_is_gone_is_answered_as_ended(desk: Desk) -> None:
    assert desk.rooms.links is not None
    path = desk.rooms.links.address(Claim(Action.MUTE, KEY), desk.clock()).removeprefix(desk.rooms.links.base)
    assert desk.ask("POST", path).status_code == 410


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND"])
def test_other_methods_do_nothing(desk: Desk, method: str) -> None:
    assert desk.ask(method, desk.path(Action.MUTE)).status_code in (405, 501)
    assert desk.traces() == 0


def test_every_page_forbids_scripts_frames_caches_and_referrers(desk: Desk) -> None:
    paths = [desk.path(Action.MUTE), desk.path(Action.COPY), desk.path(Action.COPY) + "?source", "/nothing/here"]
    for method, path in [*(("GET", path) for path in paths), ("POST", paths[0])]:
        headers = desk.ask(method, path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Server"] == "Varta"
        assert not {"Set-Cookie", "Location", "Access-Control-Allow-Origin"} & set(headers)


# The kept copy


def test_the_copy_shows_the_text_and_its_source_as_plain_text(desk: Desk) -> None:
    answer = desk.ask("GET", desk.path(Action.COPY))
    assert "Mark Rutte named two conditions for the security of Ukraine" in words(answer)
    assert "kept 12 Feb 2025, 20:00 Kyiv" in words(answer)
    markup = desk.ask("GET", desk.path(Action.COPY) + "?source")
    assert markup.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert markup.headers["Content-Security-Policy"].startswith("sandbox")
    assert "<article><h1>Rutte names two conditions</h1>" in markup.text
    assert desk.ask("POST", desk.path(Action.COPY)).status_code == 405


def test_the_copy_of_a_page_that_was_let_go_is_its_text(desk: Desk) -> None:
    archive = desk.rooms.archive
    archive.close()
    archive.remove(archive.sizes())
    answer = desk.ask("GET", desk.path(Action.COPY))
    assert "Mark Rutte named two conditions" in words(answer)
    assert "?source" not in answer.text


def test_a_hostile_headline_is_inert_on_every_page(desk: Desk) -> None:
    usual = {
        "html",
        "head",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "div",
        "strong",
        "span",
        "form",
        "button",
        "p",
        "meta",
    }
    for title in HOSTILE:
        with transaction(desk.rooms.engine) as session:
            for row in session.scalars(select(DeliveryRow)):
                row.headline = row.watch_id = title.encode("utf-8", "replace").decode()[:64]
        for method in ("GET", "POST"):
            tags = BeautifulSoup(desk.ask(method, desk.path(Action.IRRELEVANT)).text, "html.parser").select("*")
            assert {tag.name for tag in tags} <= usual
            assert not [name for tag in tags for name in tag.attrs if name.startswith("on") or name in ("src", "href")]


# Slow and greedy clients


def trickle(server: LinksServer) -> socket.socket:
    held = socket.create_connection(("127.0.0.1", int(server.server_address[1])), timeout=20)
    held.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
    return held


def test_slow_clients_delay_nobody_and_are_cut_off(tmp_path: Path) -> None:
    with at_desk(tmp_path, deadline=0.2) as desk:
        slow = [trickle(desk.server) for _ in range(20)]
        assert desk.ask("GET", desk.path(Action.MUTE)).status_code == 200
        for held in slow:
            assert held.recv(10) == b""  # ended by the server, although the request never did
            held.close()


def test_too_many_connections_cost_the_oldest(tmp_path: Path) -> None:
    with at_desk(tmp_path, most=8, deadline=60.0) as desk:
        slow = [trickle(desk.server) for _ in range(30)]
        assert desk.ask("GET", desk.path(Action.MUTE)).status_code == 200
        assert slow[0].recv(10) == b""
        for held in slow:
            held.close()


@pytest.mark.parametrize("length", ["9000", "99999999999999", "-1", "x", "1e3", "²"])
def test_a_long_or_strange_body_is_refused_before_it_is_read(desk: Desk, length: str) -> None:
    with socket.create_connection(("127.0.0.1", int(desk.server.server_address[1])), timeout=20) as held:
        head = f"POST {desk.path(Action.MUTE)} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        held.sendall(head.encode("latin-1"))
        assert held.recv(100).startswith(b"HTTP/1.0 413")
    assert desk.traces() == 0


def test_a_body_that_is_cut_off_does_nothing(desk: Desk) -> None:
    with socket.create_connection(("127.0.0.1", int(desk.server.server_address[1])), timeout=20) as held:
        held.sendall(f"POST {desk.path(Action.MUTE)} HTTP/1.1\r\nContent-Length: 20\r\n\r\nshort".encode())
        held.shutdown(socket.SHUT_WR)
        assert held.recv(100) == b""
    assert desk.traces() == 0


def test_no_address_reaches_a_log(
    desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    path = desk.path(Action.MUTE)
    desk.ask("POST", path)
    token = path.rsplit(".", 1)[-1]
    told = [f"{vars(record)}" for record in caplog.records if record.name.startswith(("flows", "storage", "alerts"))]
    assert any("'action'" in line for line in told)
    assert token not in " ".join(told)
    assert token not in capfd.readouterr().err


def test_doctor_says_whether_the_page_answers(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VARTA_LINKS_URL", "https://alerts.example.org")
    monkeypatch.setenv("VARTA_LINKS_SECRET", SECRET)
    found = {}
    for place in (desk.server.url.removeprefix("http://"), "127.0.0.1:9"):
        monkeypatch.setenv("VARTA_LINKS_LISTEN", place)
        found[place] = [one.verdict for one in doctor._links(settings.load())]
    assert list(found.values()) == [[doctor.Verdict.OK], [doctor.Verdict.WARNING]]


# Signatures, by themselves


def test_a_signed_address_carries_its_claim_and_no_other() -> None:
    links = Links("https://alerts.example.org/varta/", SECRET)
    for action in Action:
        for ref in ("", "48213"):
            claim = Claim(action, KEY, ref)
            address = links.address(claim, NOW)
            assert address.startswith(f"https://alerts.example.org/varta/{action}/")
            assert len(address) < 200
            token = address.rsplit("/", 1)[-1]
            assert links.read(action, token, NOW) == claim
            others = [other for other in Action if other is not action]
            assert {links.read(other, token, NOW) for other in others} == {LinkFault.FORGED}
    assert SECRET not in repr(links)


@pytest.mark.parametrize("key", ["", "short", "x" * 32, KEY.upper(), f"{KEY}/..", "a.b", "a" * 65])
def test_a_key_that_an_address_cannot_carry_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal"):
        Links("https://alerts.example.org", SECRET).address(Claim(Action.MUTE, key), NOW.astimezone(UTC))


@pytest.mark.parametrize("position", range(60))
def test_a_change_of_any_character_is_a_forgery(position: int) -> None:
    links = Links("https://alerts.example.org", SECRET)
    token = links.address(Claim(Action.MUTE, KEY, "7"), NOW).rsplit("/", 1)[-1]
    at = position % len(token)
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    assert links.read("mute", changed, NOW) is LinkFault.FORGED
