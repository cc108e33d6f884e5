import random
import unicodedata

import pytest

from alerts import normalize
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
        ("Пyтин CШA Cу-35 MИ-6", ["путин", "сша", "су", "35", "ми", "6"]),  # Latin y, C, A, M
        ("дeмoкрaт Iнтерфакс Украïна", ["демократ", "інтерфакс", "україна"]),
        ("П\u00ady\u00adтин", ["путин"]),
        ("HIMARSи BMPи ITшник XXIй", ["himars", "и", "bmp", "и", "it", "шник", "xxi", "й"]),
        ("Rеuters", ["r", "е", "uters"]),  # Cyrillic е: not all Latin letters of the word look Cyrillic
        ("CCCP", ["cccp"]),
        ("Знамʻянка Знам‛янка", ["знам'янка"] * 2),
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


def test_look_alike_letters_keep_their_places() -> None:
    text = "«Пyтин», Cе\u0301нат"
    assert [(text[token.start : token.end], token.text) for token in tokens(text)] == [
        ("Пyтин", "путин"),
        ("Cе\u0301нат", "сенат"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a\u00ad" * 100_000 + "я",
        "я\u00ad" * 100_000 + "a",
        "aя" * 100_000,
        "я" * 200_000 + "a",
        "\u0301" * 200_000,
        "и" + "\u0306" * 200_000,
        "\ud800" * 200_000,
        "'" * 200_000,
        "a'" * 100_000,
        "\x00" * 200_000,
        "H'" * 100_000 + "я",
    ],
)
def test_long_strange_text_is_read_to_its_end(text: str) -> None:
    found = tokens(text + " кінець")  # a quadratic reading of it would not end before the suite is stopped
    assert (found[-1].text, found[-1].start) == ("кінець", len(text) + 1)
    assert [token.text for token in found] == normalize.words(text + " кінець")


def test_tokens_and_words_read_any_text_alike() -> None:
    dice = random.Random(3)
    letters = "ayeoсуеАВCMHіїйиё\u0301\u0306\u0308\u00ad\u200bßİﬁéłï😀\ud800’-. 16\n"
    for _ in range(2000):
        text = "".join(dice.choice(letters) for _ in range(dice.randrange(30)))
        assert [token.text for token in tokens(text)] == normalize.words(text), ascii(text)


def test_any_text_gives_tokens_with_ascending_offsets_inside_it() -> None:
    dice = random.Random(1)
    letters = "aЯїй\u0301\u0306\u00ad\u200bßİﬁ😀\ud800’-. 16\n\x00"
    for _ in range(300):
        text = "".join(dice.choice(letters) for _ in range(dice.randrange(60)))
        found = tokens(text)
        assert all(0 <= token.start < token.end <= len(text) for token in found)
        assert [token.start for token in found] == sorted(token.start for token in found)
