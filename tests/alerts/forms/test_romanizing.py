import random
import unicodedata

import pytest

from alerts.forms import latin


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("Сирський", "Syrskyi Syrskyy Syrsky Syrskiy Syrskii Syrski"),
        ("Зеленський", "Zelenskyi Zelenskyy Zelensky Zelenskiy"),
        ("Залужний", "Zaluzhnyi Zaluzhnyy Zaluzhny"),
        ("Єрмак", "Yermak Iermak Ermak"),
        ("Запоріжжя", "Zaporizhzhia Zaporizhzhya"),
        ("Юлія", "Yuliia Yuliya Yulia"),
        ("Сергій", "Serhii Serhiy Sergii Sergiy"),
        ("Гостомель", "Hostomel"),
        ("Згурівка", "Zghurivka"),
        ("Ізюм", "Izium Izyum"),
        ("Щастя", "Shchastia Shchastya"),
        ("Знам'янка", "Znamianka Znamyanka"),
        ("Знам’янка", "Znamianka Znamyanka"),
        ("Їжакевич", "Yizhakevych Izhakevych"),
        ("Вовчанськ", "Vovchansk"),
        ("Соледар", "Soledar"),
        ("Андріївка", "Andriivka"),
        ("Тихий", "Tykhyi Tykhy"),
        ("НАБУ", "NABU"),
    ],
)
def test_ukrainian_names_are_spelled_as_states_and_newspapers_do(name: str, spellings: str) -> None:
    assert set(spellings.split()) <= set(latin(name, "uk"))


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("Шойгу", "Shoigu Shoygu"),
        ("Евгений", "Yevgeny Evgeny Yevgeniy Evgeniy Yevgenii"),
        ("Алексей", "Aleksei Aleksey Alexei Alexey"),
        ("Дмитрий", "Dmitry Dmitriy Dmitrii Dmitri"),
        ("Сергей", "Sergei Sergey"),
        ("Юрий", "Yury Yuri Yuriy Iurii"),
        ("Рябков", "Ryabkov Riabkov"),
        ("Соловьёв", "Solovyov Soloviev"),
        ("Соловьев", "Solovyev Soloviev"),
        ("Воробьёва", "Vorobyova Vorobyeva"),
        ("Толстой", "Tolstoy Tolstoi"),
        ("Белоусов", "Belousov"),
        ("Сёмин", "Semin Syomin"),
        ("Андреев", "Andreev Andreyev"),
        ("Щёголев", "Shchegolev Shchyogolev"),
        ("Захарова", "Zakharova"),
        ("Ёлкин", "Yolkin Elkin"),
        ("Объедков", "Obyedkov Obiedkov"),
    ],
)
def test_russian_names_are_spelled_as_states_and_newspapers_do(name: str, spellings: str) -> None:
    assert set(spellings.split()) <= set(latin(name, "ru"))


def test_the_official_spelling_comes_first() -> None:
    assert latin("Сирський", "uk")[0] == "Syrskyi"


def test_marks_within_a_name_change_nothing() -> None:
    assert latin("Сир\u00adський", "uk") == latin("Сирський", "uk")
    assert latin(unicodedata.normalize("NFD", "Київ Юрій"), "uk") == latin("Київ Юрій", "uk")


def test_names_of_several_words_keep_their_order_and_mark() -> None:
    assert "Kryvyi Rih" in latin("Кривий Ріг", "uk")
    assert latin("Івано-Франківськ", "uk") == ("Ivano-Frankivsk",)
    assert "Serhii Kyslytsia" in latin("Сергій Кислиця", "uk")


@pytest.mark.parametrize(
    "name", ["Trump", "F-16", "ЄС", "ГУР", "танк", "Міністерство оборони", "Рада національної безпеки", "", "–", "Ян"]
)
def test_of_what_is_no_cyrillic_name_nothing_is_derived(name: str) -> None:
    assert latin(name, "uk") == ()


def test_other_languages_are_not_spelled_anew() -> None:
    assert latin("Радев", "bg") == ()
    assert latin("Сирський", "pl") == ()


def test_any_name_gives_a_bounded_number_of_single_spellings() -> None:
    dice = random.Random(7)
    for _ in range(500):
        letters = "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя'ёыэъ"
        name = " ".join(
            "".join(dice.choice(letters) for _ in range(dice.randrange(1, 12))).capitalize()
            for _ in range(dice.randrange(1, 4))
        )
        for language in ("uk", "ru"):
            found = latin(name, language)
            assert len(found) == len(set(found)) <= 24
            assert all(one.isascii() and one[0].isupper() for one in found), name
