"""What may be muted, and what is said of the rest, on the command line and on the Prefect page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.rules.mutes import Mute, MuteScope
from flows import mute, silences
from flows.silences import MuteError
from scrapers import urls
from storage import mutes
from storage.engine import reading, transaction
from storage.likeness.fingerprint import key_hash
from storage.tables import AliasRow
from tests.flows.newsroom import DESK, Newsroom, newsroom, watch
from tests.flows.test_cli import Varta

KYIV, LONDON = ZoneInfo("Europe/Kyiv"), ZoneInfo("Europe/London")
STORY, WATCH, DESTINATION = MuteScope.STORY, MuteScope.WATCH, MuteScope.DESTINATION
URL = "https://wire.example/1"
LOOSE = "https://wire.example/2"  # of an article without a story


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Newsroom:
    """A newsroom with an article in a story and one without, for commands and flows that open it anew."""
    for name, value in {
        "HOME": tmp_path / "var",
        "CONFIG_DIR": tmp_path / "config",
        "DATABASE_URL": database_url,
    }.items():
        monkeypatch.setenv(f"VARTA_{name}", str(value))
    with newsroom(tmp_path, watch("w", query="'@rutte'"), DESK, database_url=database_url) as opened:
        told, loose = opened.article(opened.story()), opened.article(opened.story(), story_id=None)
        with transaction(opened.house.engine) as session:
            for url, article in ((URL, told), (LOOSE, loose)):
                session.add(AliasRow(url_key=key_hash(urls.url_key(url)), url=url, article_id=article))
    return opened


@pytest.fixture
def varta(tmp_path: Path, database_url: str) -> Varta:
    return Varta(tmp_path, {"VARTA_DATABASE_URL": database_url})


def held(room: Newsroom) -> tuple[Mute, ...]:
    with reading(room.house.engine) as session:
        return mutes.active(session, room.clock.time)


REFUSED = [
    (("watch", "v", ""), "no watch is called `v`"),
    (("source", "wier", ""), "no source is called `wier`; did you mean `wire`?"),
    (("entity", "rute", ""), "no entity is called `rute`; did you mean `rutte`?"),
    (("destination", "desc", ""), "no destination is called `desc`; did you mean `desk`?"),
    (("story", "99", ""), "no story has the number 99: see `varta stories`, or give the URL of an article"),
    (
        ("story", "9" * 30, ""),
        f"no story has the number {'9' * 30}: see `varta stories`, or give the URL of an article",
    ),
    (("story", "first", ""), "no story has the number first: see `varta stories`, or give the URL of an article"),
    (("story", "https://no.example/1", ""), "no article is stored that has the address https://no.example/1"),
    (("story", LOOSE, ""), f"the article has no story yet, mute its source or a watch: {LOOSE}"),
    (("watch", "w", "dusk"), "no destination is called `dusk`; did you mean `desk`?"),
    (("destination", "desk", "desk"), "a destination to mute for goes with a story, watch, entity or source"),
]


@pytest.mark.parametrize(("asked", "says"), REFUSED)
def test_command_and_page_refuse_with_the_same_sentence(
    room: Newsroom, varta: Varta, asked: tuple[str, str, str], says: str
) -> None:
    scope, ref, to = asked
    options = ("--destination", to) if to else ()
    assert varta("mute", scope, ref, *options, expect=2).stderr == f"{says}\n"
    state = mute.mute.fn(MuteScope(scope), ref, destination=to or "all destinations")
    assert (state.is_failed(), state.message) == (True, says)
    assert held(room) == ()


@pytest.mark.parametrize(
    ("muted_for", "asked", "says"),
    [
        ("", ("v", ""), "watch v is not muted"),
        ("", ("ww", ""), "watch ww is not muted; did you mean `w`?"),
        ("", ("w", "desk"), "watch w is not muted for desk, but for all destinations"),
        ("desk", ("w", ""), "watch w is not muted, but for desk"),
    ],
)
def test_command_and_page_say_why_nothing_was_lifted(
    room: Newsroom, varta: Varta, muted_for: str, asked: tuple[str, str], says: str
) -> None:
    ref, to = asked
    varta("mute", "watch", "w", *(("--destination", muted_for) if muted_for else ()))
    assert varta("unmute", "watch", ref, *(("--destination", to) if to else ()), expect=1).stderr == f"{says}\n"
    state = mute.mute.fn(WATCH, ref, destination=to or "all destinations", do="lift")
    assert (state.is_failed(), state.message) == (True, says)
    assert len(held(room)) == 1


@pytest.mark.parametrize("ref", [URL, f"{URL}?utm_source=x", f" {URL} ", "1", "01"])
def test_a_story_is_named_by_its_number_or_by_an_article_of_it(room: Newsroom, varta: Varta, ref: str) -> None:
    assert "story 1 is muted until it is lifted" in varta("mute", "story", ref).stderr
    assert [(one.scope, one.ref) for one in held(room)] == [(STORY, "1")]
    assert "story 1 is muted no more" in varta("unmute", "story", ref).stderr
    assert held(room) == ()


def test_an_address_that_nobody_knows_lifts_nothing(room: Newsroom) -> None:
    with pytest.raises(MuteError, match="no article is stored that has the address"):
        silences.reference(room.house, STORY, "https://no.example/1")


@pytest.mark.parametrize(
    ("now", "zone", "end"),
    [
        ("2026-11-23 04:59", KYIV, "2026-11-23 05:00"),
        ("2026-11-23 05:00", KYIV, "2026-11-24 05:00"),
        ("2026-11-23 22:30", KYIV, "2026-11-24 05:00"),  # past midnight in Kyiv
        ("2026-11-23 05:00", LONDON, "2026-11-23 07:00"),
        ("2026-10-24 12:00", KYIV, "2026-10-25 05:00"),  # the clocks change in this night
        ("2026-03-28 12:00", KYIV, "2026-03-29 04:00"),
    ],
)
def test_until_morning_ends_at_the_next_seven_o_clock_of_the_reader(now: str, zone: ZoneInfo, end: str) -> None:
    begun, ended = (datetime.fromisoformat(f"{time}+00:00") for time in (now, end))
    assert silences.ending(begun, None, zone) == ended
    assert silences.ending(begun, timedelta(hours=4), zone) == begun + timedelta(hours=4)


def test_times_are_told_where_the_reader_is(tmp_path: Path) -> None:
    with newsroom(tmp_path, destinations=DESK.replace("}}", "}, timezone: Europe/London}")) as room:
        assert silences.zone_of(room.house, DESTINATION, "desk", "") == LONDON
        assert silences.zone_of(room.house, WATCH, "w", "desk") == LONDON
        assert silences.zone_of(room.house, WATCH, "desk", "") == KYIV
        end = datetime(2026, 11, 24, 5, tzinfo=UTC)
        both = [Mute(WATCH, "w", end, "desk"), Mute(WATCH, "w", end)]
        rows = silences.table(both, {}, room.house)
    assert [(row["until"], row["destination"]) for row in rows] == [
        ("2026-11-24 05:00 London", "desk"),
        ("2026-11-24 07:00 Kyiv", "all"),
    ]
    assert silences.told(both[0], 2, LONDON) == [
        "watch w is muted for desk until 2026-11-24 05:00 London",
        "messages that had not left yet and were cancelled: 2",
    ]


def test_what_others_wrote_means_nothing_in_the_table(tmp_path: Path) -> None:
    with newsroom(tmp_path) as room:
        wanted = Mute(STORY, "1", None, "", "<b>x</b>", "![a](http://evil.example)")
        (row,) = silences.table([wanted], {1: "**bold** | `code`"}, room.house)
    assert row["what"] == r"1: \*\*bold\*\* \| \`code\`"
    assert row["by"] == r"\<b\>x\</b\>"
    assert row["comment"] == r"\!\[a\](http://evil.example)"
