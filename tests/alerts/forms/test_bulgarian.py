import pytest

from alerts.forms import patterns
from tests.alerts.forms.paradigms import listed, missing

NAMES = """
Радев: Радев
Парламент: Парламента Парламентът
Съвет: Съвета Съветът
Кремъл: Кремъла Кремълът
Министър: Министъра Министърът
Учител: Учителя Учителят
Музей: Музея Музеят
Отбранителен: Отбранителния Отбранителният Отбранителна Отбранителната
Върховен: Върховния Върховният Върховната
Граничен: Граничния Граничният
Черноморски: Черноморския Черноморският Черноморските
Комисия: Комисията
Агенция: Агенцията
Село: Селото
Море: Морето
Сили: Силите
"""
WORDS = """
дрон: дрона дронът дронове дроновете
ракета: ракетата ракети ракетите
войник: войника войникът войници войниците
български: българска българската българско българското българските българския българският
правителство: правителството правителства правителствата
британец: британци британците
коалиция: коалицията коалиции коалициите
"""


@pytest.mark.parametrize(("name", "forms"), listed(NAMES))
def test_names_take_articles(name: str, forms: str) -> None:
    assert not missing(name, "bg", forms)


@pytest.mark.parametrize(("word", "forms"), listed(WORDS))
def test_common_words_take_articles_and_plurals(word: str, forms: str) -> None:
    assert not missing(word, "bg", forms)


def test_the_first_word_of_a_name_takes_the_article() -> None:
    ((white, house),) = patterns("Бял дом", "bg")
    assert {"белия", "белият"} <= white
    assert "дом" in house
