"""`varta why`, `varta watches check`, `varta watches try` and `varta rematch`: what they print and how they end."""

from __future__ import annotations

from pathlib import Path

import pytest

from alerts.model import Mode
from flows.house import House
from tests.flows.rooms import Clock, opened
from tests.flows.test_cli import Varta
from tests.flows.test_rematching import store

WATCHLIST = """
entities:
  - {id: rutte, names: {en: [Mark Rutte, Rutte], uk: [Марк Рютте, Рютте]}}
  - {id: patriot, weak: {en: [Patriot]}, needs: [missile]}
watches:
  - {id: talks, query: '@rutte AND (Україна OR Ukraine)', to: [desk]}
  - {id: hardware, query: '@rutte AND @patriot', to: [desk]}
  - {id: cycling, query: 'velodrome', to: [desk]}
"""
DESTINATIONS = 'destinations:\n  - {id: desk, slack: {webhook: "env:NOT_THERE"}}\n'
TEXT = "У Брюсселі зустрілися міністри. Марк Рютте назвав дві умови для України. Там говорили про гравця Patriot."
URL = "https://wire.example/one"
EVER = ("--days", "36500")


@pytest.fixture
def varta(tmp_path: Path) -> Varta:
    """A house with one article that `talks` matched."""
    with opened(tmp_path, "", watchlist=WATCHLIST, destinations=DESTINATIONS, clock=Clock()) as rooms:
        _store(rooms)
    return Varta(tmp_path, {"VARTA_HOME": str(tmp_path / "var")})


def _store(rooms: House) -> None:
    store(rooms, {"one": TEXT}, Mode.BACKFILL)


def change(varta: Varta, old: str, new: str, name: str = "watchlist") -> None:
    """Edit a configuration file as a user does."""
    path = varta.folder / "config" / f"{name}.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_why_tells_the_names_that_were_found_and_the_sentence(varta: Varta) -> None:
    told = varta("why", URL).stdout
    assert "talks matched because of 'Марк Рютте' (@rutte) and 'України' (Україна) in the sentence" in told
    assert "> [Марк Рютте] назвав дві умови для [України]." in told
    (one,) = varta.json("why", URL)["decisions"]
    assert (len(one["version"]), len(one["watchlist"]), one["lapsed"]) == (12, 12, None)
    hits = {(hit["term"], hit["surface"], hit["entity"]): hit for hit in one["hits"]}
    assert {"Марк Рютте", "Рютте"} <= {term for term, _, _ in hits}
    hit = hits["Україна", "України", ""]
    assert (hit["field"], TEXT[hit["start"] : hit["end"]]) == ("lead", "України")


def test_why_tells_what_the_other_watches_lacked(varta: Varta) -> None:
    told = varta("why", URL).stdout
    lacks = "@patriot (Patriot stands there, with nothing near it that it needs)"
    assert f"  hardware: has Марк Рютте, Рютте, Patriot; missing: {lacks}" in told
    assert "  of these nothing was found: cycling" in told
    assert varta.json("why", URL)["silent"] == [
        {
            "watch": "hardware", "outcome": "no_match", "found": ["Марк Рютте", "Рютте", "Patriot"],
            "missing": [lacks], "unwanted": [],
        },
        {"watch": "cycling", "outcome": "no_match", "found": [], "missing": ["velodrome"], "unwanted": []},
    ]  # fmt: skip


def test_why_of_one_watch_tells_of_no_other(varta: Varta) -> None:
    told = varta("why", URL, "--watch", "hardware").stdout
    assert "hardware: has" in told
    assert "talks" not in told
    assert varta.json("why", URL, "--watch", "talks")["silent"] == []
    assert "did you mean `talks`?" in varta("why", URL, "--watch", "tolks", expect=2).stderr


def test_why_tells_that_the_watchlist_changed_since(varta: Varta) -> None:
    change(varta, "velodrome", "Брюссель")
    change(varta, "@rutte AND (Україна OR Ukraine)", "@rutte AND Париж")
    told = varta("why", URL).stdout
    assert "cycling: matches with the watchlist as it is now: `varta rematch` stores that" in told
    assert "by an earlier version of the watch: `varta rematch --watch talks` brings it up to date" in told
    varta("rematch")
    told = varta("why", URL).stdout
    assert "cycling matched because of 'Брюсселі' (Брюссель)" in told
    assert "no longer, since the watch was changed: noticed at" in told
    assert "desk: not alerted" in told


def test_a_rematch_tells_its_counts(varta: Varta) -> None:
    change(varta, "velodrome", "Брюссель")
    done = varta.json("rematch", "--watch", "cycling")
    assert done == {
        "articles": 1, "without_text": 0, "failed": 0, "errors": [],
        "watches": [{"watch": "cycling", "new": 1, "renewed": 0, "lapsed": 0, "kept": 0}],
    }  # fmt: skip
    told = varta("rematch").stdout
    assert "articles matched again: 1; matches: 0 new, 0 renewed, 0 lapsed, 2 kept" in told
    assert "did you mean `cycling`?" in varta("rematch", "--watch", "ciclyng", expect=2).stderr
    assert "articles matched again: 0;" in varta("rematch", "--alerts", "digest").stdout


def test_a_watch_is_tried_and_tells_what_it_would_have_sent(varta: Varta) -> None:
    told = varta("watches", "try", "talks", *EVER).stdout
    assert "talks: 1 of 1 articles since 2025-02-12 match. Alerts, one for each story: 1, which is 0.0 a day" in told
    assert "goes to: desk" in told
    assert "  > [Марк Рютте] назвав дві умови для [України]." in told
    done = varta.json("watches", "try", "@rutte AND Париж", *EVER)
    assert (done["watch"], done["matched"], done["alerts"], done["alerts_per_day"]) == ("", 0, 0, 0)
    assert [(one["url"], one["missing"]) for one in done["near"]] == [(URL, ["Париж"])]
    assert "has Марк Рютте, Рютте; missing: Париж" in varta("watches", "try", "@rutte AND Париж", *EVER).stdout


def test_a_query_that_cannot_be_tried_is_wrong_usage(varta: Varta) -> None:
    assert "column 8" in varta("watches", "try", "Rutte (", expect=2).stderr
    assert "no entity is called @rute; did you mean `rutte`?" in varta("watches", "try", "@rute", expect=2).stderr
    assert "no watch is called `tolks`; did you mean `talks`?" in varta("watches", "try", "tolks", *EVER).stderr


def test_warnings_are_told_with_file_and_line_and_end_with_zero(varta: Varta) -> None:
    change(varta, "query: 'velodrome', to: [desk]", "query: 'velodrome source:bcb'")
    done = varta("watches", "check")
    file = f"{varta.folder}/config/watchlist.yaml"
    assert f"warning: {file}:8: watches `cycling` names no destination" in done.stdout
    assert "configuration ok" in done.stdout
    assert "note: not checked: which names stand nowhere: only" in done.stderr
    rows = varta.json("watches", "check")
    assert {row["severity"] for row in rows} == {"warning", "note"}
    assert {"severity": "warning", "lint": "no-destination", "file": file, "line": 8}.items() <= rows[0].items()


def test_the_check_makes_no_database(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.yaml").write_text("watches:\n  - {id: a, query: Odesa}\n")
    done = Varta(tmp_path)("watches", "check")
    assert "names no destination" in done.stdout
    assert "there is no database yet" in done.stderr
    assert not (tmp_path / "var").exists()


_DEEP = "(" * 60 + "Odesa" + ")" * 60
_LONG = " OR ".join(f"word{n}" for n in range(10_001))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("entities:\n  - {id: a, names: {en: ['']}}\n", 2, "entities `a`"),
        ("entities:\n  - id: a\n    names:\n      en: [Rutte, '...']\n", 4, "a name must hold a letter or a number"),
        (f"watches:\n  - {{id: a, query: '{_DEEP}'}}\n", 2, "brackets are nested deeper than 50"),
        (f"watches:\n  - {{id: a, query: '{_LONG}'}}\n", 2, "more than 10,000 words"),
        ("watches:\n  - {id: a, query: '(а+)+$'}\n", 2, "column 3"),
        ("watches:\n  - {id: a, query: 'NOT Odesa'}\n", 2, "must be absent"),
        ("watches:\n  - {id: a, query: '@nobody'}\n", 2, "no entity is called @nobody"),
        ("watches:\n  - {id: a, query: 'Odesa kind:agncy'}\n", 2, "did you mean `agency`?"),
        (
            "watches:\n  - {id: a, query: Odesa}\n  - {id: b, query: Kyiv}\n  - {id: a, query: Lviv}\n",
            4,
            "first on line 2",
        ),
        ("entities:\n  - {id: a, names: {en: [A]}}\n  - {id: a, names: {en: [B]}}\n", 3, "id `a` is used twice"),
        ("watches:\n  - {id: a, query: Odesa\n", 2, "expected ',' or '}'"),
        ("watches:\n\t- {id: a}\n", 2, "cannot start any token"),
        ("watches: []\nwatches: []\n", 2, "`watches` is written twice (first on line 1)"),
        ("wotches: []\n", 1, "unknown key `wotches`; did you mean `watches`?"),
        ("watches:\n  - {id: a, query: Odesa, to: [nobody]}\n", 2, "no destination is called `nobody`"),
        ("watches:\n  - {id: a, query: 5}\n", 2, "expected text"),
        ("watches:\n  - {id: a, qwery: Odesa}\n", 2, "did you mean `query`?"),
    ],
)
def test_a_mistake_is_told_with_file_and_line_and_ends_with_two(
    tmp_path: Path, text: str, line: int, says: str
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "watchlist.yaml").write_text(text, encoding="utf-8")
    done = Varta(tmp_path)("watches", "check", expect=2)
    told = [row for row in done.stderr.splitlines() if f"config/watchlist.yaml:{line}: " in row]
    assert any(says in row for row in told), done.stderr
    assert "Traceback" not in done.stderr
