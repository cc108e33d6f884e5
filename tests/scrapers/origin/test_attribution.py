from __future__ import annotations

from typing import Any

import pytest

from scrapers.article import Attribution
from scrapers.origin.attribution import Outlets, find
from scrapers.source import Route, RouteType, Source, SourceKind, load


def outlet(id_: str, name: str, homepage: str, *names: str, **changes: Any) -> Source:
    routes = changes.pop("routes", (Route(RouteType.FEED, url=f"{homepage}rss"),))
    return Source(id=id_, name=name, homepage=homepage, names=names, routes=routes, **changes)


AGENCY = {"kind": SourceKind.AGENCY}
OFFICIAL = {"kind": SourceKind.OFFICIAL}
SOURCES = (
    outlet("suspilne", "Suspilne", "https://suspilne.media/", "Суспільне", "Суспильное"),
    outlet("reuters", "Reuters", "https://www.reuters.com/", "Рейтер", **AGENCY),
    outlet("ap", "Associated Press", "https://apnews.com/", "AP", "The Associated Press", **AGENCY),
    outlet("afp", "Agence France-Presse", "https://www.afp.com/", "AFP", **AGENCY),
    outlet("dpa", "dpa", "https://www.dpa.com/", "DPA", "dpa-AFX", **AGENCY),
    outlet("pap", "PAP", "https://www.pap.pl/", "Polska Agencja Prasowa", **AGENCY),
    outlet("tass", "TASS", "https://tass.com/", "ТАСС", kind=SourceKind.STATE_MEDIA),
    outlet("ria", "RIA Novosti", "https://ria.ru/", "РИА Новости", "РІА Новості", kind=SourceKind.STATE_MEDIA),
    outlet("ukrinform-uk", "Ukrinform (UK)", "https://www.ukrinform.ua/", "Ukrinform", "Укрінформ", "Укринформ",
           family="ukrinform", language="uk", **AGENCY),
    outlet("ukrinform-en", "Ukrinform (EN)", "https://www.ukrinform.net/", "Ukrinform", "Укрінформ", "Укринформ",
           family="ukrinform", language="en", **AGENCY),
    outlet("interfax-ua", "Interfax-Ukraine", "https://interfax.com.ua/", "Інтерфакс-Україна", "Интерфакс-Украина",
           **AGENCY),
    outlet("pravda-ua", "Ukrainska Pravda", "https://www.pravda.com.ua/", "Українська правда", "Украинская правда",
           "УП", family="up", language="uk"),
    outlet("pravda-en", "Ukrainska Pravda (EN)", "https://www.pravda.com.ua/eng/", "Українська правда", "УП",
           family="up", language="en"),
    outlet("eurointegration", "European Pravda", "https://www.eurointegration.com.ua/", "Європейська правда",
           "Европейская правда", family="up"),
    outlet("radiosvoboda", "Radio Svoboda", "https://www.radiosvoboda.org/", "Радіо Свобода", "Радио Свобода",
           "Radio Free Europe/Radio Liberty", "RFE/RL", family="rferl"),
    outlet("rbc-ua", "RBC-Ukraine", "https://www.rbc.ua/", "РБК-Україна", "РБК-Украина"),
    outlet("unn", "UNN", "https://unn.ua/", "УНН"),
    outlet("hromadske", "hromadske", "https://hromadske.ua/", "Громадське", "громадське"),
    outlet("kyiv-independent", "The Kyiv Independent", "https://kyivindependent.com/"),
    outlet("guardian", "The Guardian", "https://www.theguardian.com/", "Ґардіан"),
    outlet("times", "The Times", "https://www.thetimes.com/"),
    outlet("bloomberg", "Bloomberg", "https://www.bloomberg.com/", "Блумберг"),
    outlet("cnn", "CNN", "https://edition.cnn.com/", "Сі-Ен-Ен", hosts=("cnn.com",)),
    outlet("bbc", "BBC", "https://www.bbc.com/", "BBC News", "Бі-бі-сі", "Би-би-си"),
    outlet("bild", "Bild", "https://www.bild.de/"),
    outlet("politico", "Politico Europe", "https://www.politico.eu/", "Politico"),
    outlet("isw", "Institute for the Study of War", "https://understandingwar.org/", "ISW",
           "Інститут вивчення війни", "Институт изучения войны", kind=SourceKind.THINK_TANK),
    outlet("espreso", "Espreso TV", "https://espreso.tv/", "Еспресо", "Espreso"),
    outlet("dn", "Dagens Nyheter", "https://www.dn.se/"),
    outlet("defense-news", "Defense News", "https://www.defensenews.com/", kind=SourceKind.TRADE),
    outlet("general-staff", "General Staff of Ukraine", "https://www.zsu.gov.ua/", "Генштаб ЗСУ", "Генштаб",
           "Генеральний штаб", "Генштаб ВСУ",
           routes=(Route(RouteType.TELEGRAM, channel="GeneralStaffZSU"),), **OFFICIAL),
    outlet("mod-ua", "Ministry of Defence of Ukraine", "https://mod.gov.ua/", "Міноборони", "Минобороны Украины",
           "Defense Ministry", "Ukrainian Defense Ministry", **OFFICIAL),
    outlet("nato", "NATO", "https://www.nato.int/", "НАТО", **OFFICIAL),
    outlet("uk-mod", "UK Ministry of Defence", "https://www.gov.uk/government/organisations/ministry-of-defence",
           "British Ministry of Defence", "британське Міноборони", **OFFICIAL),
)  # fmt: skip
OUTLETS = Outlets(SOURCES)
RETELLER = outlet("gazette", "The Gazette", "https://gazette.example/")
BY_ID = {source.id: source for source in SOURCES}


def origin(text: str, source: Source = RETELLER, **given: Any) -> str | None:
    found = find(text, source=source, outlets=OUTLETS, **given)
    assert found is None or 0 < len(found.phrase) <= 160
    return found.outlet if found else None


NAMES_AN_ORIGIN = [
    ("Джерело Суспільного в СБУ підтвердило удар по заводу.", "suspilne"),
    ("За словами співрозмовника Громадського, операцію готували пів року.", "hromadske"),
    ("Песков сказал это в ответ на вопрос РИА Новости.", "ria"),
    ("Laut einem Bericht der Nachrichtenagentur dpa sollen Gespräche folgen.", "dpa"),
    # English
    ("The minister named two conditions at a briefing in Brussels on 12 February, Suspilne reports.", "suspilne"),
    ("The jets will arrive by March, Bloomberg reports", "bloomberg"),
    ("According to CNN, the talks were moved to Geneva.", "cnn"),
    ("According to a report by the German newspaper Bild, the tanks are late.", "bild"),
    ("According to a report by DN.se, Sweden prepares another package.", "dn"),
    ("The shells were bought in secret. This was reported by Reuters, citing four sources.", "reuters"),
    ("The two leaders spoke for an hour, Reuters reports, quoted by news.example.", "reuters"),
    ("Source: a minister on X (Twitter), as reported by European Pravda", "eurointegration"),
    ("Source: Swedish media outlet DN.se, citing the minister", "dn"),
    ("A drone hit a depot near the port, the Kyiv Independent reported on Monday.", "kyiv-independent"),
    ("The brigade lacks crews, its commander told Suspilne.", "suspilne"),
    ("The general said so in an interview with The Times.", "times"),
    ("Officials discussed a truce, according to Defense News.", "defense-news"),
    ("Berlin delays the order, Politico writes, citing diplomats.", "politico"),
    ("The plan was first reported by the Associated Press.", "ap"),
    ("Paris offered its own plan, in a document seen by AFP.", "afp"),
    ("Moscow moved two regiments, the ISW said in its evening report.", "isw"),
    ("A Reuters investigation found that the factory was never built.", "reuters"),
    ("The convoy was halted, with reference to Radio Svoboda.", "radiosvoboda"),
    ("WASHINGTON, Feb 26 (Reuters) - The Pentagon has ordered a review.", "reuters"),
    ("WARSAW, Poland (AP) — Thousands of soldiers began an exercise.", "ap"),
    ("BERLIN (dpa-AFX) - The order will be signed in June.", "dpa"),
    ("By REUTERS\nThe talks ended without a result.", "reuters"),
    ("KYIV. Feb 12 (Interfax-Ukraine) – Four bridges were repaired.", "interfax-ua"),
    ("Losses rose by a thousand, the Defense Ministry said in a statement.", "mod-ua"),
    ("Russian jets were intercepted over the Baltic, NATO said on Friday.", "nato"),
    ("The British Ministry of Defence reported in its daily update that the advance has stopped.", "uk-mod"),
    ("The Guardian, citing three diplomats, says that the summit will be moved.", "guardian"),
    # Ukrainian
    ("Про це повідомляє Укрінформ.", "ukrinform-uk"),
    ("Міст відкрили для руху, передає Суспільне.", "suspilne"),
    ("Як пише Bloomberg, перемовини тривають.", "bloomberg"),
    ("Про це інформує The Guardian.", "guardian"),
    ("Ракета впала в полі, повідомляє РБК-Україна з посиланням на The Guardian.", "guardian"),
    ("Угоду підпишуть у березні, із посиланням на «Суспільне» пише місцеве видання.", "suspilne"),
    ('Джерело: "Європейська правда" з посиланням на "Радіо Свобода"', "radiosvoboda"),
    ("За даними Радіо Свободи, колону зупинили.", "radiosvoboda"),
    ("Командир розповів Суспільному, що бригаді бракує людей.", "suspilne"),
    ("Міністр сказав це в інтерв'ю «Українській правді».", "pravda-ua"),
    ("Посол заявив у коментарі Європейській правді, що рішення ухвалять.", "eurointegration"),
    ("КИЇВ, 12 лютого (Інтерфакс-Україна) - Уряд змінив порядок закупівель.", "interfax-ua"),
    ("Росія готує новий наступ, — Reuters.", "reuters"),
    ("Про це йдеться у звіті Інституту вивчення війни.", "isw"),
    ("Ворог утратив сто одиниць техніки, повідомляє Генштаб ЗСУ.", "general-staff"),
    ("Про це повідомили в Генштабі.", "general-staff"),
    ("Про це повідомляє пресслужба Міноборони у Facebook.", "mod-ua"),
    ("Про це в ефірі Еспресо розповів полковник.", "espreso"),
    ("Німеччина відклала постачання, пише німецьке видання Bild.", "bild"),
    ("Reuters повідомляє, що угоду відклали.", "reuters"),
    ("За інформацією телеканалу CNN, зустріч перенесли.", "cnn"),
    ("Літаки прибудуть навесні, посилаючись на джерела пише агентство Bloomberg.", "bloomberg"),
    ("Про це Громадському розповіли двоє чиновників.", "hromadske"),
    # Russian
    ("Об этом сообщает Укринформ.", "ukrinform-uk"),
    ("Переговоры перенесли, пишет Reuters со ссылкой на источники.", "reuters"),
    ("Мост открыли, передает «Суспильное».", "suspilne"),
    ("Как сообщает издание РБК-Украина со ссылкой на Bloomberg, поставки задержат.", "bloomberg"),
    ("По данным Радио Свобода, колонну остановили.", "radiosvoboda"),
    ("Об этом передает Русская служба Би-би-си.", "bbc"),
    ("Источник и фото - ria.ru", "ria"),
    ("МОСКВА, 26 фев - РИА Новости. Совет обсудил договор.", "ria"),
    ("МОСКВА, 26 февраля. /ТАСС/. Совет обсудил договор.", "tass"),
    ("Поставки начнутся весной — Bloomberg.", "bloomberg"),
    ("Он рассказал об этом в интервью Украинской правде.", "pravda-ua"),
    ("Об этом говорится в отчете Института изучения войны.", "isw"),
    # written after the patterns
    (
        "Ukraine will receive the interceptors in May, officials told the Associated Press on condition of anonymity.",
        "ap",
    ),
    (
        "The Kremlin is ready to talk, Bloomberg News reported Thursday, citing people familiar with the matter.",
        "bloomberg",
    ),
    ("Suspilne Kharkiv reported explosions in the city.", "suspilne"),
    ("Germany's Bild newspaper reported that the delivery was halted.", "bild"),
    ("Speaking to the BBC, the admiral warned of a gap.", "bbc"),
    ("In comments to Politico, a diplomat said the loan was agreed.", "politico"),
    ("“We need more,” the commander said in an interview with The Times published on Sunday.", "times"),
    ("The Institute for the Study of War (ISW) said Russian forces advanced.", "isw"),
    ("Russian forces advanced near the town, according to the Institute for the Study of War.", "isw"),
    ("The General Staff of Ukraine reported 120 clashes in its evening update.", "general-staff"),
    ("Explosions were heard in Odesa, Ukrainska Pravda writes with reference to Suspilne.", "suspilne"),
    ("As Reuters reports, the shipment is delayed.", "reuters"),
    ("As the Guardian has learned, the plan was dropped.", "guardian"),
    ("As The Guardian has learned, the plan was dropped.", "guardian"),
    ("Details: Bloomberg reported that the EU is weighing a new plan.", "bloomberg"),
    ("Source: Reuters", "reuters"),
    ("Source: Ukrinform, a Ukrainian national news agency", "ukrinform-uk"),
    ("KYIV (Reuters) - A drone attack damaged a warehouse.", "reuters"),
    ("MOSCOW, March 3 (Reuters) – Russia said", "reuters"),
    ("PARIS — (AFP) The minister said", "afp"),
    ("Джерело: Міноборони", "mod-ua"),
    ("Про це повідомляє «Європейська правда» із посиланням на пресслужбу уряду.", "eurointegration"),
    ('Про це пише "Європейська правда".', "eurointegration"),
    ("Про це свідчать дані ISW.", "isw"),
    ("Аналітики ISW вважають, що наступ зупинився.", "isw"),
    ("Американський Інститут вивчення війни пише, що наступ зупинився.", "isw"),
    ("Про це стало відомо УНН від джерел.", "unn"),
    ("Президент дав інтерв'ю телеканалу CNN, у якому назвав дату.", "cnn"),
    ("Про це він сказав в інтерв'ю агентству Reuters.", "reuters"),
    ("Як передає Укрінформ, про це у Фейсбуці повідомляє Генеральний штаб ЗСУ.", "ukrinform-uk"),
    ("Про це Генштаб повідомив у Facebook, передає Укрінформ.", "ukrinform-uk"),
    ("Про це повідомляє «Суспільне Харків».", "suspilne"),
    ("За даними «Суспільного», загинули двоє.", "suspilne"),
    ("Журналісти «Радіо Свобода» з’ясували, що завод працює.", "radiosvoboda"),
    ("Журналісти Радіо Свобода з'ясували, що завод працює.", "radiosvoboda"),
    ("Видання «Українська правда» повідомило про обшуки.", "pravda-ua"),
    ("Українська правда повідомляє про обшуки.", "pravda-ua"),
    ("Про обшуки повідомила «Українська правда».", "pravda-ua"),
    ("Як стало відомо «Українській правді», обшуки тривають.", "pravda-ua"),
    ("Про це йдеться у матеріалі Bloomberg.", "bloomberg"),
    ("У статті The Times йдеться про нові ракети.", "times"),
    ("Агентство Reuters з посиланням на джерела повідомляє про зустріч.", "reuters"),
    ("Про це у телеефірі на Еспресо заявив експерт.", "espreso"),
    ("Об этом изданию Politico сообщили два дипломата.", "politico"),
    ("Источник: УНН", "unn"),
    ("По информации агентства Bloomberg, сделка сорвалась.", "bloomberg"),
    ("Сделка сорвалась, узнало агентство Reuters.", "reuters"),
    ("Об этом сообщила пресс-служба НАТО.", "nato"),
    ("Агентство AFP со ссылкой на Елисейский дворец сообщает о звонке.", "afp"),
    ("Минобороны Украины сообщило о новых поставках.", "mod-ua"),
    ("Как отмечает The Guardian, договор ещё не подписан.", "guardian"),
    ("«Нам нужно больше», — сказал он в комментарии Суспильному.", "suspilne"),
    ("Rozmowy zakończono — podała agencja Reuters.", "reuters"),
    ("WARSZAWA (PAP) - Minister podpisał umowę.", "pap"),
    ("Der Vertrag ist unterschrieben, meldet die Agentur dpa.", "dpa"),
    ("Das berichtet die „Bild“-Zeitung unter Berufung auf Kreise.", "bild"),
    ("Le contrat est signé, rapporte l'AFP.", "afp"),
    ("Smlouva je podepsána, uvedla agentura AP.", "ap"),
    # other languages
    ("Jak podaje agencja Reuters, rozmowy przełożono.", "reuters"),
    ("Rozmowy przełożono, informuje Bild, powołując się na dyplomatów.", "bild"),
    ("Laut Bild werden die Panzer später geliefert.", "bild"),
    ("Wie die Nachrichtenagentur Reuters berichtet, wird der Vertrag verschoben.", "reuters"),
    ("Selon l'agence Reuters, le contrat est reporté.", "reuters"),
    ("Podle agentury Reuters byla schůzka odložena.", "reuters"),
]


@pytest.mark.parametrize(("text", "expected"), NAMES_AN_ORIGIN)
def test_a_reporting_phrase_names_the_origin(text: str, expected: str) -> None:
    assert origin(text) == expected


NAMES_NONE = [
    "Reuters said on Sunday that one of its team was missing after a strike on a hotel.",
    "Russian hackers attacked Ukrinform on Monday night.",
    "The Kyiv Independent's editor was awarded a prize in Vienna.",
    "Two Reuters journalists were wounded near the front line.",
    "The minister said Reuters had misquoted him.",
    "Reuters said its cameraman had been killed by a drone.",
    "Photo: Reuters",
    "The president at the summit. Photo by a soldier / Reuters",
    "A tank on the road (photo: Suspilne).",
    "Read also: Bloomberg reports that the talks failed.",
    "Earlier, Reuters reported that the talks had failed.",
    "As reported earlier, the bridge was hit, according to CNN.",
    "As Ukrinform reported earlier, the bridge was hit.",
    "Reuters reported earlier this year. CNN opened a bureau.",
    "Bloomberg reported last week on another plan.",
    "The Russian Defense Ministry said that the port was hit.",
    "According to NATO Secretary General Mark Rutte, the alliance is ready.",
    "The Reuters Institute said that trust in the press has fallen.",
    "The band played for three times and hit the bild button, sources say.",
    "He spent a year at NATO before he wrote books.",
    "The Times of Israel reports that the plan was dropped.",
    "He posted this on Telegram, X and Facebook.",
    "Фото: Суспільне",
    "Командир бригади (фото: Укрінформ) приїхав до міста.",
    "Російські хакери атакували сайт Укрінформу.",
    "Журналістку Суспільного поранено під Харковом.",
    "Читайте також: Bloomberg пише, що перемовини зірвалися.",
    "Як повідомляв Укрінформ, учора міст зруйнували.",
    "Нагадаємо, за даними Reuters, міст зруйнували.",
    "Раніше Суспільне повідомляло про вибухи в місті.",
    "Передісторія: Bloomberg повідомляє про новий план.",
    "Про це повідомляє Генштаб РФ.",
    "Російське Міноборони заявило про збиті дрони.",
    "Громадське обговорення проєкту триватиме місяць, повідомляє міська рада.",
    "Вони мають суспільне значення, сказав він.",
    "Повідомляє про атаку на Укрінформ власник будівлі.",
    "Президент прибув до штаб-квартири НАТО.",
    "Джерело фото: Reuters",
    "Фото: Иван Петров / РИА Новости",
    "Напомним, Reuters сообщает о новых поставках.",
    "Ранее Bloomberg сообщал о других сроках.",
    "Как сообщал Укринформ, мост разрушен.",
    "Суд оштрафовал Reuters на миллион.",
    "Reuters and Bloomberg are among the outlets that lost access to the Pentagon.",
    "The court jailed a former Ukrinform correspondent.",
    "The Kyiv Independent is hiring a reporter.",
    "Join the Kyiv Independent's community and support us.",
    "Bloomberg, the former mayor of New York, visited the front.",
    "A CNN crew came under fire near Bakhmut.",
    "He met with NATO officials and the press.",
    "NATO plans to send more ships.",
    "Subscribe to Ukrainska Pravda on Telegram.",
    "Getty Images / AFP",
    "Photo by Reuters",
    "REUTERS/Gleb Garanich",
    "Illustrative photo: Ukrinform",
    "AFP via Getty Images",
    "The defense ministry of Belarus said the drill is over.",
    "Belarusian Defense Ministry said the drill is over.",
    "Слідкуйте за новинами Суспільного у Telegram.",
    "Підписуйтесь на Українську правду у Facebook.",
    "НАТО готується до навчань.",
    "Україна вступить до НАТО, заявив прем'єр.",
    "Генсек НАТО Рютте заявив про готовність.",
    "Генштаб готує контрнаступ.",
    "Начальник Генштабу РФ Герасимов заявив про наступ.",
    "Міноборони Росії повідомило про збиті дрони.",
    "Росія заблокувала сайт Радіо Свобода.",
    "Працівника Еспресо мобілізували.",
    "Голова правління Суспільного подав у відставку.",
    "Хакеры взломали сайт РИА Новости.",
    "Путин назвал Bloomberg врагом.",
    "Редактор Bild извинился перед читателями.",
    "Фото: AP",
    "Фото: Reuters/Іван",
    "Фото — Укрінформ.",
    "Минобороны РФ сообщило о сбитых дронах.",
    "Минобороны сообщило о сбитых дронах.",
    "Подписывайтесь на канал УНН.",
    "Трамп подал в суд на CNN.",
    "Україна оскаржила рішення, яке критикував Politico.",
    "Зеленський дав оцінку роботі Суспільного.",
    "Der Bild-Reporter wurde festgenommen.",
    "Dziennikarz PAP został ranny.",
    "The Ukrainian General Staff reported 120 clashes.",
    "Об этом глава ведомства заявил в эфире ВВС.",
]


@pytest.mark.parametrize("text", NAMES_NONE)
def test_a_name_alone_is_no_origin(text: str) -> None:
    assert origin(text) is None


@pytest.mark.parametrize(
    ("text", "self_id"),
    [
        ("Про це передає кореспондент Укрінформу.", "ukrinform-uk"),
        ("Командир розповів у коментарі Суспільному, що втрат немає. Раніше писав Reuters.", "suspilne"),
        ("The general told the Kyiv Independent it would hold. According to Reuters, it may not.", "kyiv-independent"),
        ("Про це повідомляє Європейська правда.", "pravda-ua"),
        ("Ukrinform reports that the bridge is open.", "ukrinform-uk"),
        ("KYIV, Feb 12 (Ukrinform) - The bridge is open.", "ukrinform-en"),
    ],
)  # fmt: skip
def test_what_an_outlet_or_its_family_found_out_is_its_own(text: str, self_id: str) -> None:
    assert origin(text, BY_ID[self_id]) is None


def test_an_outlet_that_names_itself_and_another_has_it_from_the_other() -> None:
    text = "Про це повідомляє Укрінформ з посиланням на Reuters."
    assert origin(text, BY_ID["ukrinform-uk"]) == "reuters"
    text = 'Джерело: "Європейська правда" з посиланням на "Радіо Свобода"'
    assert origin(text, BY_ID["pravda-ua"]) == "radiosvoboda"


def test_an_outlet_goes_before_the_official_body_that_it_quotes() -> None:
    assert origin("Про це повідомляє Укрінформ із посиланням на Генштаб ЗСУ.") == "ukrinform-uk"
    assert origin("Дрони збито, повідомили в Генштабі. Про це пише Суспільне.") == "suspilne"
    assert origin("Про це повідомляє Укрінформ із посиланням на Генштаб ЗСУ.", BY_ID["ukrinform-uk"]) == "general-staff"


def test_of_sources_with_one_name_that_in_the_language_of_the_reader_is_meant() -> None:
    english = outlet("daily", "Daily", "https://daily.example/", language="en")
    assert origin("The bridge is open, Ukrinform reports.", english) == "ukrinform-en"


def test_the_phrase_keeps_the_chain_and_one_clause() -> None:
    long = "The convoy of forty lorries crossed the border in the night without any escort and without lights, as "
    found = find(
        f"{long * 2}the drivers recall, Politico writes, citing Bild.", source=RETELLER, outlets=OUTLETS
    )  # fmt: skip
    assert found == Attribution("bild", "Politico writes, citing Bild.")


def test_a_link_in_the_reporting_sentence_goes_before_a_name() -> None:
    text = "The order is late, the tabloid reported. According to Reuters, it will come."
    links = [("reported", "https://www.bild.de/politik/1.html")]
    assert origin(text, links=links) == "bild"
    assert origin(text) == "reuters"


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("According to a report, the order is late.", "a report"),
        ("Замовлення запізнюється, повідомляє видання.", "видання"),
        ("The order, Bild reported on Monday, would be late for a year.", "on Monday, would be late for a year"),
        ("Замовлення запізнюється, пише таблоїд.", "пише таблоїд"),
    ],
)
def test_the_words_of_a_link_or_around_it_say_that_it_leads_to_the_origin(text: str, anchor: str) -> None:
    assert origin(text, links=[(anchor, "https://www.bild.de/1")], named=["https://www.reuters.com/1"]) == "bild"


def test_an_agency_signs_at_the_end_of_a_paragraph() -> None:
    assert origin("Minister podpisał umowę. (PAP)\nUmowa wchodzi w życie.") == "pap"
    assert origin("The minister signed (Bild).") is None


def test_a_link_elsewhere_is_no_origin() -> None:
    assert origin("Officials reported the attack.", links=[("the attack", "https://www.bild.de/1")]) is None
    assert origin("The minister said so.", links=[("The minister", "https://www.bild.de/1")]) is None
    text = "The order for tanks is late.\n\nRead also: what Bild reported on tanks"
    assert origin(text, links=[("tanks", "https://www.bild.de/1")]) is None
    assert origin(text, links=[("reported", "https://www.bild.de/1")]) is None
    assert origin("He reported it on his page.", links=[("reported it", "https://x.com/him/1")]) is None


def test_the_first_link_in_the_text_counts_whatever_the_order_of_the_links() -> None:
    text = "The order is late, the daily reported. It will come, Reuters reported."
    links = [("Reuters", "https://www.reuters.com/1"), ("the daily reported", "https://www.bild.de/1")]
    assert origin(text, links=links) == origin(text, links=links[::-1]) == "bild"


def test_a_chain_behind_a_link_leads_to_its_end() -> None:
    text = "The order is late, Politico reports, citing Bild."
    assert origin(text, links=[("Politico reports", "https://www.politico.eu/article/1")]) == "bild"


def test_what_the_page_or_the_feed_gives_goes_before_phrases() -> None:
    text = "According to CNN, the talks were moved."
    found = find(text, source=RETELLER, outlets=OUTLETS, named=["https://www.reuters.com/world/1"])
    assert found == Attribution("reuters", "origin given with the article: https://www.reuters.com/world/1")
    assert origin("", named=["Суспільне"]) == "suspilne"
    assert origin("", named=["https://t.me/GeneralStaffZSU/125"]) == "general-staff"
    assert origin("", named=["https://t.me/someone/125", "Nobody", "", "http://[", "https://gazette.example/1"]) is None
    assert origin("", BY_ID["pravda-ua"], named=["https://www.eurointegration.com.ua/news/1"]) is None


def test_a_source_line_at_the_end_counts_however_long_the_text() -> None:
    text = "The bridge was hit.\n\n" + "Nothing else is known about it so far.\n\n" * 80 + "Джерело: Укрінформ"
    assert origin(text) == "ukrinform-uk"
    assert origin(text.replace("Джерело:", "Сайт")) is None


def test_what_is_named_far_below_is_the_origin_of_a_detail() -> None:
    assert origin("Nothing else is known about it so far.\n\n" * 40 + "Reuters reports the rest.") is None


def test_background_ends_the_search() -> None:
    assert origin("Міст відкрито.\n\nНагадаємо, міст зруйнували торік.\n\nПро це пише Reuters.") is None
    assert origin("Міст відкрито.\n\nЧитайте також: Bloomberg пише про мости\n\nПро це пише Reuters.") == "reuters"


def test_a_headline_names_the_origin_where_the_text_does_not() -> None:
    assert origin("", title="Росія готує наступ – ISW") == "isw"
    assert origin("", title="Bloomberg: tanks will come in March") == "bloomberg"
    assert origin("", title="Reuters opens a bureau") is None
    assert origin("Про це пише Bild.", title="Танки прибудуть — Reuters") == "bild"


def test_hosts_tell_the_source() -> None:
    assert OUTLETS.by_host("https://www.reuters.com/world/1") == "reuters"
    assert OUTLETS.by_host("http://EN.interfax.com.ua./news/1.html") == "interfax-ua"
    assert OUTLETS.by_host("https://cnn.com/2026/1") == "cnn"
    assert OUTLETS.by_host("https://www.pravda.com.ua/eng/news/2026/1") == "pravda-en"
    assert OUTLETS.by_host("https://www.pravda.com.ua/news/2026/1") == "pravda-ua"
    assert OUTLETS.by_host("https://t.me/s/generalstaffzsu/77") == "general-staff"
    assert OUTLETS.by_host("https://www.gov.uk/government/organisations/ministry-of-defence/about") == "uk-mod"


@pytest.mark.parametrize(
    "url", ["https://www.gov.uk/vat", "https://t.me/", "https://t.me/s/", "https://com.ua/", "", "http://["]
)  # fmt: skip
def test_hosts_of_others_tell_no_source(url: str) -> None:
    assert OUTLETS.by_host(url) is None


def test_every_homepage_of_the_shipped_catalogue_leads_to_its_family() -> None:
    sources = load(None).sources
    families = {source.id: source.family for source in sources}
    outlets = Outlets(sources)
    found = {source.id: families.get(outlets.by_host(source.homepage) or "") for source in sources}
    assert found == families


def test_a_name_that_two_outlets_bear_tells_neither() -> None:
    twins = (
        outlet("herald-a", "Herald", "https://a.example/", language="uk"),
        outlet("herald-b", "Herald", "https://b.example/", language="en"),
    )
    outlets = Outlets(twins)
    german = outlet("c", "C", "https://c.example/", language="de")
    assert find("The Herald reports it.", source=german, outlets=outlets) is None


@pytest.mark.parametrize(
    "text", ["", "\n\n", "(" * 3000, "Reuters " * 500, "повідомляє " * 400 + "Reuters", "«" * 2000]
)
def test_odd_texts_are_read_to_their_end(text: str) -> None:
    found = find(text, source=RETELLER, outlets=OUTLETS, title=text, links=[(text[:50], "https://x.com/")])
    assert found is None or found.outlet == "reuters"


def test_no_sources_no_origin() -> None:
    assert find("Reuters reports.", source=RETELLER, outlets=Outlets([])) is None
