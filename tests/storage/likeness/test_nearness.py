from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from storage.likeness import nearness, shingles
from storage.likeness.nearness import Kind, Known
from tests.outside import NearDuplicates
from tests.storage.builders import BODY, OTHER
from tests.storage.likeness.test_shingles import CHINESE, THAI

BULLETINS = Path(__file__).parents[2].parent / "shared" / "data" / "duplicates" / "bulletins.jsonl"
FOOTER = (
    "Subscribe to our channel and read the most important stories first. If you have found a spelling error, select "
    "it and press the two keys. Reprinting is allowed with a direct link in the first paragraph, and all rights "
    "remain with the editors of this site."
)
LOSSES = (
    "The General Staff published the losses of the enemy as of {day} October. Over the past day the defence forces "
    "eliminated {men} soldiers and destroyed {tanks} tanks and {guns} artillery systems. The data are being "
    "clarified, and the calculation is complicated by the high intensity of hostilities."
)


def prose(seed: int, words: int = 120) -> str:
    """Sentences of words that no other seed has."""
    return " ".join(f"w{seed}x{n}" + ("." if n % 12 == 11 else "") for n in range(words))


def losses(day: int) -> str:
    return LOSSES.format(day=day, men=1000 + 37 * day, tanks=3 + day, guns=20 + 2 * day)


def kind_of(text: str, earlier: str, *, is_own: bool = False) -> Kind | None:
    likeness = nearness.compare(shingles.read(text), shingles.read(earlier), is_own=is_own)
    return likeness.kind if likeness else None


def holding(*texts: str, outlet: str = "wire") -> NearDuplicates:
    index = NearDuplicates()
    for number, text in enumerate(texts):
        index.add(str(number), text, outlet)
    return index


def test_the_same_words_are_exact_whatever_their_marks() -> None:
    assert kind_of(BODY.upper().replace(" ", "\u00a0"), BODY) is Kind.EXACT


def test_a_text_with_every_tenth_word_edited_is_near() -> None:
    words = prose(1).split()
    edited = " ".join(f"new{n}" if n % 10 == 5 else word for n, word in enumerate(words))
    found = nearness.compare(shingles.read(edited), shingles.read(prose(1)))
    assert found is not None
    assert found.kind is Kind.NEAR
    assert 0.5 < found.score < 0.7


def test_a_text_around_an_earlier_one_contains_it_and_the_other_way_round() -> None:
    around = f"{prose(1)} {BODY} {prose(2)}"
    assert kind_of(around, BODY) is Kind.CONTAINS
    assert kind_of(BODY, around) is Kind.CONTAINED


def test_the_first_quarter_is_contained() -> None:
    assert kind_of(" ".join(prose(1, 160).split()[:40]), prose(1, 160)) is Kind.CONTAINED


def test_sentences_in_another_order_are_near() -> None:
    assert kind_of(". ".join(reversed(prose(1).split(". "))), prose(1)) is Kind.NEAR


def test_different_texts_have_nothing_in_common() -> None:
    assert kind_of(BODY, OTHER) is None
    assert kind_of("", "") is None


def test_a_report_that_quotes_a_paragraph_of_background_is_another_text() -> None:
    background = prose(0, 68)
    assert kind_of(f"{prose(1, 52)} {background}", f"{prose(2, 52)} {background}") is None


def test_a_new_lead_is_a_copy_elsewhere_and_news_from_the_same_outlet() -> None:
    rest = prose(0, 84)
    one, other = f"{prose(1, 36)} {rest}", f"{prose(2, 36)} {rest}"
    assert kind_of(one, other) is Kind.NEAR
    assert kind_of(one, other, is_own=True) is None


def test_short_texts_are_copies_only_when_their_words_are_the_same() -> None:
    flash = "Air raid alert in Kyiv and eleven regions, go to the shelters at once, drones come from the north."
    assert kind_of(f"{flash} More about that follows soon.", f"{flash} More about that follows later.") is None
    assert kind_of(flash.lower(), flash) is Kind.EXACT


def test_a_short_text_repeats_only_what_its_own_outlet_wrote() -> None:
    flash = shingles.read("Air raid alert in Kyiv")
    known = {1: Known("wire", 2), 2: Known("courier", 2)}
    assert list(nearness.judge(flash, "wire", {1: flash, 2: flash}, known, ())) == [1]
    assert holding("Air raid alert in Kyiv").find("Air raid alert in Kyiv", "courier") == []


def test_texts_that_were_cut_are_never_exact() -> None:
    long = prose(1, 30_000)
    assert kind_of(f"{long} one end", f"{long} another end") is Kind.NEAR


def test_bulletins_of_two_days_are_editions_of_a_template() -> None:
    assert kind_of(losses(2), losses(1)) is Kind.TEMPLATE


def test_a_bulletin_full_of_constants_is_an_edition_too() -> None:
    constants = "Since 24 February 2022 guns of 155, 152 and 122 mm, 6 corps and 11 groups on 1200 km are counted in by"
    constants += " rule 7 of order 300, form 14 of list 51, and article 9 of law 2116"
    assert kind_of(f"{constants} {losses(2)}", f"{constants} {losses(1)}") is Kind.TEMPLATE


@pytest.mark.parametrize(
    ("form", "one", "other"),
    [
        ("On {} the enemy shelled the district {} times", ("Monday", "three"), ("Tuesday", "five")),
        ("У {} ворог обстріляв громаду, поранено {} людей", ("понеділок", "трьох"), ("вівторок", "чотирьох")),
        ("В {} противник обстрелял район, ранены {} человека", ("среду", "три"), ("четверг", "четыре")),
    ],
)
def test_numbers_and_days_in_words_make_editions(form: str, one: tuple[str, str], other: tuple[str, str]) -> None:
    texts = [f"{form.format(*words)}, the head of the region said. {prose(1, 40)}" for words in (one, other)]
    assert kind_of(*texts) is Kind.TEMPLATE


def test_a_copy_of_a_bulletin_with_another_frame_is_no_edition() -> None:
    assert kind_of(f"Kyiv, 12 May, 14:35. {losses(2)} Source: 24 channel.", losses(2)) is Kind.NEAR


def test_a_bulletin_is_linked_to_other_days_as_template_and_to_its_copy_as_near() -> None:
    index = holding(*(losses(day) for day in range(1, 31)))
    found = {name: kind for name, kind, _ in index.find(f"{losses(30)} Read more.", "courier")}
    assert found.pop("29") == "near"
    assert found
    assert set(found.values()) == {"template"}
    assert {kind for _, kind, _ in index.find(losses(31), "wire")} == {"template"}


def test_one_bulletin_of_a_series_that_has_the_same_number_by_chance_is_an_edition() -> None:
    form = "At night {} drones were shot down over {}. Nothing is known of damage. " + prose(1, 40)
    index = holding(*(form.format(10 + n, f"Sumy and {n}th place") for n in range(4)))
    assert {kind for _, kind, _ in index.find(form.format(12, "Odesa and Poltava"), "wire")} == {"template"}


def test_a_footer_that_an_outlet_sets_under_everything_makes_no_copies() -> None:
    texts = [f"{prose(n, 40)} {FOOTER}" for n in range(40)]
    index = holding(*texts[:30])
    assert [index.find(text, "wire") for text in texts[30:]] == [[]] * 10
    assert [name for name, _, _ in index.find(prose(7, 40), "courier")] == ["7"]


def test_the_first_articles_of_an_outlet_are_not_merged_by_its_footer() -> None:
    index = NearDuplicates()
    for number in range(6):
        text = f"{prose(number, 40)} {FOOTER}"
        assert index.find(text, "wire") == []
        index.add(str(number), text, "wire")


def test_a_paragraph_is_worn_only_when_one_outlet_repeats_it() -> None:
    known = {number: Known(outlet=f"outlet{number % 5}", keys=9) for number in range(25)}
    assert nearness.worn({1: range(4), 2: range(20)}, known) == frozenset()
    assert nearness.worn({1: range(4), 2: range(25)}, known) == {2}


def test_a_wire_text_that_forty_outlets_carry_is_found() -> None:
    index = NearDuplicates()
    for number in range(40):
        index.add(str(number), f"Outlet {number} reports. {prose(1)}", f"outlet{number}")
    assert index.find(f"Courier. {prose(1)}", "courier")


def test_a_stored_text_that_is_gone_is_no_candidate() -> None:
    text = shingles.read(BODY)
    assert nearness.candidates(text, dict.fromkeys(text.keys, (7,)), {}, ()) == ()


@pytest.mark.parametrize("text", [CHINESE, THAI])
def test_texts_without_word_spaces_are_found(text: str) -> None:
    found = holding(text, BODY).find(f"{text[:-8]} Reuters", "courier")
    assert [(name, kind) for name, kind, _ in found] == [("0", "near")]


def test_a_look_alike_letter_hides_no_copy() -> None:
    text = "Генеральний штаб повідомив про ситуацію на фронті. " + "Ворог атакував позиції біля Покровська вночі. " * 5
    assert kind_of(text.replace("а", "a"), text) is Kind.EXACT


@pytest.mark.skipif(not BULLETINS.exists(), reason="the development data are not here")
def test_real_forms_are_never_merged_and_always_linked() -> None:
    index = NearDuplicates()
    seen: set[str] = set()
    rows = [json.loads(line) for line in BULLETINS.read_text(encoding="utf-8").splitlines()]
    random.Random(1).shuffle(rows)
    for number, row in enumerate(rows):
        found = {kind for _, kind, _ in index.find(row["text"], row["kind"])}
        assert found == ({"template"} if row["kind"] in seen else set())
        seen.add(row["kind"])
        index.add(str(number), row["text"], row["kind"])
