import pytest

from alerts.forms import patterns
from alerts.normalize import words
from tests.alerts.forms.paradigms import listed, missing

NAMES = """
Bachmut: Bachmutu Bachmutem
Avdijivka: Avdijivky Avdijivce Avdijivku Avdijivkou
Cherson: Chersonu Chersonem Chersoně
Mariupol: Mariupolu Mariupolem Mariupolí
Donbas: Donbasu Donbasem
Krym: Krymu Krymem
Oděsa: Oděsy Oděse Oděsu Oděsou
Záporoží: Záporožím
Lvov: Lvova Lvově Lvovem
Zelenskyj: Zelenského Zelenskému Zelenským
Zalužnyj: Zalužného Zalužnému
Kuleba: Kuleby Kulebovi Kulebu Kulebou
Lavrov: Lavrova Lavrovovi Lavrovem
Šojgu: Šojgu Šojgua Šojguovi
Lukašenko: Lukašenka Lukašenkovi Lukašenkem
Scholz: Scholze Scholzovi Scholzem
Stoltenberg: Stoltenberga Stoltenbergovi
Erdogan: Erdogana Erdoganovi
Petr: Petra Petrovi Petrem
Černochová: Černochové Černochovou
Bělorusko: Běloruska Bělorusku Běloruskem
Wagner: Wagnera Wagnerovi
Patriot: Patriotu Patrioty Patriotů
Prigožin: Prigožina Prigožinovi Prigožinem
Surovikin: Surovikina
Biden: Bidena Bidenovi Bidenem
Dněpr: Dněpru Dněprem
Novotný: Novotného Novotnému Novotném Novotným Novotní Novotných
Zelenský: Zelenského Zelenskému Zelenském Zelenským
Němcová: Němcové Němcovou
Havel: Havla Havlovi Havlem Havle
Hašek: Haška Haškovi Haškem Hašku
Řehka: Řehky Řehkovi Řehku Řehkou
Svoboda: Svobody Svobodovi Svobodu Svobodou
Lipavský: Lipavského Lipavskému
Fiala: Fialy Fialovi Fialu Fialou
Kubec: Kubce Kubcovi Kubcem
Pavel: Pavla Pavlovi Pavlem
Fico: Fica Ficovi Ficem
Putin: Putina Putinovi Putinem Putine
Macron: Macrona Macronovi Macronem
Tusk: Tuska Tuskovi Tuskem
Orbán: Orbána Orbánovi Orbánem
Praha: Prahy Praze Prahu Prahou
Brno: Brna Brnu Brnem Brně
Plzeň: Plzně Plzni Plzní
Kyjev: Kyjeva Kyjevu Kyjevem Kyjevě
Charkov: Charkova Charkovu Charkovem Charkově
Moskva: Moskvy Moskvě Moskvu Moskvou
Francie: Francii Francií
Ukrajina: Ukrajiny Ukrajině Ukrajinu Ukrajinou
Bulharsko: Bulharska Bulharsku Bulharskem
Čechy: Čech Čechám Čechách
Pardubice: Pardubic Pardubicím Pardubicích
Litoměřice: Litoměřic Litoměřicích
Londýn: Londýna Londýnu Londýnem Londýně
Britové: Britů Britům Brity Britech
Poláci: Poláků Polákům Poláky
Slováci: Slováků Slovákům
Lotyši: Lotyšů Lotyšům
Rumuni: Rumunů Rumunům
"""
WORDS = """
balistická: balistické balistických balistickými
řízená: řízené řízených řízenými
raketa: rakety raketě raketu raketou raket raketám raketami
tank: tanku tankem tanky tanků tankům
vojsko: vojska vojsku vojskem vojsk
dům: domu domem domě domy domů
ukrajinský: ukrajinská ukrajinské ukrajinskou ukrajinského ukrajinských
útok: útoku útokem útoky útoků útocích
válka: války válce válku válkou válek
volby: voleb volbám volbami volbách
"""


@pytest.mark.parametrize(("name", "forms"), listed(NAMES))
def test_names_decline(name: str, forms: str) -> None:
    assert not missing(name, "cs", forms)


@pytest.mark.parametrize(("word", "forms"), listed(WORDS))
def test_common_words_decline(word: str, forms: str) -> None:
    assert not missing(word, "cs", forms)


def test_what_is_his_is_found_but_no_woman_of_his_name() -> None:
    ((forms,),) = patterns("Macron", "cs")
    assert set(words("Macronův Macronovo Macronových")) <= forms
    assert not forms & set(words("Macronová Macronovou"))


def test_countries_are_not_their_adjectives() -> None:
    ((forms,),) = patterns("Maďarsko", "cs")
    assert not forms & set(words("maďarský maďarské"))
