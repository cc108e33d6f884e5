import pytest

from tests.alerts.forms.paradigms import listed, missing

NAMES = """
Kozioł: Kozła Kozłowi Kozłem Koźle
Orzeł: Orła Orłowi Orłem
Gołąb: Gołębia Gołębiowi Gołębiem
Merkel: Merkel Merkla
Rau: Raua Rauowi Rauem
Nowak: Nowaka Nowakowi Nowakiem Nowakowie Nowaków
Białystok: Białegostoku Białymstoku
Bachmut: Bachmutu Bachmucie Bachmutem
Awdijiwka: Awdijiwki Awdijiwce Awdijiwkę Awdijiwką
Chersoń: Chersonia Chersoniu Chersoniem
Mariupol: Mariupola Mariupolu Mariupolem
Zaporoże: Zaporoża Zaporożu Zaporożem
Donbas: Donbasu Donbasie Donbasem
Krym: Krymu Krymie Krymem
Odessa: Odessy Odessie Odessę Odessą
Lwów: Lwowa Lwowie Lwowem
Zełenski: Zełenskiego Zełenskiemu Zełenskim
Załużny: Załużnego Załużnemu Załużnym
Kułeba: Kułeby Kułebie Kułebę Kułebą
Szojgu: Szojgu
Ławrow: Ławrowa Ławrowowi Ławrowem Ławrowie
Miedwiediew: Miedwiediewa Miedwiediewowi Miedwiediewem
Scholz: Scholza Scholzowi Scholzem
Austin: Austina Austinowi Austinem
Łukaszenka: Łukaszenki Łukaszence Łukaszenkę Łukaszenką
Łukaszenko: Łukaszenki Łukaszence Łukaszenkę
Stoltenberg: Stoltenberga Stoltenbergowi Stoltenbergiem
Erdogan: Erdogana Erdoganowi Erdoganem
Patriot: Patriota Patrioty Patriotów
Kamiński: Kamińskiego
Sikorski: Sikorskiego Sikorskim
Wagner: Wagnera Wagnerowi Wagnerem
Białoruś: Białorusi Białorusią
Gruzja: Gruzji Gruzję Gruzją
Mołdawia: Mołdawii Mołdawię
Litwa: Litwy Litwie Litwę Litwą
Stany: Stanów Stanom Stanach
Himars: Himarsy Himarsów
Rostów: Rostowa
Prigożyn: Prigożyna Prigożynowi Prigożynem
Gierasimow: Gierasimowa
Kowalski: Kowalskiego Kowalskiemu Kowalskim Kowalscy Kowalskich Kowalskimi
Sawicka: Sawickiej Sawicką
Siemoniak: Siemoniaka Siemoniakowi Siemoniakiem Siemoniaku
Kosiniak: Kosiniaka Kosiniakowi Kosiniakiem
Błaszczak: Błaszczaka Błaszczakowi Błaszczakiem
Tusk: Tuska Tuskowi Tuskiem Tusku
Czarnek: Czarnka Czarnkowi Czarnkiem Czarnku
Dworczyk: Dworczyka Dworczykowi Dworczykiem
Marzec: Marca Marcowi Marcem
Wróbel: Wróbla Wróblowi Wróblem
Paweł: Pawła Pawłowi Pawłem Pawle
Aleksander: Aleksandra Aleksandrowi Aleksandrem
Ziobro: Ziobry Ziobrze Ziobrę Ziobrą
Sikora: Sikory Sikorze Sikorę Sikorą
Duda: Dudy Dudzie Dudę Dudą
Budka: Budki Budce Budkę Budką
Wałęsa: Wałęsy Wałęsie Wałęsę Wałęsą
Batory: Batorego Batoremu Batorym
Putin: Putina Putinowi Putinem Putinie
Biden: Bidena Bidenowi Bidenem Bidenie
Macron: Macrona Macronowi Macronem
Blake: Blake'a Blake'owi
Kennedy: Kennedy'ego Kennedy'emu
Murray: Murraya Murrayowi Murrayem
Kraków: Krakowa Krakowowi Krakowem Krakowie
Gdańsk: Gdańska Gdańskowi Gdańskiem Gdańsku
Poznań: Poznania Poznaniowi Poznaniem Poznaniu
Łódź: Łodzi Łodzią
Warszawa: Warszawy Warszawie Warszawę Warszawą
Praga: Pragi Pradze Pragę Pragą
Rumunia: Rumunii Rumunię Rumunią
Szwecja: Szwecji Szwecję Szwecją
Niemcy: Niemiec Niemcom Niemcami Niemczech
Włochy: Włoch Włochom Włochami Włoszech
Węgry: Węgier Węgrom Węgrami Węgrzech
Chiny: Chin Chinom Chinami Chinach
Katowice: Katowic Katowicom Katowicami Katowicach
Suwałki: Suwałk Suwałkom Suwałkami Suwałkach
Zakopane: Zakopanego Zakopanemu Zakopanem
Kijów: Kijowa Kijowowi Kijowem Kijowie
Charków: Charkowa Charkowem Charkowie
Rzeszów: Rzeszowa Rzeszowowi Rzeszowem
Sosnowiec: Sosnowca Sosnowcowi Sosnowcem Sosnowcu
Radom: Radomia Radomiowi Radomiem Radomiu
Zamość: Zamościa Zamościu Zamościem
Rosjanie: Rosjan Rosjanom Rosjanami
Szwedzi: Szwedów Szwedom
Polacy: Polaków Polakom Polakami
"""
WORDS = """
balistyczna: balistyczne balistycznych balistycznymi
szybująca: szybujących szybującymi
morska: morskie morskich morskimi
rakieta: rakiety rakiecie rakietę rakietą rakiet rakietom
czołg: czołgu czołgowi czołgiem czołgi czołgów czołgami
wojsko: wojska wojsku wojskiem wojsk wojskom
ukraiński: ukraińska ukraińskiej ukraińskie ukraińskiego ukraińskich ukraińskim
dowódca: dowódcy dowódcę dowódcą dowódcom
wojna: wojny wojnie wojnę wojną wojen
obrona: obrony obronie obronę obroną
ćwiczenie: ćwiczenia ćwiczeniu ćwiczeniem ćwiczeń
granica: granicy granicę granicą granic
żołnierz: żołnierza żołnierzowi żołnierzem żołnierze żołnierzy
"""


@pytest.mark.parametrize(("name", "forms"), listed(NAMES))
def test_names_decline(name: str, forms: str) -> None:
    assert not missing(name, "pl", forms)


@pytest.mark.parametrize(("word", "forms"), listed(WORDS))
def test_common_words_decline(word: str, forms: str) -> None:
    assert not missing(word, "pl", forms)
