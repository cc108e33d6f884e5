import pytest

from alerts import matching, nearmiss
from alerts.watchlist import Entity, Watchlist
from tests.builders import make_article

RUTTE = Entity(id="rutte", names={"en": ("Rutte",)})


def missing(text: str, query: str, title: str = "") -> str | None:
    return nearmiss.missing(make_article(text, title), matching.compile_one(query, Watchlist(entities=(RUTTE,))))


@pytest.mark.parametrize(
    ("text", "query", "part"),
    [
        ("Rutte in Kyiv", "@rutte AND Kyiv AND Paris", "Paris"),
        ("Paris, Kyiv", "@rutte Kyiv Paris", "@rutte"),
        ("Rutte in Kyiv", '@rutte AND (Paris OR "New York")', 'Paris OR "New York"'),
        ("Rutte in Kyiv", "@rutte -Kyiv", "NOT Kyiv"),
        ("Rutte in Kyiv", "@rutte AND NOT (Kyiv Rutte)", "NOT (Kyiv AND Rutte)"),
        ("Rutte", "@rutte source:daily", "source:daily"),
        ("Rutte x x x Kyiv", "Rutte ONEAR/2 Kyiv", "Rutte ONEAR/2 Kyiv"),
        ("Rutte spoke", "ATLEAST/2 Rutte", "ATLEAST/2 Rutte"),
        ("Rutte spoke", "title:(Rutte Kyiv) Rutte", "title:(Rutte AND Kyiv)"),
        ("Rutte spoke", "intitle:Rutte", "title:Rutte"),
    ],
)
def test_the_one_part_that_is_missing_is_told_as_it_is_written(text: str, query: str, part: str) -> None:
    assert missing(text, query) == part


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Rutte in Kyiv", "@rutte AND Kyiv"),  # holds
        ("Rutte", "@rutte AND Kyiv AND Paris"),  # two are missing
        ("nothing", "@rutte AND NOT Kyiv"),  # what holds by absence is no sign of an article
        ("nothing", "@rutte"),
        ("Rutte", "Rutte NEAR/2 Kyiv"),
        ("Rutte", "Paris OR Kyiv"),
    ],
)
def test_an_article_that_holds_or_is_far_away_misses_nothing(text: str, query: str) -> None:
    assert missing(text, query) is None


def test_a_long_part_is_told_in_short() -> None:
    many = " OR ".join(f"word{n}" for n in range(50))
    told = missing("Rutte", f"@rutte AND ({many})")
    assert told is not None
    assert told.startswith("word0 OR word1")
    assert len(told) <= 120
