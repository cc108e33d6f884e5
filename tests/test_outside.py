from __future__ import annotations

import json
from pathlib import Path

import pytest

from alerts.errors import QueryError
from tests.outside import build_matcher, compile_query

DATA = Path(__file__).parents[1].parent / "shared" / "data" / "matching" / "uk.jsonl"


def test_a_matcher_tells_who_stands_where_in_the_original_text() -> None:
    find = build_matcher(
        [
            {"id": "ORG-NATO", "names": ["НАТО", "–"], "lang": "uk", "category": "ORG"},
            {"id": "PER-Rutte", "names": ["Марк Рютте"], "lang": "uk", "category": "PER"},
        ]
    )
    text = "Генсек НА\u00adТО Марк\u00a0Рютте"
    places = {name: text[start:end] for name, start, end in find(text)}
    assert places == {"ORG-NATO": "НА\u00adТО", "PER-Rutte": "Марк\u00a0Рютте"}


def test_a_query_is_asked_of_title_lead_and_body() -> None:
    holds = compile_query('@patriot AND "air defence" AND Kyiv', [{"id": "patriot", "names": {"en": ["Patriot"]}}])
    article = {"title": "Patriot arrives", "lead": "Air defence grows.", "body": "Kyiv is glad.", "language": "en"}
    assert holds(article)
    assert not holds(article | {"lead": None})


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("title:Patriot", True),
        ("title:air", False),
        ('lead:"air defence"', True),
        ("lead:Kyiv", False),
        ("body:Kyiv", True),
        ("body:air", False),
        ("Kyiv source:ukrinform", True),
        ("Kyiv site:ukrinform.net", True),
        ("Kyiv site:inform.net", False),
        ("Kyiv lang:en", True),
        ("Kyiv lang:uk", False),
        ("Kyiv NEAR/2 glad", True),
        ("grows NEAR/5 Kyiv", False),
    ],
)
def test_a_query_can_ask_of_the_parts_of_an_article_and_of_its_source(query: str, *, holds: bool) -> None:
    article = {
        "title": "Patriot arrives", "lead": "Air defence grows.", "body": "Kyiv is glad.\n\nMore is to come.",
        "language": "en", "source": "Ukrinform", "url": "https://www.ukrinform.net/a/1",
    }  # fmt: skip
    assert compile_query(query)(article) is holds


def test_an_article_without_a_lead_is_all_body() -> None:
    article = {"title": "Patriot arrives", "lead": "", "body": "Kyiv is glad.\n\nMore is to come."}
    assert compile_query("body:Kyiv body:more -lead:Kyiv")(article)


def test_a_bad_query_names_the_column() -> None:
    with pytest.raises(QueryError, match="column 3: "):
        compile_query("a (b OR c")


@pytest.mark.skipif(not DATA.exists(), reason="the scored texts are not beside this checkout")
def test_hits_on_marked_news_are_whole_words_that_name_the_entity() -> None:
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    names = {mention[5]: mention[3] for row in rows for mention in row["mentions"]}
    find = build_matcher([{"id": key, "names": [name], "lang": "uk"} for key, name in names.items()])
    right = total = 0
    for row in rows:
        marked = [(start, end, key) for start, end, _, _, _, key in row["mentions"]]
        for key, start, end in find(row["text"]):
            total += 1
            right += any(start < stop and begin < end and key == one for begin, stop, one in marked)
            assert not row["text"][start - 1 : start].isalpha() or start == 0
    assert total > 1000
    assert right / total > 0.85
