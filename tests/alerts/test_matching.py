import unicodedata

import pytest

from alerts import matching, watchlist
from alerts.errors import QueryError
from alerts.model import Field
from alerts.watchlist import Entity, Watch, Watchlist
from tests.builders import found, make_article, surfaces

RUTTE = Entity(id="rutte", names={"en": ("Mark Rutte", "Rutte"), "uk": ("Марк Рютте", "Рютте")})
US = Entity(id="us", names={"en": ("US",)})


def test_whole_words_are_found_and_parts_of_words_are_not() -> None:
    assert surfaces("NATO met. A senator spoke of natotal things.", "NATO") == ["NATO"]


def test_cyrillic_words_are_found() -> None:
    assert surfaces("Президент Зеленський заявив", "Зеленський") == ["Зеленський"]


def test_capitals_of_a_name_bind() -> None:
    assert surfaces("give us aid, said the US and the U.S. press", "@us", US) == ["US"]
    assert surfaces("a patriot bought a Patriot and a PATRIOT", "Patriot") == ["Patriot", "PATRIOT"]
    assert surfaces("Drone and drone and DRONE", "drone") == ["Drone", "drone", "DRONE"]


def test_exact_and_any_case_are_what_they_say() -> None:
    exact = Entity(id="e", names={"en": ("DeepState",)}, case="exact")
    any_case = Entity(id="a", names={"en": ("DeepState",)}, case="any")
    text = "DeepState, Deepstate, deepstate"
    assert surfaces(text, "@e", exact) == ["DeepState"]
    assert surfaces(text, "@a", any_case) == ["DeepState", "Deepstate", "deepstate"]


def test_words_of_a_name_stand_side_by_side() -> None:
    assert surfaces("Mark\nRutte; Mark “Rutte”", '"Mark Rutte"') == ["Mark\nRutte", "Mark “Rutte"]
    assert surfaces("He met Mark. Rutte left. Mark, Rutte.", '"Mark Rutte"') == []


def test_spellings_of_a_designation_are_one() -> None:
    assert surfaces("F-16, F16, F 16 and F‑16; not F-160 or XF-16", "F-16") == ["F-16", "F16", "F 16", "F‑16"]


def test_possessive_is_the_same_word() -> None:
    assert surfaces("Ukraine's security", "Ukraine") == ["Ukraine"]


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("Rutte Brussels", True),
        ("Rutte Paris", False),
        ("Paris OR Rutte", True),
        ("Rutte -Paris", True),
        ("Rutte -Brussels", False),
        ("Rutte AND (Paris OR NOT London)", True),
        ("Rutte AND (Paris OR NOT Brussels)", False),
        ("Rutte AND NOT (Brussels AND Paris)", True),
    ],
)
def test_operators_decide(query: str, *, holds: bool) -> None:
    assert bool(found("Rutte spoke in Brussels", query)) is holds


def test_title_and_text_are_searched_together() -> None:
    article = make_article("He spoke of Ukraine.", title="Rutte in Brussels")
    hits = found(article, "Rutte AND Ukraine")[0].hits
    assert [(hit.surface, hit.field) for hit in hits] == [("Rutte", Field.TITLE), ("Ukraine", Field.LEAD)]


def test_offsets_point_at_the_surface_in_the_original() -> None:
    text = "Ра\u00adзом: Марк\u00a0Рютте сказав."
    hit = found(text, "@rutte", RUTTE)[0].hits[0]
    assert text[hit.start : hit.end] == hit.surface == "Марк\u00a0Рютте"


def test_an_entity_is_found_by_any_of_its_names() -> None:
    assert surfaces("Рютте and Rutte", "@rutte", RUTTE) == ["Рютте", "Rutte"]


def test_a_weak_name_counts_only_beside_what_it_needs() -> None:
    entity = Entity(id="p", names={"en": ("Patriot battery",)}, weak={"en": ("Patriot",)}, needs=("missile", "@us"))
    assert surfaces("A Patriot missile", "@p", entity, US) == ["Patriot"]
    assert surfaces("The US sent a Patriot", "@p", entity, US) == ["Patriot"]
    assert surfaces("A Patriot at heart.\n\nA missile flew.", "@p", entity, US) == []
    assert surfaces("A Patriot battery", "@p", entity, US) == ["Patriot battery"]


def test_needs_bind_every_name_when_there_is_no_weak_one() -> None:
    entity = Entity(id="j", names={"en": ("Javelin",)}, needs=("missile",))
    assert surfaces("She threw the Javelin far", "@j", entity) == []
    assert surfaces("A Javelin missile", "@j", entity) == ["Javelin"]


def test_two_entities_that_need_each_other_end() -> None:
    one = Entity(id="one", names={"en": ("Alpha",)}, needs=("@two",))
    two = Entity(id="two", names={"en": ("Beta",)}, needs=("@one",))
    assert surfaces("Alpha and Beta", "@one OR @two", one, two) == []


def test_a_veto_phrase_takes_back_the_hit_that_it_covers() -> None:
    entity = Entity(id="z", names={"en": ("Trump",)}, not_=("Trump Tower",))
    assert surfaces("Trump left Trump Tower", "@z", entity) == ["Trump"]


def test_the_excerpt_is_the_sentence_with_the_most_terms_and_marks_them() -> None:
    text = "Rutte came. In Brussels Mark Rutte spoke of Ukraine. Ukraine thanked him."
    excerpt = found(text, "@rutte AND Ukraine", RUTTE)[0].excerpt
    assert excerpt.text == "In Brussels Mark Rutte spoke of Ukraine."
    assert [excerpt.text[a:b] for a, b in excerpt.marks] == ["Mark Rutte", "Ukraine"]


def test_the_title_is_the_excerpt_when_the_text_has_nothing() -> None:
    excerpt = found(make_article("Nothing here.", title="Rutte speaks"), "Rutte")[0].excerpt
    assert (excerpt.text, excerpt.field) == ("Rutte speaks", Field.TITLE)


def test_a_long_sentence_is_cut_at_words_around_the_hit() -> None:
    text = "слово " * 200 + "Рютте " + "слово " * 200
    excerpt = found(text, "Рютте")[0].excerpt
    assert len(excerpt.text) <= 400
    assert excerpt.text.startswith("… слово")
    assert [excerpt.text[a:b] for a, b in excerpt.marks] == ["Рютте"]


def test_abbreviations_end_no_sentence() -> None:
    text = "Gen. Smith of the U.S. Army met Mr. Rutte in Brussels. He left."
    assert found(text, "Rutte")[0].excerpt.text == "Gen. Smith of the U.S. Army met Mr. Rutte in Brussels."


def test_a_match_carries_the_version_of_its_watch() -> None:
    loaded = watchlist.load(None)
    article = make_article("Mark Rutte said that Ukraine must be strong.")
    versions = {watch.id: watch.version for watch in loaded.watches}
    matches = matching.match(article, matching.compile(loaded))
    assert [(match.watch, match.version) for match in matches] == [("nato-on-ukraine", versions["nato-on-ukraine"])]


def test_hostile_text_is_matched_without_an_exception() -> None:
    for text in ("\ud800" * 50, "а" * 100_000, "(" * 5_000, "\x00Rutte\x00", "İ" * 3_000):
        found(text, "Rutte OR @rutte", RUTTE)


def test_a_topic_is_a_named_query() -> None:
    compiled = matching.compile(Watchlist(topics={"required": "Ukraine OR NATO"}))
    assert matching.matches_topic(make_article("NATO met"), compiled, "required")
    assert not matching.matches_topic(make_article("The band Rammstein played"), compiled, "required")


def test_the_shipped_topic_keeps_defence_and_drops_the_rest() -> None:
    compiled = matching.compile(watchlist.load(None))
    for text in ("Ukraine's army", "Допомога Україні зросла", "НАТО усиливает ПВО", "a new frigate"):
        assert matching.matches_topic(make_article(text), compiled, "required"), text
    for text in ("A cake recipe", "Концерт гурту у Львові", "Чемпионат по плаванию"):
        assert not matching.matches_topic(make_article(text), compiled, "required"), text


def test_capitals_of_a_quoted_phrase_do_not_bind() -> None:
    assert surfaces("storm shadow and STORM SHADOW", '"Storm Shadow"') == ["storm shadow", "STORM SHADOW"]


def test_accents_of_latin_letters_do_not_bind_in_either_form() -> None:
    for text in ("Orbán", unicodedata.normalize("NFD", "Orbán"), "Orban"):
        assert surfaces(text, "Orbán") == [text]
        assert surfaces(text, "Orban") == [text]


def test_a_name_does_not_reach_across_a_blank_line() -> None:
    assert surfaces("Thanks to Mark\n\nRutte left", '"Mark Rutte"') == []


def test_a_word_of_another_alphabet_is_whole_too() -> None:
    assert surfaces("Ζελένσκι και Κίεβο", "λέ") == []
    assert surfaces("Ζελένσκι και Κίεβο", "Κίεβο") == ["Κίεβο"]


def test_every_veto_of_many_is_heard() -> None:
    entity = Entity(id="p", names={"en": ("Patriot",)}, not_=("Patriot Act", "The Patriot Act"))
    assert surfaces("The Patriot Act. A Patriot. " * 50, "@p", entity) == ["Patriot"] * 50


def test_a_watch_is_found_by_each_of_its_terms_and_entities() -> None:
    watches = tuple(
        Watch(id=name, query=query)
        for name, query in {"word": "Brussels", "name": "@rutte", "either": "Paris OR Brussels", "no": "Paris"}.items()
    )
    compiled = matching.compile(Watchlist(entities=(RUTTE,), watches=watches))
    matches = matching.match(make_article("Rutte in Brussels"), compiled)
    assert [match.watch for match in matches] == ["word", "name", "either"]


def test_one_query_can_be_tried_on_its_own() -> None:
    compiled = matching.compile_one("@rutte", Watchlist(entities=(RUTTE,)))
    assert matching.match(make_article("Rutte"), compiled)
    with pytest.raises(QueryError, match="@ruthe; did you mean `rutte`"):
        matching.compile_one("@ruthe", Watchlist(entities=(RUTTE,)))


def test_every_place_of_an_entity_is_told() -> None:
    compiled = matching.compile(Watchlist(entities=(RUTTE, US)))
    hits = matching.entity_hits(make_article("Rutte and Rutte"), compiled)
    assert {name: [hit.start for hit in found] for name, found in hits.items()} == {"rutte": [0, 10]}
