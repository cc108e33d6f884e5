from __future__ import annotations

import pytest

from storage.likeness import translations
from tests.storage.translated import FOREIGN, LOOK_ALIKES, Told


def told(one: Told) -> translations.Tale:
    return translations.read(one.title, one.text, one.language, one.entities)


@pytest.mark.parametrize("pair", FOREIGN, ids=lambda pair: pair[0].title[:40])
def test_the_same_told_in_another_language_is_likely(pair: tuple[Told, Told]) -> None:
    one, other = map(told, pair)
    assert translations.likeness(one, other) >= translations.LEAST
    assert translations.likeness(other, one) == translations.likeness(one, other)


@pytest.mark.parametrize("pair", LOOK_ALIKES, ids=lambda pair: pair[0].title[:40])
def test_a_look_alike_of_another_day_place_or_count_is_not_suggested(pair: tuple[Told, Told]) -> None:
    assert translations.likeness(*map(told, pair)) < translations.LEAST


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("86,000 families and 46,000 more", "86 тисяч родин і ще 46 тисяч"),
        ("$2.3 billion and 1,500 drones", "2,3 млрд доларів і 1500 дронів"),
        ("14.8 million tonnes, 470 km", "14,8 млн тонн, 470 км"),
    ],
)
def test_figures_are_one_however_a_language_writes_them(one: str, other: str) -> None:
    assert translations.keys("", one)
    assert set(translations.keys("", one)) == set(translations.keys("", other))


@pytest.mark.parametrize(
    "text", ["On February 12, 2025", "12 лютого 2025 року та 13 лютого", "Su-34 and F-16 and T-72"]
)
def test_dates_years_and_names_of_weapons_are_no_figures(text: str) -> None:
    assert translations.keys("", text) == ()


@pytest.mark.parametrize("text", ["", "9" * 500 + " million and 17 and 19", "12.13.14.15 99:99 million 1,2,3 0 00 000"])
def test_hostile_numbers_are_read(text: str) -> None:
    translations.keys(text, text)
    translations.read(text, text, "en", ["one"])
