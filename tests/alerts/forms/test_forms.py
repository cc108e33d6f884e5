import random

import pytest

from alerts import forms
from alerts.forms import latin, patterns, spellings
from alerts.forms.tables import LONGEST
from alerts.normalize import words

LANGUAGES = ("uk", "ru", "bg", "pl", "cs", "en", "de", "fr", None, "hu")


def holds(name: str, language: str | None, text: str, category: str = "") -> bool:
    """Whether `text` is one of the spellings of `name`, from its first to its last word."""
    read = words(text)
    return any(
        len(pattern) == len(read) and all(word in forms for word, forms in zip(read, pattern, strict=True))
        for pattern in patterns(name, language, category=category)
    )


@pytest.mark.parametrize(
    ("name", "language", "text"),
    [
        ("Білий дім", "uk", "Білого дому"),
        ("Верховна Рада", "uk", "Верховною Радою"),
        ("Чорне море", "uk", "Чорного моря"),
        ("Збройні сили України", "uk", "Збройних сил України"),
        ("Сполучене Королівство", "uk", "Сполученого Королівства"),
        ("Івано-Франківськ", "uk", "Івано-Франківська"),
        ("79-та бригада", "uk", "79-ї бригади"),
        ("47-ма ОМБр", "uk", "47-ю ОМБр"),
        ("14-та поправка", "uk", "14-ї поправки"),
        ("Північний потік-2", "uk", "Північного потоку – 2"),
        ("Сухопутні Війська", "uk", "Сухопутних Військ"),
        ("Партія Регіонів", "uk", "Партій Регіонів"),
        ("F-16", "uk", "F16"),
        ("Белый дом", "ru", "Белом доме"),
        ("Международный уголовный суд", "ru", "Международного уголовного суда"),
        ("58-я армия", "ru", "58-й армии"),
        ("Полски сейм", "bg", "Полския сейм"),
        ("Straż Graniczna", "pl", "Straży Granicznej"),
        ("Czarne Morze", "pl", "Czarnego Morza"),
        ("Bílý dům", "cs", "Bílého domu"),
        ("Černé moře", "cs", "Černého moře"),
        ("main battle tank", "en", "main battle tanks"),
        ("МЗС", "uk", "МЗСу"),
        ("МИД", "ru", "МИДом"),
        ("Пyтин", "ru", "Путина"),
    ],
)
def test_every_word_of_a_name_takes_its_own_ending(name: str, language: str, text: str) -> None:
    assert holds(name, language, text)


@pytest.mark.parametrize(
    ("name", "text"), [("F-16", "F-160"), ("F-16", "XF-16"), ("Су-35", "Су-34"), ("С-300", "С-400")]
)
def test_figures_never_change(name: str, text: str) -> None:
    assert not holds(name, "uk", text)


def test_names_in_another_script_than_their_language_stay_as_they_are() -> None:
    assert patterns("HIMARS", "uk") == ((frozenset({"himars"}),),)
    assert patterns("Путин", "en") == ((frozenset({"путин"}),),)


def test_a_name_that_takes_no_endings_stays_as_it_is() -> None:
    assert patterns("Рютте", "uk", inflect=False) == ((frozenset({"рютте"}),),)


def test_a_cyrillic_word_of_unknown_language_has_the_endings_of_all() -> None:
    ((forms,),) = patterns("танк", None)
    assert {"танків", "танками", "танков", "танкът"} <= forms


def test_a_latin_name_of_unknown_language_has_slavic_endings() -> None:
    ((forms,),) = patterns("Zelensky", None)
    assert {"zelenskys", "zelenskeho"} <= forms
    ((forms,),) = patterns("Trump", None)
    assert {"trumpa", "trumpem", "trumpovi", "trumps"} <= forms


def test_of_what_is_counted_there_are_many() -> None:
    assert holds("Гвоздика", "uk", "Гвоздик", category="weapon")
    assert not holds("Гвоздика", "uk", "Гвоздик")


def test_a_man_is_no_woman_of_his_name() -> None:
    assert not holds("Олександр Зеленський", "uk", "Олександра Зеленська", category="person")
    assert holds("Олександр Зеленський", "uk", "Олександра Зеленського", category="person")


def test_spellings_are_the_forms_of_one_word_only() -> None:
    assert {"мерца", "мерцем"} <= spellings("Мерц", "uk")
    assert spellings("Фрідріх Мерц", "uk") == frozenset()


def test_what_holds_no_word_has_no_forms() -> None:
    assert [patterns(text, language) for text in ("", "–", "…!") for language in LANGUAGES] == [()] * 3 * len(LANGUAGES)


def test_any_text_has_forms_that_hold_itself() -> None:
    dice = random.Random(11)
    letters = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёыэъabcdefghijklmnopqrstuvwxyzłóěřßİﬁ'’-. 169\u0301\u00ad\ud800\x00中"
    for _ in range(2000):
        name = "".join(dice.choice(letters) for _ in range(dice.randrange(1, 18)))
        if dice.random() < 0.5:
            name = name.title()
        for language in LANGUAGES:
            for pattern in patterns(name, language):
                assert [word in forms for word, forms in zip(words(name), pattern, strict=True)] == [True] * len(
                    pattern
                )
            latin(name, language or "")


def test_a_very_long_name_costs_no_more_than_its_length() -> None:
    ((forms,),) = patterns("я" * 100_000, "uk")
    assert len(forms) < 100
    assert len(patterns("слово " * 20_000, "uk")[0]) == 20_000


@pytest.mark.parametrize("language", ["uk", "ru", "bg", "pl", "cs", "en", "de", "fr"])
def test_a_table_holds_letters_of_its_own_script_only(language: str) -> None:
    for table in (forms._names(language), forms._words(language)):
        letters = set("".join([*table.endings, *(new for news in table.endings.values() for new in news)])) - {"'"}
        assert letters
        assert all(("а" <= letter <= "ґ") is (language in {"uk", "ru", "bg"}) for letter in letters)
        assert max(map(len, table.endings)) <= LONGEST
