from pathlib import Path

import pytest

from alerts import matching, watchlist
from alerts.watchlist import Watchlist
from scrapers.errors import ConfigError
from tests.builders import make_article


def load(folder: Path, text: str) -> Watchlist:
    path = folder / "watchlist.yaml"
    path.write_text(text, encoding="utf-8")
    return watchlist.load(path, destinations={"desk-slack", "editor"})


GOOD = """
entities:
  - id: rutte
    type: person
    names: {en: ["Mark Rutte", "Rutte"], uk: "Рютте"}
    weak: {en: ["the Secretary General"]}
    needs: [NATO, "@nato"]
    not: [Rutte cheese]
    case: auto
    inflect: false
  - id: nato
    names: {en: [NATO]}
watches:
  - id: nato-on-ukraine
    name: NATO leadership on Ukraine
    query: '@rutte AND (Ukraine OR Україна)'
    priority: high
    to: [desk-slack, editor]
"""


def test_the_form_of_the_contract_is_read(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD)
    assert found.problems == ()
    rutte, watch = found.entities[0], found.watches[0]
    assert rutte.names == {"en": ("Mark Rutte", "Rutte"), "uk": ("Рютте",)}
    assert (rutte.needs, rutte.not_, rutte.inflect) == (("NATO", "@nato"), ("Rutte cheese",), False)
    assert (watch.priority, watch.to) == ("high", ("desk-slack", "editor"))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("@rutte AND (", "@rute AND (", 16, "column 1: no entity is called @rute; did you mean `rutte`?"),
        ("@rutte AND (", "@rutte AND ((", 16, "never closed"),
        ("priority: high", "priority: urgent", 17, "'low', 'normal', 'high' or 'critical'"),
        ("[desk-slack, editor]", "[desk-slak]", 18, "no destination is called `desk-slak`; did you mean `desk-slack`?"),
        ('"@nato"', '"@natto"', 7, "no entity is called @natto; did you mean `nato`?"),
        ("case: auto", "case: upper", 9, "'auto', 'exact' or 'any'"),
        ("type: person", "typ: person", 4, "unknown key `typ`; did you mean `type`?"),
        ('["Mark Rutte", "Rutte"]', '["Mark Rutte", "–"]', 5, "must hold a letter or a number"),
        ('["Mark Rutte", "Rutte"]', '["", "Rutte"]', 5, "must hold a letter or a number"),
        ("names: {en: [NATO]}", "type: x", 11, "needs `names`"),
        ("- id: nato\n", "- id: rutte\n", 11, "id `rutte` is used twice (first on line 3)"),
        ("watches:", "whatches:", 13, "unknown key `whatches`; did you mean `watches`?"),
    ],
)
def test_a_mistake_names_file_line_and_what_was_expected(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    problems = [str(problem) for problem in load(tmp_path, GOOD.replace(old, new, 1)).problems]
    assert any(f"watchlist.yaml:{line}: " in text and says in text for text in problems), problems


def test_a_bad_query_removes_its_own_watch_only(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD + "  - {id: broken, query: 'a AND'}\n  - {id: fine, query: drone}\n")
    assert [watch.id for watch in found.watches] == ["nato-on-ukraine", "fine"]
    assert [problem.line for problem in found.problems] == [19]


def test_a_watch_with_one_unknown_destination_keeps_the_others(tmp_path: Path) -> None:
    found = load(tmp_path, GOOD.replace("[desk-slack, editor]", "[nobody-here, editor]"))
    assert [watch.id for watch in found.watches] == ["nato-on-ukraine"]


@pytest.mark.parametrize("text", ["a: [", "- 1\n- 2", "\tx: 1", "'"])
def test_a_file_that_is_no_yaml_mapping_names_file_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"watchlist\.yaml:\d+: "):
        load(tmp_path, text)


def test_the_shipped_list_is_right_and_can_be_added_to(tmp_path: Path) -> None:
    shipped = watchlist.load(None)
    assert shipped.problems == ()
    own = load(tmp_path, "include: shipped\nwatches:\n  - {id: ramstein-group, query: Rammstein}\n")
    assert own.problems == ()
    assert {watch.id for watch in own.watches} == {watch.id for watch in shipped.watches}
    assert [watch.query for watch in own.watches if watch.id == "ramstein-group"] == ["Rammstein"]


def test_a_version_changes_with_the_query_and_the_entities_that_it_uses(tmp_path: Path) -> None:
    one = load(tmp_path, GOOD).watches[0].version
    assert load(tmp_path, GOOD).watches[0].version == one
    assert load(tmp_path, GOOD.replace("Ukraine OR", "Kyiv OR")).watches[0].version != one
    assert load(tmp_path, GOOD.replace('"Рютте"', '"Рюте"')).watches[0].version != one
    assert load(tmp_path, GOOD.replace("NATO leadership", "NATO heads")).watches[0].version == one


def test_a_version_changes_with_an_entity_that_is_only_needed(tmp_path: Path) -> None:
    one = load(tmp_path, GOOD).watches[0].version
    assert load(tmp_path, GOOD.replace("{en: [NATO]}", "{en: [NATO, OTAN]}")).watches[0].version != one


def test_a_version_changes_with_what_the_engine_knows_of_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def versions() -> tuple[str, str]:
        found = load(tmp_path, GOOD)
        return found.version, found.watches[0].version

    before = versions()
    monkeypatch.setattr(watchlist, "FORMS", watchlist.FORMS + 1)
    assert set(versions()).isdisjoint(before)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("titel:Rutte", "watches `broken`: `query`, column 1: no field is called `titel:`; did you mean `title`?"),
        ("Шах*", "column 1: `*` needs at least 4 letters"),
        ("a NEAR/99 b", "column 3: NEAR takes a number from 0 to 50"),
        ("source:tass", "column 1: the query only says"),
        ("(а+)+$", "column 3: `+` has no meaning here, there are no regular expressions"),
        ("@rute", "column 1: no entity is called @rute; did you mean `rutte`?"),
    ],
)
def test_a_mistake_in_a_query_is_shown_with_its_line_and_costs_no_other(tmp_path: Path, query: str, says: str) -> None:
    found = load(tmp_path, GOOD + f"  - {{id: broken, query: '{query}'}}\n  - {{id: fine, query: drone}}\n")
    (problem,) = found.problems
    assert problem.line == 19
    assert says in problem.message
    assert [watch.id for watch in found.watches] == ["nato-on-ukraine", "fine"]


def test_an_empty_file_watches_nothing_but_knows_the_shipped_topic(tmp_path: Path) -> None:
    found = load(tmp_path, "")
    assert (found.watches, found.problems) == ((), ())
    assert "required" in found.topics


def test_a_shipped_topic_works_without_the_shipped_entities_and_tracks_none_of_them(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.yaml"
    path.write_text("watches:\n  - {id: a, query: Odesa}\n", encoding="utf-8")
    compiled = matching.compile(watchlist.load(path))
    article = make_article("Марк Рютте приїхав до України.")
    assert matching.matches_topic(article, compiled, "required")
    assert matching.look(article, compiled) == ([], ())


@pytest.mark.parametrize(
    ("entity", "says"),
    [
        ("needs: ['@x']", ":2: entities `x`: @x needs itself"),
        ("not: ['@y']", ":2: entities `x`: `not` takes phrases"),
    ],
)
def test_an_entity_that_can_never_be_meant_so_is_told(tmp_path: Path, entity: str, says: str) -> None:
    read = load(tmp_path, f"entities:\n  - {{id: x, names: {{en: [Xerxes]}}, {entity}}}\n")

    assert [says in str(problem) for problem in read.problems] == [True]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("watches:\n  - id: w\n    query: @ukraine\n", "put what begins with @ in quotes"),
        ("watches:\n\t- {id: w, query: a}\n", "a tab, write blanks"),
    ],
)
def test_what_yaml_itself_refuses_is_explained(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load(tmp_path, text)
