"""The shipped entities and watches: complete, without collisions, and each watch against texts of both kinds."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
import yaml

from alerts import matching, query, watchlist
from alerts.forms import latin
from alerts.normalize import words
from alerts.watchlist import Entity
from tests.builders import make_article

SHIPPED = watchlist.load(None)
WATCHES = {watch.id: watch for watch in SHIPPED.watches}
CASES: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parent / "watch_cases.yaml").read_text(encoding="utf-8")
)
LANGUAGES = {"en", "uk", "ru"}
FLOORS = {"person": 230, "role": 14, "organisation": 115, "weapon": 130, "place": 180, "event": 25}


def names(entity: Entity) -> list[tuple[str, str]]:
    """Every name with its language, weak ones too."""
    groups = [*entity.names.items(), *entity.weak.items()]
    return [(language, name) for language, group in groups for name in group]


@pytest.fixture(scope="module")
def compiled() -> matching.Compiled:
    return matching.compile(SHIPPED)


def test_loading_finds_nothing_wrong() -> None:
    assert SHIPPED.problems == ()


def test_there_are_enough_of_every_type() -> None:
    counted = Counter(entity.type for entity in SHIPPED.entities)
    assert counted.keys() == FLOORS.keys()
    assert {kind: count for kind, count in counted.items() if count < FLOORS[kind]} == {}


def test_no_two_files_hold_one_entity() -> None:
    assert [id_ for id_, count in Counter(entity.id for entity in SHIPPED.entities).items() if count > 1] == []


@pytest.mark.parametrize("entity", SHIPPED.entities, ids=lambda entity: entity.id)
def test_an_entity_has_names_in_three_languages_and_each_once(entity: Entity) -> None:
    assert {language for language, _ in names(entity)} >= LANGUAGES
    for group in (*entity.names.values(), *entity.weak.values()):
        assert len({tuple(words(name)) for name in group}) == len(group)
    for language, name in names(entity):
        assert re.search(r"[^\W\d_]", name), "a name of numbers alone finds every number"
        assert name not in entity.not_
        if language in ("uk", "ru"):
            assert not re.search("[ыэъё]" if language == "uk" else "[іїєґ]", name.casefold()), name


def test_no_word_mixes_alphabets() -> None:
    listed = [name for entity in SHIPPED.entities for _, name in names(entity)]
    listed += [word for entity in SHIPPED.entities for word in (*entity.needs, *entity.not_)]
    listed += [watch.query for watch in SHIPPED.watches]
    mixed = [
        word
        for text in listed
        for word in re.findall(r"[^\W\d_]+", text)
        if re.search("[a-z].*[а-яіїєґ]|[а-яіїєґ].*[a-z]", word.casefold())
    ]
    assert mixed == []


def test_no_name_stands_for_two_entities() -> None:
    """Of two that share a name one must ask for more: `weak` and `needs`."""
    owners: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for entity in SHIPPED.entities:
        for language, group in entity.names.items():
            for name in group:
                for spelled in (name, *latin(name, language)):
                    owners[tuple(words(spelled))].add(entity.id)
    assert {name: ids for name, ids in owners.items() if len(ids) > 1} == {}


def test_a_wikidata_id_is_one_and_of_one_entity() -> None:
    counted = Counter(entity.qid for entity in SHIPPED.entities if entity.qid)
    assert [qid for qid, count in counted.items() if count > 1 or not re.fullmatch(r"Q[1-9]\d*", qid)] == []


def test_the_shipped_topic_holds_without_the_shipped_entities(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.yaml"
    path.write_text("watches: [{id: own, query: Рютте}]", encoding="utf-8")
    compiled = matching.compile(watchlist.load(path))
    for text in ("Ukraine's allies", "в украинских городах", "ukrainische Armee", "Ракети влучили", "na Ukrainie"):
        assert matching.matches_topic(make_article(text), compiled, "required"), text
    for text in ("A cake recipe", "Курс долара на вівторок", "Чемпионат по плаванию", "Der Zug hatte Verspätung"):
        assert not matching.matches_topic(make_article(text), compiled, "required"), text


def test_every_watch_speaks_three_languages_and_names_nobody_to_alert() -> None:
    assert len(WATCHES) >= 17
    assert WATCHES.keys() == CASES.keys()
    entities = {entity.id for entity in SHIPPED.entities}
    for watch in WATCHES.values():
        assert watch.to == ()
        query.parse(watch.query)
        assert set(re.findall(r"@([\w-]+)", watch.query)) <= entities


@pytest.mark.parametrize("watch", CASES)
def test_a_watch_is_tried_on_enough_texts_of_every_language(watch: str) -> None:
    for texts in CASES[watch].values():
        assert len(texts) >= 5
        assert any(re.search("[іїєґ]", text) for text in texts)
        assert any(re.search("[а-я]", text) and not re.search("[іїєґ]", text) for text in texts)
        assert any(not re.search("[а-я]", text) for text in texts)


@pytest.mark.parametrize(
    ("watch", "kind", "text"),
    [(watch, kind, text) for watch, kinds in CASES.items() for kind, texts in kinds.items() for text in texts],
)
def test_a_watch_takes_what_it_is_for(compiled: matching.Compiled, watch: str, kind: str, text: str) -> None:
    title, _, rest = text.rpartition(" // ")
    found = {match.watch for match in matching.match(make_article(rest, title), compiled)}
    assert (watch in found) is (kind == "match")
