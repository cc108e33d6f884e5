import pytest

from alerts import matching, nearmiss
from alerts.nearmiss import Miss
from alerts.watchlist import Entity, Watch, Watchlist
from tests.builders import make_article

RUTTE = Entity(id="rutte", names={"en": ("Rutte",)}, not_=("Rutte street",))
PATRIOT = Entity(id="patriot", weak={"en": ("Patriot",)}, needs=("missile",), not_=("Patriot Act",))


def miss(text: str, query: str, title: str = "") -> Miss | None:
    compiled = matching.compile_one(query, Watchlist(entities=(RUTTE, PATRIOT)))
    return nearmiss.look(make_article(text, title), compiled).get("query")


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Rutte in Kyiv", "@rutte AND Kyiv AND Paris", Miss(("Rutte", "Kyiv"), ("Paris",))),
        ("Rutte", "@rutte AND Kyiv AND Paris", Miss(("Rutte",), ("Kyiv", "Paris"))),
        ("Paris, Kyiv", "@rutte Kyiv Paris", Miss(("Kyiv", "Paris"), ("@rutte",))),
        ("Rutte in Kyiv", '@rutte AND (Paris OR "New York")', Miss(("Rutte",), ('Paris OR "New York"',))),
        ("Rutte in Kyiv", "@rutte -Kyiv", Miss(("Rutte",), (), ("Kyiv",))),
        ("Rutte in Kyiv", "@rutte AND NOT (Kyiv Rutte)", Miss(("Rutte",), (), ("Kyiv AND Rutte",))),
        ("Rutte", "@rutte source:daily", Miss(("Rutte",), ("source:daily",))),
        ("Rutte x x x Kyiv", "Rutte ONEAR/2 Kyiv", Miss(("Rutte", "Kyiv"), ("Rutte ONEAR/2 Kyiv",))),
        ("Rutte x x x", "Rutte NEAR/2 Kyiv", Miss(("Rutte",), ("Kyiv",))),
        ("Rutte spoke", "ATLEAST/2 Rutte", Miss(("Rutte",), ("ATLEAST/2 Rutte",))),
        ("Rutte spoke", "title:(Rutte Kyiv) Rutte", Miss(("Rutte",), ("Kyiv",))),
        ("Rutte spoke", "intitle:Rutte", Miss(("Rutte",), ("title:Rutte",))),
        ("Rutte", "(Kyiv Paris) OR (Rutte Berlin)", Miss(("Rutte",), ("Berlin",))),
        ("nothing", "Paris OR Kyiv", Miss((), ("Paris OR Kyiv",))),
        ("nothing", "@rutte AND NOT Kyiv", Miss((), ("@rutte",))),
        (
            "A Patriot spoke",
            "@patriot",
            Miss(("Patriot",), ("@patriot (Patriot stands there, with nothing near it that it needs)",)),
        ),
        (
            "In Rutte street",
            "@rutte",
            Miss(("Rutte",), ("@rutte (Rutte stands there, with a phrase that rules it out)",)),
        ),
    ],
)
def test_what_an_article_has_and_lacks_is_told_as_a_query_writes_it(text: str, query: str, expected: Miss) -> None:
    assert miss(text, query) == expected


def test_of_a_watch_that_matches_nothing_is_told() -> None:
    assert miss("Rutte in Kyiv", "@rutte AND Kyiv") is None


def test_each_watch_is_told_apart() -> None:
    watches = (Watch(id="a", query="Rutte"), Watch(id="b", query="Kyiv"), Watch(id="c", query="Paris"))
    told = nearmiss.look(make_article("Rutte in Kyiv"), matching.compile(Watchlist(watches=watches)))
    assert told == {"c": Miss((), ("Paris",))}


def test_a_long_part_is_told_in_short() -> None:
    told = miss("Rutte", f"@rutte AND ({' OR '.join(f'word{n}' for n in range(50))})")
    assert told is not None
    assert told.missing[0].startswith("word0 OR word1")
    assert len(told.missing[0]) <= 120


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("@rutte AND Kyiv", "Rutte in Rome", "Berlin"),
        ("@rutte AND Kyiv AND Paris", "Kyiv, Paris", "Paris"),
        ("Rutte -Kyiv", "Rutte in Kyiv", "Kyiv"),
        ("title:Rutte", "Rutte", "Kyiv"),
        ("Rutte NEAR/1 Kyiv", "Rutte x x x x Kyiv", "Rutte"),
        ("@patriot", "The Patriot", "The missile"),
        ("(Rutte Kyiv) OR Paris", "Kyiv", "Berlin"),
    ],
)
def test_a_loosened_watch_holds_where_one_part_is_left_out(query: str, near: str, far: str) -> None:
    loose = nearmiss.loosened(matching.compile_one(query, Watchlist(entities=(RUTTE, PATRIOT))))
    assert loose is not None
    ((_, node),) = loose.watches
    assert node.holds(matching.find(make_article(near), loose))
    assert not node.holds(matching.find(make_article(far), loose))


def test_of_a_single_word_nothing_can_be_left_out() -> None:
    assert nearmiss.loosened(matching.compile_one("Rutte", Watchlist())) is None
