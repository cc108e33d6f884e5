import random

from alerts import normalize
from alerts.model import Field
from alerts.reading import Reading
from tests.builders import make_article

_PIECES = (
    "Rutte", "п’ять", "F-16", "Ukraine's", "со\u00adфт", "за\u0301мок", "İ", "ﬁn", "\ud800", "中文", "ё", "Пyтин", " ",
    "\n", "\n\n", ". ", "-", "«", "\u200b", "٣", "'",
)  # fmt: skip


def test_words_are_those_that_the_index_of_articles_holds() -> None:
    dice = random.Random(1)
    for _ in range(2_000):
        title, text = ("".join(dice.choices(_PIECES, k=dice.randint(0, 9))) for _ in range(2))
        read = Reading(make_article(text, title))
        assert read.fields() == (normalize.words(title), normalize.words(text)), (title, text)


def test_every_word_is_found_where_it_was_written() -> None:
    dice = random.Random(2)
    for _ in range(500):
        title, text = ("".join(dice.choices(_PIECES, k=dice.randint(0, 9))) for _ in range(2))
        read = Reading(make_article(text, title))
        for number, token in enumerate([*normalize.tokens(title), *normalize.tokens(text)]):
            field, start, end, surface = read.where(number, number)
            whole = title if field is Field.TITLE else text
            assert (read.words[number], start, end, surface) == (token.text, token.start, token.end, whole[start:end])


def test_the_parts_of_an_article_have_their_words() -> None:
    read = Reading(make_article("Lead one.\n\nBody two.\n\nBody three.", "A title"))
    assert [read.range(part) for part in ("title", "lead", "body")] == [(0, 2), (2, 4), (4, 8)]
    alone = Reading(make_article("All of it.", "A title"))
    assert [alone.range(part) for part in ("lead", "body")] == [(2, 5), (2, 5)]
    without_lead = Reading(make_article("\n\nOnly body.\n\nMore.", "A title"))
    assert [without_lead.range(part) for part in ("lead", "body")] == [(2, 2), (2, 5)]
    assert Reading(make_article("", "")).words == []


def test_words_between_are_counted_as_people_count() -> None:
    read = Reading(make_article("Ukraine's F-16 long-range jets"))
    first, last = read.words.index("ukraine"), read.words.index("jets")
    assert read.between(first, last) == 2
