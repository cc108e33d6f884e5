from pathlib import Path

import pytest

from scrapers import urls
from storage.engine import transaction
from storage.likeness.fingerprint import key_hash
from storage.tables import AliasRow, StoryRow
from tests.flows.newsroom import DESK, newsroom, watch
from tests.flows.test_cli import Varta

URL = "https://wire.example/1"


@pytest.fixture
def varta(tmp_path: Path) -> Varta:
    """A command line over a newsroom's files."""
    with newsroom(tmp_path, watch("w", query="'@rutte'")) as room, transaction(room.house.engine) as session:
        session.add(StoryRow(title="story", first_at=room.clock.time, last_at=room.clock.time))
    return Varta(tmp_path)


def test_what_is_muted_is_listed_until_it_is_lifted(varta: Varta) -> None:
    told = varta("mute", "story", "1", "--for", "3h", "--comment", "seen it").stderr
    assert "story 1 is muted until 2" in told
    varta("mute", "watch", "w", "--destination", "desk")
    varta("mute", "entity", "rutte", "--until", "2099-01-01T08:00")
    varta("mute", "source", "wire")
    varta("mute", "destination", "desk")
    rows = varta.json("mutes")
    assert [(one["scope"], one["ref"], one["destination"]) for one in rows] == [
        ("story", "1", ""), ("watch", "w", "desk"), ("entity", "rutte", ""), ("source", "wire", ""),
        ("destination", "desk", ""),
    ]  # fmt: skip
    assert rows[2]["until"] == "2099-01-01T06:00:00+00:00"  # 08:00 in Kyiv
    assert rows[0]["comment"] == "seen it"
    varta("unmute", "story", "1")
    varta("unmute", "watch", "w", "--destination", "desk")
    assert len(varta.json("mutes")) == 3
    assert "mutes: 3" in varta("mutes").stdout
    assert "story 1 is not muted" in varta("unmute", "story", "1", expect=1).stderr


def test_to_mute_again_changes_how_long(varta: Varta) -> None:
    varta("mute", "watch", "w", "--for", "3h")
    varta("mute", "watch", "w")
    assert [one["until"] for one in varta.json("mutes")] == [None]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("outlet", "x"), "outlet"),
        (("watch", "w", "--for", "soon"), "expected a duration such as"),
        (("watch", "w", "--until", "2001-01-01"), "has passed"),
        (("watch", "w", "--until", "2099-01-01", "--for", "3h"), "both say when it ends"),
        (("watch", "w", "--until", "2099-01-01", "--zone", "Europe/Kiyv"), "no time zone is called"),
    ],
)
def test_a_mute_that_makes_no_sense_is_refused(varta: Varta, words: tuple[str, ...], says: str) -> None:
    assert says in varta("mute", *words, expect=2).stderr
    assert varta.json("mutes") == []


def test_why_tells_outcome_reason_and_until(tmp_path: Path) -> None:
    quiet = DESK.replace("}}", "}, quiet: '22:00-07:00'}")
    with newsroom(tmp_path, watch("w"), quiet) as room:
        room.clock.forward(hours=10)
        room.match()
        with transaction(room.house.engine) as session:
            key = key_hash(urls.url_key(URL))
            session.add(AliasRow(url_key=key, url=URL, article_id=1))
        room.turn()
    varta = Varta(tmp_path)
    decision = varta.json("why", URL)["decisions"][0]
    assert decision["outcome"] == "quiet"
    assert decision["reason"] == "quiet hours 22:00-07:00: held until 2026-11-24 07:00"
    assert decision["until"] == "2026-11-24T05:00:00+00:00"
    assert "desk: held: quiet hours 22:00-07:00: held until 2026-11-24 07:00" in varta("why", URL).stdout
