import random
import unicodedata

import pytest

from alerts.normalize import tokens


def words(text: str) -> list[str]:
    return [token.text for token in tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mark RUTTE", ["mark", "rutte"]),
        ("F-16, F16, F 16, F‑16", ["f", "16"] * 4),
        ("HIMARSом", ["himars", "ом"]),
        ("Знам’янка Знамʼянка Знам'янка", ["знам'янка"] * 3),
        ("Ёлка ёлка", ["елка", "елка"]),
        ("Київ й ї", ["київ", "й", "ї"]),
        ("Ки\u00adїв", ["київ"]),
        ("Зеле\u0301нський", ["зеленський"]),
        (unicodedata.normalize("NFD", "Київ й"), ["київ", "й"]),
        ("Rut\u200bte", ["rutte"]),
        ("Ukraine's allies", ["ukraine", "s", "allies"]),
        ("O'Brien", ["o'brien"]),
        ("Straße ﬁn", ["strasse", "fin"]),
        ("ＮＡＴＯ", ["nato"]),
        ("", []),
        ("… — !?", []),
    ],
)
def test_text_splits_into_folded_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_offsets_lead_back_into_the_original() -> None:
    text = "Ум\u00adєров і\u0301 \u200eЗеленський\u200f, HIMARSом"
    found = {token.text: text[token.start : token.end] for token in tokens(text)}
    assert found["умєров"] == "Ум\u00adєров"
    assert found["зеленський"] == "Зеленський"
    assert found["himars"] == "HIMARS"


def test_any_text_gives_tokens_with_ascending_offsets_inside_it() -> None:
    dice = random.Random(1)
    letters = "aЯїй\u0301\u0306\u00ad\u200bßİﬁ😀\ud800’-. 16\n\x00"
    for _ in range(300):
        text = "".join(dice.choice(letters) for _ in range(dice.randrange(60)))
        found = tokens(text)
        assert all(0 <= token.start < token.end <= len(text) for token in found)
        assert [token.start for token in found] == sorted(token.start for token in found)
