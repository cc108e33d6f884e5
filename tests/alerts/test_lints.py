from pathlib import Path

import pytest

from alerts import lints, watchlist
from alerts.facts import Facts
from alerts.lints import Lint
from scrapers import yamlfile

SOURCES = {
    "ukrinform": Facts(frozenset({"ukrinform", "укрінформ"}), "agency", "ua"),
    "bbc": Facts(frozenset({"bbc", "bbc news"}), "outlet", "gb"),
}


def found(folder: Path, entities: str = "", watches: str = "") -> list[tuple[int, Lint, str]]:
    """What is told of a file whose entities begin on line 2, and whose watches follow them."""
    path = folder / "watchlist.yaml"
    path.write_text(f"entities:\n{entities}watches:\n{watches}", encoding="utf-8")
    mine = lints.own(yamlfile.read(path), watchlist.load(path))
    told = list(lints.look(mine, SOURCES, {"uk", "en"}))
    assert all(one.file == str(path) for one in told)
    return [(one.line, one.lint, one.message) for one in told]


def of_entity(folder: Path, fields: str) -> list[str]:
    told = found(folder, f"  - {{id: x, {fields}}}\n")
    assert all((line, lint) == (2, Lint.COMMON) for line, lint, _ in told)
    return [message for _, _, message in told]


def of_query(folder: Path, query: str) -> list[str]:
    return [message for _, _, message in found(folder, watches=f"  - {{id: w, query: '{query}', to: [desk]}}\n")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ("names: {en: [May]}", "`May` is a common word (en) and stands at the beginning of sentences, too"),
        ("names: {uk: [Рада]}", "`Рада` is a common word (uk)"),
        ("names: {en: [us]}", "`us` is a common word (en) and is found everywhere"),
        ("names: {uk: [Мерц]}, case: any", "`Мерц` has the form `мерцем`, a common word (uk)"),
        ("names: {uk: [мерц]}", "`мерц` has the form"),
    ],
)
def test_a_name_with_a_form_that_is_a_common_word_is_told(tmp_path: Path, fields: str, says: str) -> None:
    (message,) = of_entity(tmp_path, fields)
    assert message.startswith(f"entities `x`: {says}")


@pytest.mark.parametrize(
    "fields",
    [
        "names: {en: [US], uk: [США]}",  # the capitals bind
        "names: {uk: [Київ, Мерц], ru: [Лавров]}",  # a capital binds, and no form is a word as it stands there
        "names: {en: [Theresa May]}",
        "names: {en: [May]}, needs: [Downing]",
        "names: {en: [May]}, case: exact",
        "names: {uk: [Мерц]}, case: any, inflect: false",
        "names: {en: [HIMARS, Rutte]}",
    ],
)
def test_a_name_that_is_told_apart_from_common_words_is_no_finding(tmp_path: Path, fields: str) -> None:
    assert of_entity(tmp_path, fields) == []


def test_a_common_word_that_is_enough_to_match_is_told(tmp_path: Path) -> None:
    says = "watches `w`: `war` is a common word (en), and enough for this watch to match: add what must stand beside it"
    assert of_query(tmp_path, "war OR Odesa") == [says]
    assert of_query(tmp_path, "title:(Odesa OR war)") == [says]


@pytest.mark.parametrize(
    "query",
    ["war AND Odesa", "Odesa NEAR/5 war", 'Odesa OR ="us"', "Odesa AND NOT war", 'Odesa OR "war crimes"', "US OR NATO"],
)
def test_a_common_word_that_needs_others_is_no_finding(tmp_path: Path, query: str) -> None:
    assert of_query(tmp_path, query) == []


def test_a_watch_without_a_destination_is_told_with_its_line(tmp_path: Path) -> None:
    told = found(tmp_path, watches="  - {id: a, query: Odesa, to: [desk]}\n  - id: b\n    query: Odesa\n")
    assert [(line, lint) for line, lint, _ in told] == [(4, Lint.NOBODY)]
    assert "watches `b` names no destination" in told[0][2]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("Odesa source:ukrinfrom", "column 14: no source is called `ukrinfrom`; did you mean `ukrinform`?"),
        ("Odesa lang:fr", "column 12: no source is in the language `fr`"),
        ("Odesa country:de", "column 15: no source is of the country `de`"),
        ("Odesa AND NOT source:(bbc OR bcb)", "no source is called `bcb`; did you mean `bbc`?"),
    ],
)
def test_what_no_source_is_is_told_with_its_column(tmp_path: Path, query: str, says: str) -> None:
    (message,) = of_query(tmp_path, query)
    assert message.startswith("watches `w`: `query`, column ")
    assert message.endswith(says)


def test_what_sources_are_is_no_finding(tmp_path: Path) -> None:
    query = 'Odesa source:(укрінформ OR "BBC News") lang:uk country:GB kind:agency site:example.org author:smith'
    assert of_query(tmp_path, query) == []


def test_only_what_the_user_wrote_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.yaml"
    path.write_text("include: shipped\nwatches:\n  - {id: a, query: Odesa}\n")
    mine = lints.own(yamlfile.read(path), watchlist.load(path))
    assert [watch.id for _, watch in mine.watches] == ["a"]
    assert mine.entities == ()


def test_an_entry_with_a_mistake_and_one_written_twice_do_not_disturb(tmp_path: Path) -> None:
    watches = "  - {id: bad, query: 'x AND'}\n  - {id: a, query: Odesa}\n  - {id: a, query: Kyiv}\n  - nothing\n"
    assert [line for line, _, _ in found(tmp_path, watches=watches)] == [4]


def test_every_word_of_the_list_is_one_word_and_stands_there_once() -> None:
    text = Path("alerts/defaults/common_words.txt").read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        language, *words = line.split()
        assert (len(language), len(words) > 300) == (2, True)
