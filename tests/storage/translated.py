"""Articles told in two languages, and look-alikes that tell something else; written for these tests."""

from __future__ import annotations

from typing import NamedTuple


class Told(NamedTuple):
    """An article as far as it is compared across languages."""

    language: str
    entities: tuple[str, ...]
    title: str
    text: str


DRONES_UK = Told(
    "uk",
    ("shahed", "air-force-ua"),
    "Сили ППО збили 61 із 93 дронів, якими росіяни атакували вночі",
    "У ніч на 12 лютого противник атакував Україну 93 ударними дронами та двома балістичними ракетами. Протиповітряна "
    "оборона збила 61 безпілотник у Харківській, Сумській, Полтавській та Київській областях, повідомили Повітряні "
    "сили. Ще 28 імітаторів не досягли цілей.",
)
DRONES_EN = Told(
    "en",
    ("shahed", "air-force-ua"),
    "Air defence downs 61 of 93 drones launched overnight",
    "On the night of February 12 the enemy attacked Ukraine with 93 strike drones and two ballistic missiles. Air "
    "defence shot down 61 drones over the Kharkiv, Sumy, Poltava and Kyiv regions, the Air Force reported. Another "
    "28 decoys failed to reach their targets.",
)
DRONES_NEXT_DAY = Told(
    "en",
    ("shahed", "air-force-ua"),
    "Air defence downs 71 of 140 drones launched overnight",
    "On the night of February 13 the enemy attacked Ukraine with 140 strike drones. Air defence shot down 71 drones "
    "over the Kharkiv, Sumy, Poltava and Kyiv regions, the Air Force reported. Another 61 decoys failed to reach "
    "their targets.",
)
RUTTE_EN = Told(
    "en",
    ("rutte", "nato"),
    "Rutte: allies in Europe and Canada invested $485 billion in defence",
    "Allies in Europe and Canada invested 485 billion dollars in defence in 2024, a nearly 20 percent increase on the "
    "year before, NATO Secretary General Mark Rutte said in Brussels on Wednesday. Two thirds of allies now spend "
    "2.71 percent of GDP.",
)
RUTTE_UK = Told(
    "uk",
    ("rutte", "nato"),
    "Рютте: союзники в Європі та Канада вклали в оборону 485 мільярдів доларів",
    "Союзники в Європі та Канада інвестували в оборону 485 мільярдів доларів у 2024 році, що майже на 20 відсотків "
    "більше, ніж торік, сказав генсек НАТО Марк Рютте у середу в Брюсселі. Дві третини союзників витрачають 2,71 "
    "відсотка ВВП.",
)
RUTTE_OTHER = Told(
    "uk",
    ("rutte", "nato"),
    "Рютте назвав дві умови безпеки України після війни",
    "Генсек НАТО Марк Рютте назвав у середу в Брюсселі дві умови безпеки України після війни. Союзники вже передали "
    "60 відсотків обіцяного на цей рік, а наступна зустріч відбудеться через 20 днів.",
)
LOSSES_UK = Told(
    "uk",
    ("general-staff",),
    "Генштаб: за добу ЗСУ знешкодили 1 460 окупантів і 9 танків",
    "Загальні бойові втрати російських військ з 24 лютого 2022 року по 12 лютого 2025 року становлять близько 854 280 "
    "осіб, з них 1 460 за минулу добу. Знищено 10 093 танки, 20 991 бойову машину, 22 988 артилерійських систем, "
    "повідомив Генеральний штаб ЗСУ.",
)
LOSSES_RU = Told(
    "ru",
    ("general-staff",),
    "Генштаб: за сутки ВСУ обезвредили 1460 оккупантов и 9 танков",
    "Общие боевые потери российских войск с 24 февраля 2022 года по 12 февраля 2025 года составляют около 854 280 "
    "человек, из них 1460 за минувшие сутки. Уничтожено 10 093 танка, 20 991 боевая машина, 22 988 артиллерийских "
    "систем, сообщил Генеральный штаб ВСУ.",
)
LOSSES_YESTERDAY = Told(
    "ru",
    ("general-staff",),
    "Генштаб: за сутки ВСУ обезвредили 1270 оккупантов и 9 танков",
    "Общие боевые потери российских войск с 24 февраля 2022 года по 11 февраля 2025 года составляют около 852 820 "
    "человек, из них 1270 за минувшие сутки. Уничтожено 10 084 танка, 20 975 боевых машин, 22 974 артиллерийские "
    "системы, сообщил Генеральный штаб ВСУ.",
)
BUDGET_EN = Told(
    "en",
    ("hrivna", "verkhovna-rada"),
    "Parliament adds 412 billion hryvnias to defence spending",
    "The Verkhovna Rada raised this year's defence spending by 412 billion hryvnias on Thursday, with 287 votes in "
    "favour. Of the sum, 115 billion will buy weapons and drones, finance minister Serhii Marchenko said in Kyiv.",
)
BUDGET_PL = Told(
    "pl",
    ("hrivna", "verkhovna-rada"),
    "Parlament zwiększa wydatki na obronę o 412 mld hrywien",
    "Rada Najwyższa zwiększyła w czwartek tegoroczne wydatki na obronę o 412 mld hrywien; za głosowało 287 posłów. "
    "Z tej kwoty 115 mld pójdzie na broń i drony, powiedział w Kijowie minister finansów Serhij Marczenko.",
)
BUDGET_OTHER_PL = Told(
    "pl",
    ("hrivna", "verkhovna-rada"),
    "Parlament obniża wydatki na drogi o 41 mld hrywien",
    "Rada Najwyższa obniżyła w czwartek tegoroczne wydatki na drogi o 41 mld hrywien; za głosowało 287 posłów. "
    "Środki w wysokości 12 mld trafią do szpitali, powiedział w Kijowie minister finansów Serhij Marczenko.",
)
ODESA_RU = Told(
    "ru",
    ("odesa-port",),
    "Удар по порту Одессы: 14 раненых, повреждены 3 судна",
    "Россия ударила по порту Одессы 37 дронами, сообщил глава области Олег Кипер. Ранены 14 человек, среди них "
    "граждане Сирии и Египта. Повреждены 3 судна и терминал, где хранилось 5 600 тонн зерна.",
)
ODESA_EN = Told(
    "en",
    ("odesa-port",),
    "Strike on the port of Odesa wounds 14, three ships damaged",
    "Russia struck the port of Odesa with 37 drones, the head of the region Oleh Kiper said. Fourteen people are "
    "wounded, among them citizens of Syria and Egypt: 14 in all. Three ships and a terminal that held 5,600 tonnes "
    "of grain were damaged.",
)
IZMAIL_EN = Told(
    "en",
    ("odesa-port",),
    "Strike on the port of Izmail wounds 14",
    "Russia struck the port of Izmail on the Danube with 22 drones, the mayor Andriy Abramchenko said. Fourteen "
    "people are wounded, 14 in all, and a warehouse with 3,100 tonnes of fertiliser burned down.",
)
SANCTIONS_EN = Told(
    "en",
    ("eu-council", "shadow-fleet"),
    "EU lists 73 more tankers in its 16th package of sanctions",
    "The EU Council on Monday adopted its 16th package of sanctions against Russia. It lists 73 more tankers of the "
    "shadow fleet, 48 persons and 35 companies, and cuts 13 banks off SWIFT, Kaja Kallas said.",
)
SANCTIONS_UK = Told(
    "uk",
    ("eu-council", "shadow-fleet"),
    "ЄС вніс 73 танкери до 16-го пакета санкцій",
    "Рада ЄС у понеділок ухвалила 16-й пакет санкцій проти Росії. До нього увійшли ще 73 танкери тіньового флоту, 48 "
    "осіб і 35 компаній, а 13 банків відключать від SWIFT, повідомила Кая Каллас.",
)
SANCTIONS_BRITISH = Told(
    "uk",
    ("shadow-fleet",),
    "Британія запровадила санкції проти 40 танкерів тіньового флоту",
    "Лондон запровадив санкції проти 40 танкерів тіньового флоту Росії та 48 осіб, повідомив Девід Ламмі. До списку "
    "потрапили також 13 компаній з Туреччини, Китаю та Казахстану.",
)
TALKS_PL = Told(
    "pl",
    ("tusk", "zelensky"),
    "Tusk i Zełenski podpisali umowę na 2,3 mld euro",
    "Donald Tusk i Wołodymyr Zełenski podpisali w Warszawie umowę o wartości 2,3 mld euro. Polska przekaże Ukrainie "
    "14 myśliwców MiG-29, a Ukraina przeszkoli 450 polskich operatorów dronów.",
)
TALKS_UK = Told(
    "uk",
    ("tusk", "zelensky"),
    "Туск і Зеленський підписали угоду на 2,3 млрд євро",
    "Дональд Туск і Володимир Зеленський підписали у Варшаві угоду на 2,3 млрд євро. Польща передасть Україні 14 "
    "винищувачів МіГ-29, а Україна навчить 450 польських операторів дронів.",
)
TALKS_OTHER = Told(
    "uk",
    ("tusk", "zelensky"),
    "Туск і Зеленський відкрили завод снарядів за 450 млн євро",
    "Дональд Туск і Володимир Зеленський відкрили в Любліні завод снарядів. Інвестиція коштувала 450 млн євро, завод "
    "дасть роботу 1 200 людям і вироблятиме 14 тисяч снарядів на місяць.",
)
PRISONERS_UK = Told(
    "uk",
    ("coordination-hq", "uae"),
    "Україна та Росія обмінялися полоненими: додому повернулися 150 захисників",
    "Відбувся 62-й обмін полоненими: з російського полону повернулися 150 захисників, 43 з них обороняли Маріуполь. "
    "Посередниками були Об'єднані Арабські Емірати, повідомив Координаційний штаб. Наймолодшому 21 рік.",
)
PRISONERS_EN = Told(
    "en",
    ("coordination-hq", "uae"),
    "Prisoner exchange: 150 defenders return to Ukraine",
    "In the 62nd exchange of prisoners, 150 defenders came home from Russian captivity, 43 of whom had held Mariupol. "
    "The United Arab Emirates mediated, the Coordination Headquarters said. The youngest is 21.",
)
PRISONERS_LATER = Told(
    "en",
    ("coordination-hq", "uae"),
    "Prisoner exchange: 150 defenders return to Ukraine",
    "In the 63rd exchange of prisoners, 150 defenders came home from Russian captivity, 75 of whom are wounded and "
    "19 had held Azovstal. The United Arab Emirates mediated, the Coordination Headquarters said. The eldest is 60.",
)
REFINERY_RU = Told(
    "ru",
    ("sbu", "lukoil"),
    "Дроны СБУ поразили НПЗ в Волгограде за 470 км от фронта",
    "Дроны СБУ в ночь на 3 февраля поразили нефтеперерабатывающий завод Лукойла в Волгограде, в 470 км от фронта. "
    "Завод перерабатывает 14,8 млн тонн нефти в год, это 5,6 процента российской переработки.",
)
REFINERY_EN = Told(
    "en",
    ("sbu", "lukoil"),
    "SBU drones hit the Volgograd refinery 470 km from the front",
    "Drones of the SBU hit a Lukoil refinery in Volgograd, 470 km from the front line, in the night of 3 February. "
    "The plant processes 14.8 million tonnes of oil a year, 5.6 percent of Russian refining.",
)
REFINERY_OTHER = Told(
    "en",
    ("sbu", "lukoil"),
    "SBU drones hit the Kstovo refinery 800 km from the border",
    "Drones of the SBU hit a Lukoil refinery in Kstovo near Nizhny Novgorod, 800 km from the border, in the night of "
    "29 January. The plant processes 14.8 million tonnes of oil a year, 5.6 percent of Russian refining.",
)
POWER_EN = Told(
    "en",
    ("dtek",),
    "DTEK restores power to 86,000 families in Mykolaiv",
    "DTEK has restored power to 86,000 families after the strike on Mykolaiv, where 46,000 still have no heating at "
    "minus 11 degrees, Prime Minister Denys Shmyhal said.",
)
POWER_UK = Told(
    "uk",
    ("dtek",),
    "ДТЕК повернув світло 86 тисячам родин у Миколаєві",
    "ДТЕК повернув світло 86 тисячам родин після удару по Миколаєву, де 46 тисяч ще не мають тепла за 11 градусів "
    "морозу, сказав прем'єр-міністр Денис Шмигаль.",
)
POWER_OTHER = Told(
    "uk",
    ("dtek",),
    "ДТЕК повернув світло 49 тисячам родин на Одещині",
    "ДТЕК повернув світло 49 тисячам родин після негоди на Одещині. У 11 громадах ще працюють 86 бригад, повідомили "
    "в компанії.",
)
AID_RU = Told(
    "ru",
    ("pistorius", "iris-t"),
    "Писториус: Германия передаст Украине 6 систем IRIS-T и 1500 дронов HX-2",
    "Германия передаст Украине системы IRIS-T на 390 млн евро и 1500 дронов, заявил Борис Писториус на заседании "
    "контактной группы. Первые 120 ракет прибудут до 30 апреля.",
)
AID_EN = Told(
    "en",
    ("pistorius", "iris-t"),
    "Pistorius: Germany to send six IRIS-T systems and 1,500 drones to Ukraine",
    "Germany will send Ukraine IRIS-T systems worth 390 million euros and 1,500 drones, Boris Pistorius told the "
    "contact group. The first 120 missiles will arrive by April 30.",
)
AID_OTHER = Told(
    "en",
    ("pistorius", "iris-t"),
    "Pistorius visits the IRIS-T factory and promises 120 jobs",
    "Boris Pistorius visited the factory of the IRIS-T in Überlingen on Tuesday. Diehl will hire 120 people and raise "
    "output from 500 to 800 missiles a year, a step that costs 390 million euros.",
)
POLL_UK = Told(
    "uk",
    ("kiis", "zelensky"),
    "КМІС: Зеленському довіряють 57 % українців",
    "Президентові Володимиру Зеленському довіряють 57 % опитаних, не довіряють 37 %, показало опитування КМІС, "
    "проведене 4-9 лютого. Соціологи опитали 1 029 людей, похибка 4,1 %.",
)
POLL_RU = Told(
    "ru",
    ("kiis", "zelensky"),
    "КМИС: Зеленскому доверяют 57 % украинцев",
    "Президенту Владимиру Зеленскому доверяют 57 % опрошенных, не доверяют 37 %, показал опрос КМИС, проведенный 4-9 "
    "февраля. Социологи опросили 1029 человек, погрешность 4,1 %.",
)
POLL_OTHER = Told(
    "ru",
    ("kiis", "zelensky"),
    "КМИС: 57 % украинцев верят в победу",
    "В победу Украины верят 57 % опрошенных, показал опрос КМИС. Готовы терпеть войну сколько нужно 37 %, считают "
    "главным союзником Польшу 26 %. О доверии Зеленскому вопрос не задавали. Опрошены 2000 человек в 11 областях.",
)

FOREIGN = (
    (DRONES_UK, DRONES_EN),
    (RUTTE_EN, RUTTE_UK),
    (LOSSES_UK, LOSSES_RU),
    (BUDGET_EN, BUDGET_PL),
    (ODESA_RU, ODESA_EN),
    (SANCTIONS_EN, SANCTIONS_UK),
    (TALKS_PL, TALKS_UK),
    (PRISONERS_UK, PRISONERS_EN),
    (REFINERY_RU, REFINERY_EN),
    (POWER_EN, POWER_UK),
    (AID_RU, AID_EN),
    (POLL_UK, POLL_RU),
)
LOOK_ALIKES = (
    (DRONES_UK, DRONES_NEXT_DAY),
    (RUTTE_EN, RUTTE_OTHER),
    (LOSSES_UK, LOSSES_YESTERDAY),
    (BUDGET_EN, BUDGET_OTHER_PL),
    (ODESA_RU, IZMAIL_EN),
    (SANCTIONS_EN, SANCTIONS_BRITISH),
    (TALKS_PL, TALKS_OTHER),
    (PRISONERS_UK, PRISONERS_LATER),
    (REFINERY_RU, REFINERY_OTHER),
    (POWER_EN, POWER_OTHER),
    (AID_RU, AID_OTHER),
    (POLL_UK, POLL_OTHER),
)
