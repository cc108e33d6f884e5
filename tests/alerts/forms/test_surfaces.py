"""How a name may look in a text, and what only looks like it: through the whole matcher."""

import random
import unicodedata

import pytest

from tests.outside import build_matcher

NAMES = {
    "f16": ("en", ["F-16"]),
    "himars": ("en", ["HIMARS"]),
    "atacms": ("en", ["ATACMS"]),
    "us": ("en", ["US"]),
    "nato": ("uk", ["НАТО"]),
    "patriot": ("en", ["Patriot"]),
    "kyiv": ("uk", ["Київ"]),
    "znamianka": ("uk", ["Знам'янка"]),
    "putin": ("ru", ["Путин"]),
    "syrskyi": ("uk", ["Сирський"]),
    "orban": ("en", ["Orbán"]),
    "shahed": ("uk", ["Шахед"]),
    "s300": ("uk", ["С-300"]),
    "frankivsk": ("uk", ["Івано-Франківськ"]),
    "solovyov": ("ru", ["Соловьёв"]),
    "yelets": ("ru", ["Елец"]),
    "oneil": ("en", ["O'Neil"]),
    "zaluzhnyi": ("uk", ["Залужний"]),
}
FIND = build_matcher([{"id": name, "names": names, "lang": lang} for name, (lang, names) in NAMES.items()])


def found(text: str) -> set[str]:
    return {name for name, _, _ in FIND(text)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f16", "перші F-16 у небі"),
        ("f16", "перші F16 у небі"),
        ("f16", "перші F 16 у небі"),
        ("f16", "перші F\u201116 у небі"),
        ("f16", "перші F–16 у небі"),
        ("f16", "пілоти F-16-х"),
        ("f16", "керують F-16ми"),
        ("himars", "удар HIMARSом"),
        ("himars", "удар HIMARS'ом"),
        ("himars", "шість HIMARS-ів"),
        ("atacms", "кілька ATACMS-ів"),
        ("us", "the US's allies"),
        ("us", "US-led coalition"),
        ("kyiv", "КИЇВ"),
        ("kyiv", "у\u00a0Києві\u00a0"),
        ("kyiv", "Ки\u00adєва"),
        ("kyiv", unicodedata.normalize("NFD", "до Києва їдуть")),
        ("kyiv", "до \u200eКиє\u200bва"),
        ("znamianka", "у Знам’янці"),
        ("znamianka", "Знамʼянку"),
        ("putin", "Пyтину"),
        ("putin", "Путин\u0301ым"),
        ("putin", "«Путиным»"),
        ("orban", "with Orban’s veto"),
        ("orban", "Orba\u0301n"),
        ("shahed", "десять Шахедів"),
        ("s300", "ракети С300"),
        ("frankivsk", "Івано\u2011Франківську"),
        ("solovyov", "о Соловьеве"),
        ("yelets", "под Ельцом"),
        ("oneil", "said O’Neil"),
        ("syrskyi", "Gen. Syrskyy said"),
        ("zaluzhnyi", "ZALUZHNY: full interview"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, text: str) -> None:
    assert name in found(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("f16", "F-160"),
        ("f16", "XF-16"),
        ("f16", "if 16 people"),
        ("us", "give us aid"),
        ("us", "USSR"),
        ("nato", "сенатор"),
        ("nato", "натовп"),
        ("patriot", "a patriot of his land"),
        ("kyiv", "кий і киї"),
        ("s300", "С-3000"),
        ("syrskyi", "сирський сир"),
        ("putin", "Распутин"),
        ("putin", "путина лосося"),
        ("oneil", "O, Neil!"),
    ],
)
def test_what_only_looks_like_a_name_is_not_found(name: str, text: str) -> None:
    assert name not in found(text)


def test_texts_that_readers_cannot_tell_apart_have_the_same_names() -> None:
    text = (
        "У Києві Сирський показав F-16 й HIMARS, у Знам'янці чули Шахеди; Соловьёва, Orbán не було в Івано-Франківську."
    )
    dice = random.Random(9)
    for _ in range(300):
        other = text.replace("'", dice.choice("'’ʼ‘"))
        other = other.replace(" ", dice.choice(" \u00a0\u2009\u202f"))
        other = unicodedata.normalize(dice.choice(["NFC", "NFD"]), other)
        other = other.replace("-", dice.choice("-\u2010\u2011–"))
        for _ in range(dice.randrange(12)):
            at = dice.randrange(1, len(other))
            if other[at - 1].isalpha() and other[at].isalpha():
                other = other[:at] + dice.choice("\u00ad\u200b\u200d\u2060\u200e") + other[at:]
        assert found(other) == found(text)
        assert all(
            other[start:end].strip() and not unicodedata.combining(other[start]) for _, start, end in FIND(other)
        )
