from __future__ import annotations

import pytest

from scrapers.language import detect

TEXTS = {
    "en": "The minister said on Monday that the delivery of new air defence systems would begin in the spring.",
    "uk": "Міністр заявив у понеділок, що постачання нових систем протиповітряної оборони почнеться навесні.",
    "ru": "Министр заявил в понедельник, что поставки новых систем противовоздушной обороны начнутся весной.",
    "be": "Міністр заявіў у панядзелак, што пастаўкі новых сістэм супрацьпаветранай абароны пачнуцца вясной.",
    "bg": "Министърът заяви в понеделник, че доставките на нови системи за противовъздушна отбрана ще започнат скоро.",
    "pl": "Minister powiedział w poniedziałek, że dostawy nowych systemów obrony powietrznej zaczną się na wiosnę.",
    "cs": "Ministr v pondělí řekl, že dodávky nových systémů protivzdušné obrany začnou na jaře a že je zaplatí stát.",
    "sk": "Minister v pondelok povedal, že dodávky nových systémov obrany sa začnú na jar a zaplatí ich štát.",
    "de": "Der Minister sagte am Montag, dass die Lieferung der neuen Luftabwehr im Frühjahr beginnen werde.",
    "fr": "Le ministre a déclaré lundi que la livraison des nouveaux systèmes de défense commencera au printemps.",
    "es": "El ministro dijo el lunes que la entrega de los nuevos sistemas de defensa comenzará en la primavera.",
    "it": "Il ministro ha detto lunedì che la consegna dei nuovi sistemi di difesa comincerà in primavera.",
    "pt": "O ministro disse na segunda-feira que a entrega dos novos sistemas de defesa não vai começar na primavera.",
    "nl": "De minister zei maandag dat de levering van de nieuwe luchtverdediging in het voorjaar zal beginnen.",
    "sv": "Ministern sade på måndagen att leveransen av det nya luftförsvaret ska börja i vår och inte senare.",
    "da": "Ministeren sagde mandag, at leveringen af det nye luftforsvar ikke vil begynde til foråret, men efter.",
    "fi": "Ministeri sanoi maanantaina, että uusien järjestelmien toimitukset alkavat keväällä, mutta ei ennen.",
    "lt": "Ministras pirmadienį sakė, kad naujų sistemų tiekimas prasidės pavasarį ir kad tai yra svarbu.",
    "lv": "Ministrs pirmdien sacīja, ka jauno sistēmu piegāde sāksies pavasarī un tas ir svarīgi.",
    "et": "Minister ütles esmaspäeval, et uute süsteemide tarned algavad kevadel ja see on oluline, kuid mitte kõik.",
    "ro": "Ministrul a spus luni că livrarea noilor sisteme de apărare va începe în primăvară și nu mai târziu.",
    "hu": "A miniszter hétfőn azt mondta, hogy az új rendszerek szállítása tavasszal kezdődik, és nem később.",
    "tr": "Bakan pazartesi günü yeni sistemlerin teslimatının bahar için olduğunu ve daha çok para dedi.",
    "hr": "Ministar je u ponedjeljak rekao da će isporuka novih sustava početi na proljeće i da nije kasno.",
    "sr": "Министар је у понедељак рекао да ће испорука нових система почети на пролеће и да није касно.",
    "el": "Ο υπουργός είπε τη Δευτέρα ότι η παράδοση των νέων συστημάτων θα αρχίσει την άνοιξη.",
    "he": "השר אמר ביום שני כי אספקת מערכות ההגנה האווירית החדשות תחל באביב.",
    "ar": "قال الوزير يوم الاثنين إن تسليم أنظمة الدفاع الجوي الجديدة سيبدأ في الربيع.",
    "fa": "وزیر روز دوشنبه گفت که تحویل سامانه‌های جدید پدافند هوایی در بهار آغاز می‌شود و چهار کشور کمک می‌کنند.",
    "hi": "मंत्री ने सोमवार को कहा कि नई वायु रक्षा प्रणालियों की आपूर्ति वसंत में शुरू होगी।",
    "zh": "部长星期一表示，新的防空系统将于春季开始交付。",
    "ja": "大臣は月曜日、新しい防空システムの納入は春に始まると述べた。",
    "ko": "장관은 월요일에 새로운 방공 시스템의 인도가 봄에 시작될 것이라고 말했다.",
}


@pytest.mark.parametrize("code", TEXTS)
def test_one_sentence_tells_its_language(code: str) -> None:
    assert detect(TEXTS[code]) == code


def test_the_text_wins_over_the_claim() -> None:
    assert detect(TEXTS["ru"] * 2, "uk") == "ru"
    assert detect(TEXTS["en"] * 2, "de") == "en"


def test_the_claim_decides_where_the_text_says_too_little() -> None:
    assert detect("NATO", "pl") == "pl"
    assert detect("", "uk") == "uk"
    assert detect("Iindaba zakutshanje ezimnandi ngakulutsha oluthwaxwa yentswelo-ngqesho", "xh") == "xh"


def test_a_headline_in_cyrillic_is_told_by_its_letters() -> None:
    assert detect("Рютте відвідає Київ") == "uk"
    assert detect("Рютте выступит завтра") == "ru"
    assert detect("Ўлада маўчыць") == "be"


@pytest.mark.parametrize("text", ["", "  ", "12 345", "NATO"])
def test_nothing_to_go_by_is_none(text: str) -> None:
    assert detect(text) is None


def test_a_claim_in_another_script_is_not_believed() -> None:
    assert detect("대통령", "ja") == "ko"


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("Песков: даты встречи Путина и Трампа нет", "uk", "ru"),
        ("Вибухи в Києві", "ru", "uk"),
        ("Минск", "uk", "uk"),
        ("Бүгін Алматыда жаңалықтар жоқ", "kk", "kk"),
    ],
)
def test_letters_go_before_the_template_in_a_text_of_a_few_words(text: str, hint: str, expected: str) -> None:
    assert detect(text, hint) == expected
