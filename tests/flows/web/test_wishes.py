"""What a reader asked for by a link is obeyed by the next pass."""

from __future__ import annotations

from pathlib import Path

from alerts.links import Action, Claim
from alerts.model import DeliveryKind
from alerts.rules.mutes import Mute, MuteScope
from flows import answering, delivery
from storage import actions, mutes
from storage.engine import reading, transaction
from tests.flows.newsroom import Newsroom, newsroom, watch

DIGEST = (
    "destinations:\n"
    "  - {id: desk, slack: {webhook: 'env:TEST_WEBHOOK'}, digest: {at: '08:00', of: [low]}, timezone: UTC}\n"
)


def do(room: Newsroom, action: Action) -> None:
    with reading(room.house.engine) as session:
        subject = actions.find(session, room.sent(DeliveryKind.NEW)[-1].key)
    assert subject is not None
    answering.do(room.house, subject, Claim(action, subject.key), "Olena")


def test_a_watch_that_a_reader_wants_in_the_digest_comes_by_the_digest(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, destinations=DIGEST, database_url=database_url) as room:
        room.match()
        room.turn()
        do(room, Action.TO_DIGEST)
        asked = room.match()
        room.turn(minutes=5)
        assert room.outcomes() == {"first_report": 1, "digest": 1}
        assert room.reason(asked).startswith("a reader asked for it: the digest of ")
        with transaction(room.house.engine) as session:
            actions.forget_wish(session, "w", "desk")
        room.match()
        room.turn(minutes=5)
        assert room.outcomes() == {"first_report": 2, "digest": 1}


def test_a_story_that_a_reader_muted_says_no_more(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, destinations=DIGEST, database_url=database_url) as room:
        story = room.story()
        room.match(story)
        room.turn()
        do(room, Action.MUTE)
        room.article(story, "ministry")  # the first official source would be told at once
        room.turn(minutes=5)
        assert len(room.sent(DeliveryKind.UPDATE)) == 0


def test_what_has_not_left_when_its_story_is_muted_never_leaves(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, destinations=DIGEST, database_url=database_url) as room:
        room.match()
        delivery.prepare(room.house)
        do(room, Action.MUTE)
        assert [one.state for one in room.sent()] == ["cancelled"]
        assert room.outcomes() == {"muted": 1}


def test_a_story_that_is_muted_again_loses_what_came_since(tmp_path: Path, database_url: str) -> None:
    with newsroom(tmp_path, destinations=DIGEST, database_url=database_url) as room:
        room.match()
        delivery.prepare(room.house)
        with transaction(room.house.engine) as session:  # as a process that was killed before it could cancel left it
            mutes.put(session, Mute(MuteScope.STORY, "1", destination="desk"), room.clock.time)
        do(room, Action.MUTE)
        assert [one.state for one in room.sent()] == ["cancelled"]


def test_a_digest_names_the_watches_that_found_nothing_at_all(tmp_path: Path, database_url: str) -> None:
    watches = watch("w", priority="low") + watch("loud") + watch("fleet", query="Flotilla", priority="low")
    with newsroom(tmp_path, watches, destinations=DIGEST, database_url=database_url) as room:
        room.match()
        room.match(name="loud")
        room.turn()
        room.turn(hours=24)
        (digest,) = room.sent(DeliveryKind.DIGEST)
        assert "*Nothing found by* fleet'" in str(digest.payload["blocks"])
