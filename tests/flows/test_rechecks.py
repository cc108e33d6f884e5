import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from flows import cli, delivery, pipeline
from flows.demo.slack_server import SlackStandIn
from flows.house import House
from flows.pipeline import Tally
from storage import lookup, rechecks, revisions
from storage.engine import reading
from storage.lookup import StoredArticle
from storage.tables import EntryRow, SourceState
from tests.flows.rooms import BEGIN, BODY, Clock, feed, opened, page, source
from tests.servers import Call, Reply, Web, redirect

DESK = 'destinations:\n  - {id: desk, slack: {webhook: "env:TEST_WEBHOOK"}}\n'
WATCHES = """
entities:
  - {id: rutte, names: {en: [Mark Rutte, Rutte]}}
watches:
  - {id: rutte, name: Rutte, query: '@rutte AND Ukraine', wait: 0s, updates: [], to: [desk]}
  - {id: ships, name: Ships, query: 'frigate', wait: 0s, updates: [], to: [desk]}
"""
STEPS = [timedelta(minutes=m) for m in (15, 60, 240, 1440, 4320)]


class Page:
    """A page with an ETag that a test edits."""

    def __init__(self) -> None:
        self.body, self.reply = BODY, None
        self.answers: list[int] = []

    reply: Reply | None

    def __call__(self, call: Call) -> Reply:
        tag = f'"{hash(self.body)}"'
        answer = self.reply or Reply(200, page(body=self.body), {"ETag": tag})
        if self.reply is None and call.headers.get("if-none-match") == tag:
            answer = Reply(304)
        self.answers.append(answer.status)
        return answer


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


@pytest.fixture
def shown(web: Web, slack: SlackStandIn) -> Page:  # noqa: ARG001 - every alert needs its channel
    told = Page()
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": told, "/": b"<html><body>Home</body></html>"}
    return told


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rooms(web: Web, shown: Page, tmp_path: Path, clock: Clock, database_url: str) -> Iterator[House]:  # noqa: ARG001
    with opened(
        tmp_path,
        source("wire", web.url("")),
        database_url=database_url,
        watchlist=WATCHES,
        destinations=DESK,
        clock=clock,
    ) as house:
        yield house


def turn(rooms: House, *, force: bool = False) -> Tally | None:
    """One pass as the scheduler makes it, over the source if it is due."""
    due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=force)
    tallies = pipeline.pass_over(due, rooms)
    delivery.deliver(rooms)
    return tallies[0] if tallies else None


def to(rooms: House, clock: Clock, when: timedelta) -> Tally | None:
    """A pass at this time after the alert."""
    clock.time = BEGIN + when
    return turn(rooms)


def stored(rooms: House, web: Web) -> StoredArticle:
    with reading(rooms.engine) as session:
        found = lookup.article(session, web.url("/a"))
    assert found is not None
    return found


def kinds(rooms: House, web: Web) -> list[str]:
    with reading(rooms.engine) as session:
        return [one.kind or "" for one in revisions.history(session, stored(rooms, web).id)]


def planned(rooms: House) -> tuple[str, timedelta | None]:
    with reading(rooms.engine) as session:
        row = session.scalars(select(EntryRow)).one()
    return row.state, row.next_try_at - BEGIN if row.next_try_at else None


def test_an_alerted_page_is_looked_at_again_five_times_and_then_left_alone(
    rooms: House, shown: Page, web: Web, clock: Clock
) -> None:
    assert tuple(STEPS) == rechecks.STEPS
    turn(rooms)
    for number, step in enumerate(STEPS, 1):
        assert planned(rooms) == ("check", step)
        to(rooms, clock, step - timedelta(minutes=10))
        assert len(shown.answers) == number
        tally = to(rooms, clock, step)
        assert tally is not None
        assert (tally.new, tally.revised, tally.partial, tally.errors) == (0, 0, 0, [])
        assert stored(rooms, web).checked == BEGIN + step
    assert shown.answers == [200, 304, 304, 304, 304, 304]
    assert planned(rooms) == ("stored", None)
    to(rooms, clock, timedelta(days=9))
    assert len(shown.answers) == 6
    assert kinds(rooms, web) == [""]


def test_a_page_that_alerted_nobody_is_left_alone(rooms: House, shown: Page, clock: Clock) -> None:
    shown.body = "<p>" + "Nothing of interest happened in the town hall today, the mayor said. " * 12 + "</p>"
    turn(rooms)
    assert planned(rooms) == ("stored", None)
    to(rooms, clock, timedelta(days=4))
    assert shown.answers == [200]


def test_a_quiet_source_is_visited_for_the_check(rooms: House, shown: Page, clock: Clock) -> None:
    turn(rooms)
    with reading(rooms.engine) as session:
        row = session.scalars(select(SourceState)).one()
    assert row.next_poll_at is not None
    assert row.next_poll_at <= BEGIN + STEPS[0]
    assert to(rooms, clock, STEPS[0]) is not None
    assert len(shown.answers) == 2


def test_an_edit_is_a_revision_that_alerts_a_watch_only_if_it_is_new_to_it(
    rooms: House, shown: Page, web: Web, slack: SlackStandIn, clock: Clock
) -> None:
    turn(rooms)
    shown.body = BODY.replace("485", "458")
    tally = to(rooms, clock, STEPS[0])
    assert tally is not None
    assert (tally.new, tally.revised, tally.matched) == (0, 1, 0)
    assert kinds(rooms, web) == ["", "correction"]
    assert len(slack.messages) == 1
    shown.body += "<p>A frigate of the Dutch navy will be given to Ukraine, the minister told reporters later.</p>"
    tally = to(rooms, clock, STEPS[1])
    assert tally is not None
    assert (tally.revised, tally.matched) == (1, 1)
    assert kinds(rooms, web) == ["", "correction", "update"]
    assert len(slack.messages) == 2
    assert planned(rooms) == ("check", STEPS[1] + STEPS[0])  # it alerted anew


def test_a_cut_page_never_replaces_the_article(rooms: House, shown: Page, web: Web, clock: Clock) -> None:
    turn(rooms)
    whole = stored(rooms, web).text
    shown.body = BODY[: BODY.index("<p>The first")] + "<p>Subscribe to read on.</p>"
    for step in STEPS:
        to(rooms, clock, step)
    found = stored(rooms, web)
    assert (found.text, found.partial, found.checked) == (whole, False, BEGIN + STEPS[-1])
    assert kinds(rooms, web) == ["", "truncated"]


@pytest.mark.parametrize("gone", [Reply(404), Reply(410), redirect("/")])
def test_a_deletion_is_noticed_keeps_the_text_and_is_taken_back_when_the_page_returns(
    rooms: House, shown: Page, web: Web, clock: Clock, gone: Reply
) -> None:
    turn(rooms)
    whole = stored(rooms, web).text
    shown.reply = gone
    tally = to(rooms, clock, STEPS[0])
    assert tally is not None
    assert tally.errors == []
    to(rooms, clock, STEPS[1])
    found = stored(rooms, web)
    assert (found.gone, found.text, found.partial) == (BEGIN + STEPS[0], whole, False)
    assert planned(rooms) == ("check", STEPS[2])
    shown.reply = None
    to(rooms, clock, STEPS[2])
    assert shown.answers[-1] == 304
    assert stored(rooms, web).gone is None


def test_a_check_without_an_answer_is_made_again_soon_and_gives_nothing_up(
    rooms: House, shown: Page, web: Web, clock: Clock
) -> None:
    turn(rooms)
    shown.reply = Reply(503)
    times = []
    while clock.time < BEGIN + STEPS[1] - timedelta(minutes=1):
        clock.forward(minutes=1)
        asked = len(shown.answers)
        tally = turn(rooms)
        assert tally is None or tally.errors == []
        times += [(clock.time - BEGIN).seconds // 60] * (len(shown.answers) - asked)
    assert 15 <= times[0] < 20  # its source is not polled more often than every five minutes
    assert 3 <= len(times) <= 4
    assert planned(rooms) == ("check", STEPS[1])
    with reading(rooms.engine) as session:
        assert session.scalars(select(SourceState.failures)).all() == [0]
    assert (stored(rooms, web).checked, stored(rooms, web).gone) == (None, None)
    shown.reply = None
    to(rooms, clock, STEPS[1] + timedelta(minutes=5))
    assert planned(rooms) == ("check", STEPS[2])
    assert stored(rooms, web).checked == clock.time


def test_checks_that_were_missed_while_nothing_ran_are_made_up_for_by_one(
    rooms: House, shown: Page, clock: Clock
) -> None:
    turn(rooms)
    to(rooms, clock, timedelta(hours=5))
    assert shown.answers == [200, 304]
    assert planned(rooms) == ("check", STEPS[3])


def test_a_new_title_in_the_feed_is_read_at_once_and_the_checks_go_on(
    rooms: House, shown: Page, web: Web, clock: Clock
) -> None:
    turn(rooms)
    web.routes["/feed"] = feed(web.url(""), "/a", titles={"/a": "Rutte names three conditions"})
    shown.body = BODY.replace("485", "458")
    clock.forward(minutes=6)
    turn(rooms, force=True)
    assert kinds(rooms, web) == ["", "correction"]
    assert planned(rooms) == ("check", STEPS[0])


def test_a_page_that_could_be_had_only_after_the_alert_is_checked_from_then_on(
    rooms: House, shown: Page, web: Web, clock: Clock
) -> None:
    shown.reply = Reply(500)
    turn(rooms)
    assert (stored(rooms, web).partial, planned(rooms)[0]) == (True, "retry")
    shown.reply = None
    to(rooms, clock, timedelta(minutes=20))
    assert not stored(rooms, web).partial
    assert planned(rooms) == ("check", STEPS[1])


def test_a_check_that_was_killed_before_it_was_stored_is_made_again(
    rooms: House, shown: Page, web: Web, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As a kill, nothing catches it."""

    def die(*_: object) -> None:
        raise Killed

    turn(rooms)
    shown.body = BODY.replace("485", "458")
    clock.time = BEGIN + STEPS[0]
    with monkeypatch.context() as patch:
        patch.setattr(rechecks, "go_on", die)
        with pytest.raises(Killed):
            turn(rooms)
    assert (kinds(rooms, web), planned(rooms)) == ([""], ("check", STEPS[0]))
    clock.forward(minutes=10)
    turn(rooms)
    assert kinds(rooms, web) == ["", "correction"]
    assert planned(rooms) == ("check", STEPS[1])


def test_revisions_and_why_tell_how_an_article_changed(
    rooms: House, shown: Page, web: Web, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn(rooms)
    shown.body = BODY.replace("485", "458").replace("reporters", "\x1b[31mred")
    to(rooms, clock, STEPS[0])
    shown.reply = Reply(404)
    to(rooms, clock, STEPS[1])
    monkeypatch.setenv("VARTA_HOME", str(rooms.settings.home))
    monkeypatch.setenv("VARTA_CONFIG_DIR", str(rooms.settings.config_dir))
    monkeypatch.setenv("VARTA_DATABASE_URL", rooms.settings.database)
    told = CliRunner().invoke(cli.app, ["revisions", web.url("/a")]).stdout
    assert "\n- 485" in told
    assert "\n+ 458" in told
    assert "2. correction, 2025-02-12 18:15 UTC, now: Rutte names two conditions" in told
    assert "the page was deleted, noticed at 2025-02-12 19:00 UTC" in told
    assert "\x1b" not in told
    why = CliRunner().invoke(cli.app, ["why", web.url("/a")]).stdout
    assert "changed once, last: correction at 2025-02-12 18:15 UTC" in why
    assert "the page was deleted, noticed at 2025-02-12 19:00 UTC" in why
    answer = json.loads(CliRunner().invoke(cli.app, ["revisions", web.url("/a"), "--json"]).stdout)
    assert [one["kind"] for one in answer["revisions"]] == [None, "correction"]
    assert {"kind": "added", "text": "458 "} in answer["revisions"][1]["diff"]
    unknown = CliRunner().invoke(cli.app, ["revisions", web.url("/never")])
    assert (unknown.exit_code, str(unknown.exception)) == (
        1,
        f"{web.url('/never')}: no article is stored under this address",
    )
