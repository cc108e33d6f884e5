import unicodedata
from collections.abc import Sequence

import pytest

from alerts import matching, plan, watchlist
from alerts.errors import QueryError
from alerts.facts import Facts
from alerts.leaves import Place
from alerts.model import Field
from alerts.reading import Reading
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


@pytest.mark.parametrize("turn", [1, -1])
def test_entities_that_need_each_other_are_found_in_whatever_order(turn: int) -> None:
    grad = Entity(id="grad", names={"en": ("BM-21",)}, weak={"en": ("Grad",)}, needs=("@uragan", "artillery"))
    uragan = Entity(id="uragan", names={"en": ("BM-27",)}, weak={"en": ("Uragan",)}, needs=("@grad",))
    compiled = matching.compile(Watchlist(entities=(grad, uragan)[::turn]))
    for text in ("Grad artillery and an Uragan fired.", "Grad, BM-21 and Uragan", "An Uragan and a BM-21"):
        assert set(matching.entity_hits(make_article(text), compiled)) == {"grad", "uragan"}, text
    assert matching.entity_hits(make_article("Grad and Uragan"), compiled) == {}


def test_a_spelling_that_is_named_weak_is_never_strong() -> None:
    stinger = Entity(id="s", names={"ru": ("Стингер",)}, weak={"en": ("Stinger",)}, needs=("missile",))
    assert surfaces("Kia built the Stinger. Стингер сбил вертолет.", "@s", stinger) == ["Стингер"]
    assert surfaces("A Stinger missile", "@s", stinger) == ["Stinger"]


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


@pytest.mark.parametrize(
    ("query", "text", "found_there"),
    [
        # forms: a word of a query in any inflection, a name in those of its language
        ("ракета", "Збито дві ракети, ще ракетою влучили.", ["ракети", "ракетою"]),
        ("missile", "Missiles and a missile's range", ["Missiles", "missile"]),
        ('"протиповітряна оборона"', "сили протиповітряної оборони", ["протиповітряної оборони"]),
        ("Шахед*", "Шахедами, шахедами, Шахед-136", ["Шахедами", "шахедами", "Шахед"]),
        ("шахед*", "Шахедами, шахедами", ["Шахедами", "шахедами"]),
        ("long-rang*", "long-range and long ranging, longrange", ["long-range", "long ranging"]),
        # this spelling alone
        ('="US"', "US us U.S. Us", ["US"]),
        ('="F-16"', "F-16 F16 F 16 F‑16 f-16", ["F-16", "F‑16"]),
        ('="ракета"', "ракета ракети Ракета", ["ракета"]),
        ("=«Знам'янка»", "у Знам’янка", ["Знам’янка"]),
        # near
        ("Rutte NEAR/2 Kyiv", "Kyiv saw that Rutte.", ["Kyiv", "Rutte"]),
        ("Rutte NEAR/1 Kyiv", "Kyiv saw that Rutte.", []),
        ("Rutte NEAR/0 Kyiv", "Rutte, Kyiv", ["Rutte", "Kyiv"]),
        ("Rutte ONEAR/2 Kyiv", "Kyiv saw that Rutte.", []),
        ("Rutte NEAR/3 Kyiv", "saw Rutte.\n\nKyiv saw", []),
        ("Rutte NEAR/3 Kyiv", "saw Rutte.\nKyiv saw", ["Rutte", "Kyiv"]),
        ("Rutte NEAR/2 jets", "Rutte's F-16 long-range jets", ["Rutte", "jets"]),
        ("Rutte NEAR/50 Rutte", "Rutte alone", []),
        ("Rutte NEAR/5 Rutte", "Rutte met Rutte", ["Rutte", "Rutte"]),
        ('(Rutte OR Stubb) NEAR/1 ("air base" OR @us)', "Stubb at an air base of the US", []),
        ('(Rutte OR Stubb) NEAR/2 ("air base" OR @us)', "Stubb at an air base of the US", ["Stubb", "air base"]),
        ("a1 NEAR/1 b1 NEAR/1 c1", "a1 b1 c1 and b1 alone", ["a1", "b1", "c1"]),
        # at least
        ("ATLEAST/2 Rutte", "Rutte and Rutte", ["Rutte", "Rutte"]),
        ("ATLEAST/3 Rutte", "Rutte and Rutte", []),
        ('ATLEAST/2 ("Mark Rutte" OR Rutte)', "Mark Rutte", []),
        # fields
        ("title:Rutte", "Rutte", []),
        ("lead:Kyiv", "Kyiv\n\nParis", ["Kyiv"]),
        ("lead:Paris", "Kyiv\n\nParis", []),
        ("body:Paris", "Kyiv\n\nParis", ["Paris"]),
        ("body:Kyiv", "Kyiv\n\nParis", []),
        ("body:Kyiv", "Kyiv and Paris", ["Kyiv"]),
        # nested and overlapping hits stay
        ('"Mark Rutte" OR Rutte', "Mark Rutte", ["Mark Rutte", "Rutte"]),
        # a mark that is written in a name may stand in the text
        ('"U.S."', "the U.S. Army, U. S. Army", ["U.S", "U. S"]),
        ('"Paris, Texas"', "Paris, Texas; Paris: Texas; Paris. Texas", ["Paris, Texas"]),
        ('"Paris Texas"', "Paris, Texas", []),
    ],
)
def test_every_row_of_the_query_table_finds_what_it_says(query: str, text: str, found_there: list[str]) -> None:
    assert surfaces(text, query, US) == found_there


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("Rutte source:wire", True),
        ('Rutte source:"THE WIRE"', True),
        ("Rutte source:(daily OR wire)", True),
        ("Rutte source:daily", False),
        ("Rutte -source:wire", False),
        ("Rutte site:wire.example", True),
        ("Rutte site:example", True),
        ("Rutte site:re.example", False),
        ("Rutte kind:agency", True),
        ("Rutte kind:official", False),
        ("Rutte lang:uk", True),
        ("Rutte lang:(en | ru)", False),
        ("Rutte country:UA", True),
        ("Rutte country:PL", False),
        ("Rutte author:коваль", True),
        ('Rutte author:"Іван Коваль"', True),
        ("Rutte author:Кова", False),
    ],
)
def test_facts_of_the_article_and_its_source_can_be_asked(query: str, *, holds: bool) -> None:
    article = make_article("Rutte", language="uk-UA", authors=("Іван Коваль",))
    facts = {"wire": Facts(frozenset(("wire", "the wire")), "agency", "ua")}
    assert bool(matching.match(article, matching.compile_one(query, Watchlist(), facts))) is holds


def test_what_is_not_known_of_a_source_is_not_as_asked() -> None:
    for query in ("Rutte kind:agency", "Rutte country:UA", "Rutte lang:uk", "Rutte author:Koval"):
        assert not found("Rutte", query)


def test_names_take_the_endings_of_their_language_and_latin_letters() -> None:
    entity = Entity(id="s", names={"uk": ("Олександр Сирський",), "ru": ("Сырский",)})
    text = "Сирського бачили з Олександром Сирським; Сырскому; Oleksandr Syrskyi; Syrsky; syrsky"
    assert surfaces(text, "@s", entity) == ["Олександром Сирським", "Сырскому", "Oleksandr Syrskyi", "Syrsky"]


def test_a_name_that_does_not_inflect_stands_as_it_is() -> None:
    fixed = Entity(id="s", names={"uk": ("Рамштайн",)}, inflect=False)
    assert surfaces("Рамштайн у Рамштайні", "@s", fixed) == ["Рамштайн"]


def test_needs_are_inflected_and_found_in_the_same_paragraph() -> None:
    entity = Entity(id="p", names={"uk": ("Patriot",)}, needs=("ракета",))
    assert surfaces("Patriot збив ракети.\n\nPatriot стоїть", "@p", entity) == ["Patriot"]


def test_a_hit_tells_its_field_and_the_entity_that_it_names() -> None:
    article = make_article("Рютте тут.\n\nІ там Rutte.", title="Rutte")
    hits = found(article, "@rutte OR Rutte", RUTTE)[0].hits
    assert [(hit.surface, hit.field, hit.entity, hit.start) for hit in hits] == [
        ("Rutte", Field.TITLE, "rutte", 0),
        ("Рютте", Field.LEAD, "rutte", 0),
        ("Rutte", Field.BODY, "rutte", 18),
    ]
    assert hits[1].term == "Рютте"


def test_the_field_that_earlier_versions_stored_is_read() -> None:
    assert Field("text") is Field.BODY
    with pytest.raises(ValueError, match="nowhere"):
        Field("nowhere")


def test_an_equal_watchlist_is_compiled_once() -> None:
    def made(query: str, name: str = "") -> Watchlist:
        return Watchlist(entities=(RUTTE,), watches=(Watch(id="w", query=query, name=name),))

    first = matching.compile(made("@rutte"))
    assert matching.compile(made("@rutte")) is first
    assert matching.compile(made("@rutte", "another name")) is not first
    assert matching.compile(made("Rutte")) is not first
    assert matching.compile(made("@rutte"), {"wire": Facts(kind="agency")}) is not first
    assert first.version == made("@rutte").version


def test_each_distinct_leaf_stands_once() -> None:
    watches = tuple(Watch(id=f"w{n}", query=f"Rutte AND (Kyiv OR word{n})") for n in range(5))
    assert len(matching.compile(Watchlist(watches=watches)).leaves) == 2 + 5


def test_an_entity_that_needs_an_unknown_one_costs_no_other() -> None:
    broken = Entity(id="b", names={"en": ("Patriot",)}, needs=("@nobody",))
    assert surfaces("Patriot and Rutte", "@b OR @rutte", broken, RUTTE) == ["Rutte"]


def test_a_long_and_hostile_text_is_read_to_its_end() -> None:
    query = 'Rutte NEAR/50 Kyiv OR ATLEAST/9 Kyiv OR Kyiv* OR title:Rutte OR "Rutte Kyiv" OR @rutte'
    for unit in (
        "Rutte Kyiv ",
        "Rutte. ",
        "Kyiv\n\n",
        "Kyi\u00adv\ud800 ",
        "\n \n",
        "Rutte\n" + " " * 9,
        "«" * 9 + "Kyiv",
    ):
        text = unit * (200_000 // len(unit)) + " Rutte Kyiv"
        assert found(text, query, RUTTE)[0].hits[-1].end >= len(text) - 5


def test_five_megabytes_are_read_in_one_pass() -> None:
    text = "Біля Києва тривають бої, Rutte каже. " * 140_000 + "Patriot"
    assert len(text) > 5_000_000
    assert surfaces(text, "Patriot NEAR/3 каже") == ["каже", "Patriot"]


def test_a_row_of_nears_asks_each_of_them_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty in a row were 2 to the power of 60 questions."""
    compared: list[int] = []
    followed = plan._followed

    def counted(before: Sequence[Place], after: Sequence[Place], reading: Reading, words: int) -> set[Place]:
        compared.append(len(before))
        return followed(before, after, reading, words)

    monkeypatch.setattr(plan, "_followed", counted)

    assert surfaces("Rutte " * 20, "Rutte NEAR/5 " * 60 + "Rutte") == ["Rutte"] * 20

    assert len(compared) == 2 * 60
    assert max(compared) <= 20


@pytest.mark.parametrize("text", ["l'Ukraine attaque", "d’Ukraine", "qu'Ukraine", "dell'Ukraine", "L'UKRAINE"])
def test_an_elided_article_is_no_part_of_a_name(text: str) -> None:
    assert surfaces(text, "Ukraine")[0].casefold() == "ukraine"


def test_the_two_letters_for_one_sound_are_one() -> None:
    assert surfaces("Слова Кита Келлоґа", '"Кит Келлог"') == ["Кита Келлоґа"]
