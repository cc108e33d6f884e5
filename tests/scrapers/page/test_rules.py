from __future__ import annotations

import pytest

from scrapers.page import rules
from scrapers.source import ArticleRule

PAGE = """<html><body><h1>Загальна назва</h1><div class="wrap"><h2 class="t">Назва  новини</h2>
<div class="body"><p>Перший <b>абзац</b>.</p><div class="related"><p>Читайте також</p></div>
<ul><li><p>Пункт</p></li></ul><script>x()</script><p>Другий<br>абзац.</p><p> </p></div></div></body></html>"""


def test_paragraphs_come_in_order_without_what_is_dropped() -> None:
    found = rules.read(PAGE, ArticleRule(body=".body", title="h2.t", drop=(".related",)))
    assert found == rules.Ruled(text="Перший абзац.\n\nПункт\n\nДругий абзац.", title="Назва новини")


def test_nested_matches_of_the_body_are_read_once() -> None:
    assert rules.read(PAGE, ArticleRule(body="div")).text.count("Пункт") == 1


def test_an_outlet_without_paragraphs_is_read_by_lines() -> None:
    page = "<div class=b>One line of the story.<br><br>Another line of the story.</div>"
    assert rules.read(page, ArticleRule(body=".b")).text == "One line of the story.\n\nAnother line of the story."


def test_paragraphs_may_be_selected_themselves() -> None:
    assert rules.read(PAGE, ArticleRule(body=".body > p")).text == "Перший абзац.\n\nДругий абзац."


@pytest.mark.parametrize(
    ("body", "broken"),
    [(".gone", "`.gone` finds nothing"), ("p[", "no CSS selector"), (".body > p:last-child", "finds no text")],
)
def test_a_rotten_rule_says_why(body: str, broken: str) -> None:
    found = rules.read(PAGE, ArticleRule(body=body))
    assert found.text == ""
    assert broken in found.broken


def test_a_rule_for_the_title_alone_is_not_broken() -> None:
    assert rules.read(PAGE, ArticleRule(title="h2.t")) == rules.Ruled(title="Назва новини")
