import pytest

from alerts.forms import patterns
from tests.alerts.forms.paradigms import listed, missing


@pytest.mark.parametrize(
    ("word", "forms"),
    listed("""
missile: missiles
army: armies
airman: airmen
gas: gases
torch: torches
box: boxes
Patriot: Patriots
Gray: Grays
UAV: UAVs
"""),
)
def test_english_words_have_plurals(word: str, forms: str) -> None:
    assert not missing(word, "en", forms)


@pytest.mark.parametrize(("word", "forms"), listed("Panzer: Panzers Panzern\nRakete: Raketen\nPistorius: Pistorius"))
def test_german_words_have_endings(word: str, forms: str) -> None:
    assert not missing(word, "de", forms)


@pytest.mark.parametrize(("word", "forms"), listed("missile: missiles\nvaisseau: vaisseaux\ngénéral: généraux"))
def test_french_words_have_plurals(word: str, forms: str) -> None:
    assert not missing(word, "fr", forms)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("US", "us uss"),
        ("war", "wary"),
        ("arm", "army"),
        ("Germany", "german"),
        ("May", "ma"),
        ("Green", "greene greeny"),
    ],
)
def test_a_word_of_unknown_language_becomes_no_other_word(word: str, other: str) -> None:
    ((forms,),) = patterns(word, None)
    assert not forms - {word.lower()} & set(other.split())


def test_a_french_name_is_no_name_of_a_woman() -> None:
    ((forms,),) = patterns("Martin", "fr")
    assert forms == {"martin", "martins"}
