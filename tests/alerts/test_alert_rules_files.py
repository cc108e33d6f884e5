from datetime import timedelta
from pathlib import Path

import pytest

from alerts import destinations, watchlist
from alerts.destinations import Destinations
from alerts.model import News, Priority
from alerts.watchlist import Watchlist

WATCH = """watches:
  - id: w
    query: Rutte
    to: [desk]
    require: at least 2 independent or 1 official
    hold: only state media
    updates: [official, outlets]
    max_age: 36h
    escalate:
      to: chief
      after: 15m
    wait: 30s
"""
DESK = """destinations:
  - id: desk
    email: {to: a@b.example}
    timezone: Europe/Kyiv
    quiet: "22:00-07:00"
    quiet_except: [high, critical]
    throttle: 5 per 1h
    unknown: hold
    operator: true
    digest:
      - at: ["08:00", "18:00"]
      - name: weekly
        at: "09:00"
        on: [mon, fri]
        of: [low]
"""


def watches(folder: Path, text: str) -> Watchlist:
    (folder / "w.yaml").write_text(text, encoding="utf-8")
    return watchlist.load(folder / "w.yaml", destinations={"desk", "chief"})


def places(folder: Path, text: str) -> Destinations:
    (folder / "d.yaml").write_text(text, encoding="utf-8")
    return destinations.load(folder / "d.yaml")


def test_a_watch_says_when_and_how_it_alerts(tmp_path: Path) -> None:
    found = watches(tmp_path, WATCH)
    assert found.problems == ()
    watch = found.watches[0]
    assert (watch.updates, watch.max_age, watch.story_wait) == (
        (News.OFFICIAL, News.OUTLETS), timedelta(hours=36), timedelta(seconds=30),
    )  # fmt: skip
    assert watch.escalate == watchlist.Escalation(to="chief", after=timedelta(minutes=15))


def test_the_defaults_are_quiet_and_safe(tmp_path: Path) -> None:
    text = "watches:\n  - {id: a, query: x}\n  - {id: b, query: x, priority: critical}\n"
    normal, critical = watches(tmp_path, text).watches
    assert (normal.story_wait, critical.story_wait) == (timedelta(seconds=90), timedelta(0))
    assert (normal.max_age, normal.updates, normal.escalate) == (timedelta(hours=24), tuple(News), None)
    desk = places(tmp_path, "destinations:\n  - {id: desk, email: {to: a@b.example}}\n").by_id["desk"]
    assert (desk.quiet, desk.digest, desk.throttle, desk.operator) == (None, (), "10 per 10m", False)


def test_the_rules_of_a_watch_make_no_new_version_of_it(tmp_path: Path) -> None:
    plain = watches(tmp_path, WATCH.partition("    require")[0]).watches[0]
    assert watches(tmp_path, WATCH).watches[0].version == plain.version


def test_a_destination_has_digests_quiet_hours_and_a_limit(tmp_path: Path) -> None:
    found = places(tmp_path, DESK)
    assert found.problems == ()
    desk = found.by_id["desk"]
    assert [slot.name for slot in desk.slots(Priority.NORMAL)] == ["digest@08:00", "digest@18:00"]
    assert [slot.name for slot in desk.slots(Priority.LOW)] == ["digest@08:00", "digest@18:00", "weekly@09:00"]
    assert len(desk.slots(Priority.CRITICAL)) == 3  # none is meant for it: the next one tells it
    assert (desk.limit.most, desk.limit.period) == (5, timedelta(hours=1))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("2 independent or", "2 independant or", 5, "`require`: expected one of independent"),
        ("2 independent or", "two independent or", 5, 'such as "at least 2 independent or 1 official"'),
        ("only state media", "only tass", 6, "`hold`: expected 'only state media'"),
        ("[official, outlets]", "[offical]", 7, "did you mean `official`?"),
        ("max_age: 36h", "max_age: 36", 8, "`max_age`: expected a duration such as"),
        ("to: chief", "to: chef", 10, "`escalate.to`: no destination is called `chef`; did you mean `chief`?"),
        ("to: chief", "to: desk", 10, "expected another destination than those of `to`"),
        ("after: 15m", "after: soon", 11, "`escalate.after`: expected a duration"),
        ("wait: 30s", "waits: 30s", 12, "unknown key `waits`; did you mean `wait`?"),
    ],
)
def test_a_mistake_in_a_watch_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert old in WATCH
    problem = watches(tmp_path, WATCH.replace(old, new)).problems[0]
    assert (problem.line, says in problem.message) == (line, True), problem


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("email: {to: a@b.example}", "email: {to: []}", 3, "`email.to`"),
        ("    email: {to: a@b.example}\n", "", 2, "needs either `slack` or `email`"),
        ("Europe/Kyiv", "Europe/Kiyv", 4, "no such time zone; did you mean `Europe/Kyiv`?"),
        ("22:00-07:00", "22:00-7:00", 5, 'two times of day such as "22:00-07:00"'),
        ("22:00-07:00", "07:00-07:00", 5, "two different times of day"),
        ("[high, critical]", "[urgent]", 6, "'low', 'normal', 'high' or 'critical'"),
        ("5 per 1h", "5 an hour", 7, 'such as "10 per 10m"'),
        ("unknown: hold", "unknown: drop", 8, "'resend' or 'hold'"),
        ('"18:00"', '"24:00"', 11, 'a time of day such as "08:00"'),
        ("[mon, fri]", "[monday]", 14, "did you mean `mon`?"),
        ("name: weekly", "name: digest", 2, ""),
        ("of: [low]", "off: [low]", 15, "unknown key"),
    ],
)
def test_a_mistake_in_a_destination_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in DESK
    found = places(tmp_path, DESK.replace(old, new))
    if not says:
        assert found.problems == ()  # two parts of one digest at different times
        return
    assert (found.problems[0].line, says in found.problems[0].message) == (line, True), found.problems


def test_two_digests_of_one_name_at_one_time_are_a_mistake(tmp_path: Path) -> None:
    problems = places(tmp_path, DESK.replace('name: weekly\n        at: "09:00"', 'at: "08:00"')).problems
    assert "two digests at one time are called `digest`" in problems[0].message
