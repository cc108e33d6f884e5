"""Stories are recognised by rare words, and told apart by names, figures and days."""

from __future__ import annotations

import json
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from storage.likeness import clustering, words
from tests.outside import cluster
from tests.storage.builders import NOON

Lead = tuple[str, str]
TOPICS = Path(__file__).parents[3] / "shared" / "data" / "duplicates" / "ecb.jsonl"


def pairs(text: str) -> list[tuple[Lead, Lead]]:
    """Two leads a pair, an empty line after each, its title in the first line."""
    leads = [(title, " ".join(lines)) for title, *lines in (part.splitlines() for part in text.strip().split("\n\n"))]
    return list(zip(leads[::2], leads[1::2], strict=True))


# Written for this project: the first seven and five before the thresholds were set, the others afterwards
SAME = pairs("""
Росія вночі атакувала Одесу дронами: є постраждалі
У ніч на 14 березня російські війська атакували Одесу ударними безпілотниками. Пошкоджено багатоповерхівку в
Пересипському районі, шестеро людей поранено, повідомив голова ОВА Олег Кіпер.

Нічна атака на Одесу: кількість поранених зросла до шести
Шестеро мешканців Одеси поранено внаслідок нічної атаки «шахедів». За словами Кіпера, у Пересипському районі горів
житловий будинок, рятувальники ДСНС евакуювали тридцять людей.

Рютте назвав дві умови миру для України
Генсек НАТО Марк Рютте після засідання контактної групи в Брюсселі заявив, що Україна має вести переговори з позиції
сили, а мирна угода повинна бути тривалою. Союзники вклали у 2024 році 485 мільярдів доларів.

НАТО: тривалий мир можливий лише з позиції сили – Рютте
Україні потрібна найсильніша позиція на переговорах, сказав у Брюсселі Марк Рютте. Генеральний секретар Альянсу
нагадав про 485 мільярдів доларів, які торік витратили на оборону союзники Європи та Канада.

У Сумах ракета влучила у центр міста
Росіяни вдарили балістичними ракетами по центру Сум у Вербну неділю. Загинули 34 людини, понад сто поранено, повідомив
міський голова Артем Кобзар. Ракета влучила поруч із конгрес-центром університету.

Удар по Сумах: 34 загиблих
Унаслідок ракетного удару по Сумах загинули 34 людини, серед них двоє дітей. Кобзар оголосив у місті жалобу. Одна з
ракет впала біля корпусу університету, друга розірвалася над вулицею.

Путин и Уиткофф провели переговоры в Кремле
Спецпосланник президента США Стив Уиткофф встретился с Владимиром Путиным в Кремле. Беседа длилась три часа, помощник
президента Юрий Ушаков назвал её полезной.

Ушаков рассказал о встрече Путина с Уиткоффом
Трёхчасовые переговоры со Стивом Уиткоффом были конструктивными, заявил Юрий Ушаков. В Кремле обсудили украинский
вопрос и возобновление прямых контактов.

Sweden announces largest military aid package for Ukraine
Sweden will send Ukraine its biggest package of military aid yet, worth 16 billion kronor, Defence Minister Pal Jonson
said on Monday in Stockholm. It includes drones, air defence and ammunition.

Stockholm pledges 16 billion kronor in new arms for Kyiv
The Swedish government on Monday unveiled a package worth 16 billion kronor ($1.6bn). Defence Minister Pal Jonson said
most of it would pay for drones and air defence.

Trump and Putin agree to start talks on Ukraine
US President Donald Trump said he had a lengthy and highly productive phone call with Russian President Vladimir Putin
and that they agreed to start negotiations to end the war in Ukraine immediately.

Putin invites Trump to Moscow after 90-minute call
The Kremlin said Vladimir Putin and Donald Trump spoke by phone for almost an hour and a half. Putin invited the US
president to Moscow and they agreed that negotiations on Ukraine should begin.

Tusk: dywersja na torach koło Garwolina
Premier Donald Tusk potwierdził, że eksplozja na torach w Mice koło Garwolina była aktem dywersji. Wybuch zniszczył
linię kolejową Warszawa-Lublin, śledztwo prowadzi prokuratura.

Wysadzone tory na trasie Warszawa-Lublin. Premier mówi o dywersji
Na linii kolejowej Warszawa-Lublin, niedaleko Garwolina, doszło do wybuchu. Zdaniem Donalda Tuska mamy do czynienia z
dywersją. Prokuratura wszczęła śledztwo w sprawie zniszczenia torów.

У Тернополі завершили пошуки після удару по багатоповерхівках
Рятувальники завершили пошукову операцію в Тернополі, де російські ракети зруйнували дві дев’ятиповерхівки. Загинули
38 людей, серед них восьмеро дітей, шестеро вважаються зниклими безвісти, сказав Клименко.

ДСНС: у Тернополі під завалами загинули 38 людей
Ігор Клименко повідомив про завершення пошукових робіт у Тернополі. Із завалів будинків, у які влучили ракети Х-101,
дістали тіла 38 загиблих. Доля шістьох мешканців невідома.

Єрмак подав у відставку
Керівник Офісу президента Андрій Єрмак подав у відставку після обшуків НАБУ. Про це Володимир Зеленський сказав у
вечірньому зверненні, подякувавши йому за представлення України на переговорах.

Зеленський оголосив про звільнення голови свого офісу
Президент повідомив, що Андрій Єрмак написав заяву про відставку. Зранку в нього вдома проходили обшуки
антикорупційного бюро в межах справи «Мідас».

Крушение Ан-24 под Тындой: погибли 48 человек
Самолёт Ан-24 авиакомпании «Ангара», следовавший из Хабаровска в Тынду, разбился в Амурской области. На борту
находились 48 человек, все погибли, сообщил губернатор Василий Орлов.

Орлов объявил траур по погибшим в авиакатастрофе
В Амурской области объявлен трёхдневный траур. Обломки Ан-24 «Ангары» нашли в 16 километрах от Тынды. По данным
Орлова, выживших среди 48 находившихся на борту нет.

Bomb kills Russian general in Moscow
Lieutenant General Igor Kirillov, head of Russia's nuclear, biological and chemical defence forces, was killed by a
bomb hidden in a scooter outside an apartment building on Ryazansky Prospekt in Moscow, investigators said.

Ukraine's SBU says it killed Russian chemical weapons chief Kirillov
A source in Ukraine's security service said it was behind the killing of General Igor Kirillov in Moscow on Tuesday.
An explosive device in an electric scooter went off as he left his building with an aide.

Bundestag beschließt neuen Wehrdienst
Der Bundestag hat das Gesetz zum neuen Wehrdienst verabschiedet. 323 Abgeordnete stimmten dafür, sagte
Bundestagspräsidentin Julia Klöckner. Verteidigungsminister Boris Pistorius will alle jungen Männer mustern lassen.

Wehrdienst: Mehrheit für das Gesetz von Pistorius
Mit 323 Stimmen hat das Parlament den Wehrdienst von Boris Pistorius gebilligt. Ab Januar erhalten alle 18-Jährigen
einen Fragebogen, Männer müssen zur Musterung.
""")

DIFFERENT = pairs("""
Росія вночі атакувала Одесу дронами: є постраждалі
У ніч на 14 березня російські війська атакували Одесу ударними безпілотниками. Пошкоджено багатоповерхівку, шестеро
людей поранено, повідомив голова ОВА. На місці працюють рятувальники ДСНС.

Росія вночі атакувала Харків дронами: є постраждалі
У ніч на 14 березня російські війська атакували Харків ударними безпілотниками. Пошкоджено багатоповерхівку, четверо
людей поранено, повідомив голова ОВА. На місці працюють рятувальники ДСНС.

Втрати ворога на 12 лютого
Загальні бойові втрати противника на 12 лютого становлять 852 330 осіб, 10 011 танків, 20 844 бойові машини, 23 006
артсистем, повідомляє Генштаб ЗСУ у щоденному зведенні.

Втрати ворога на 13 лютого
Загальні бойові втрати противника на 13 лютого становлять 853 750 осіб, 10 025 танків, 20 871 бойову машину, 23 067
артсистем, повідомляє Генштаб ЗСУ у щоденному зведенні.

Беспилотники атаковали нефтебазу в Рязани
Ночью беспилотники атаковали нефтеперерабатывающий завод в Рязани. Возник пожар, пострадавших нет, сообщил губернатор.
Росавиация ограничивала полёты в аэропортах. Минобороны заявило о 98 сбитых дронах.

Беспилотники атаковали нефтебазу в Энгельсе
Ночью беспилотники атаковали нефтебазу в Энгельсе. Возник пожар, пострадавших нет, сообщил губернатор. Росавиация
ограничивала полёты в аэропортах. Минобороны заявило о 121 сбитом дроне.

Hegseth rules out NATO membership for Ukraine
US Defense Secretary Pete Hegseth told the Ukraine Defense Contact Group in Brussels that a return to Ukraine's
pre-2014 borders is unrealistic and that NATO membership is not a realistic outcome.

Trump and Putin agree to start talks on Ukraine
US President Donald Trump said he had a lengthy phone call with Russian President Vladimir Putin and that they agreed
to start negotiations to end the war in Ukraine immediately.

Russian drone strike on Odesa injures six
Russian drones struck the southern city of Odesa overnight, damaging an apartment building and injuring six people,
the regional governor said. Rescuers put out a fire. The air force said it shot down 74 of 112 drones.

Russian drone strike on Kharkiv injures nine
Russian drones struck the northeastern city of Kharkiv overnight, damaging an apartment building and injuring nine
people, the regional governor said. Rescuers put out a fire. The air force said it shot down 58 of 87 drones.

Вибухи в Запоріжжі: пошкоджено підприємство
Увечері росіяни вдарили по Запоріжжю керованими авіабомбами. Пошкоджено підприємство та п’ять приватних будинків, троє
людей поранено, повідомив Іван Федоров.

Вибухи в Миколаєві: пошкоджено підприємство
Увечері росіяни вдарили по Миколаєву балістичною ракетою. Пошкоджено підприємство та сім приватних будинків, двоє
людей поранено, повідомив Віталій Кім.

НБУ встановив курс на 5 листопада
Національний банк України встановив офіційний курс гривні на 5 листопада на рівні 42,07 гривні за долар та 48,25
гривні за євро.

НБУ встановив курс на 6 листопада
Національний банк України встановив офіційний курс гривні на 6 листопада на рівні 42,02 гривні за долар та 48,31
гривні за євро.

Шойгу провёл переговоры в Пхеньяне
Секретарь Совбеза России Сергей Шойгу прибыл в Пхеньян, где его принял Ким Чен Ын. Стороны обсудили отправку сапёров в
Курскую область.

Лавров встретился с главой МИД Китая
Министр иностранных дел России Сергей Лавров провёл в Пекине переговоры с Ван И. Стороны обсудили подготовку визита
Владимира Путина и саммит ШОС.

Rheinmetall wins order for 155mm shells
German arms maker Rheinmetall said it had won an order worth 1.2 billion euros for 155mm artillery shells from the
Bundeswehr. Deliveries begin next year from its plant in Unterluess.

Rheinmetall to build ammunition plant in Bulgaria
Rheinmetall Chief Executive Armin Papperger signed a deal in Sofia to build a powder and shell plant in Bulgaria with
VMZ, an investment of one billion euros, Prime Minister Rosen Zhelyazkov said.

Ukraine hits oil refinery in Saratov, General Staff says
Ukrainian drones hit the Saratov oil refinery overnight, causing explosions and a fire, Ukraine's General Staff said.
Russia's defence ministry said it had downed 71 drones.

Ukraine hits oil refinery in Samara region, General Staff says
Ukrainian drones hit the Novokuibyshevsk oil refinery in Samara region overnight, causing explosions and a fire,
Ukraine's General Staff said. Russia's defence ministry said it had downed 103 drones.
""")

LATER = pairs("""
Швеція оголосила найбільший пакет допомоги Україні
Швеція передасть Україні найбільший пакет військової допомоги на 13,3 мільярда крон, повідомив міністр оборони Пол
Йонсон. До нього увійдуть бойові машини CV90 та артилерійські системи.

Швеція оголосила найбільший пакет допомоги Україні
Уряд Швеції оголосив про найбільший пакет допомоги на 16 мільярдів крон. Міністр Пол Йонсон сказав, що кошти підуть на
закупівлю дронів, протиповітряну оборону та снаряди.

Rutte sets out two conditions for Ukraine
NATO Secretary General Mark Rutte said in Brussels that Ukraine must be in the strongest possible position for talks
and that any peace must last.

Rutte names two directions of NATO support for Ukraine
NATO support for Ukraine will go in two directions, Secretary General Mark Rutte said on Tuesday: packages of US
weapons paid for by allies, and drones made jointly.
""")
STRIKES = DIFFERENT[0]


def stories_of(*leads: Lead, days: int = 0) -> list[str]:
    articles: list[dict[str, Any]] = [
        {"id": str(number), "title": title, "text": text, "published": NOON + timedelta(days=number * days)}
        for number, (title, text) in enumerate(leads)
    ]
    return list(cluster(articles).values())


def sureness(one: Lead, other: Lead) -> float:
    first, second = clustering.sketch(*one), clustering.sketch(*other)
    vectors = [clustering.vector(each.terms, {}, 0) for each in (first, second)]
    return clustering.score(clustering.product(*vectors), first.marks, second.marks)


@pytest.mark.parametrize("pair", SAME, ids=[pair[0][0][:30] for pair in SAME])
def test_two_reports_of_one_event_are_one_story(pair: tuple[Lead, Lead]) -> None:
    assert len(set(stories_of(*pair))) == 1
    assert len(set(stories_of(*reversed(pair)))) == 1


@pytest.mark.parametrize("pair", DIFFERENT, ids=[pair[0][0][:30] for pair in DIFFERENT])
def test_like_events_of_one_day_are_two_stories(pair: tuple[Lead, Lead]) -> None:
    assert len(set(stories_of(*pair))) == 2
    assert len(set(stories_of(*reversed(pair)))) == 2


def test_the_threshold_has_room_on_both_sides() -> None:
    assert min(sureness(*pair) for pair in SAME) > 1.5 * clustering.THRESHOLD
    assert max(sureness(*pair) for pair in DIFFERENT) < 0.9 * clustering.THRESHOLD


@pytest.mark.parametrize("pair", LATER, ids=[pair[0][0][:30] for pair in LATER])
def test_the_same_speaker_a_week_later_is_another_story(pair: tuple[Lead, Lead]) -> None:
    assert len(set(stories_of(*pair, days=7))) == 2


def test_another_city_outweighs_the_words_of_the_template() -> None:
    odesa, kharkiv = (clustering.sketch(*lead).marks for lead in STRIKES)
    assert clustering.score(0.9, odesa, kharkiv) < clustering.THRESHOLD
    assert clustering.score(0.9, odesa, odesa) == 0.9


def test_one_shared_figure_among_a_few_is_enough_and_among_many_is_not() -> None:
    few = marks(figures="34 117"), marks(figures="34 118")
    many = marks(figures="34 11 12 13 14 15"), marks(figures="34 21 22 23 24 25")
    assert clustering.score(0.5, *few) == 0.5
    assert clustering.score(0.5, *many) < 0.5


def test_a_report_without_figures_or_weekday_contradicts_nothing() -> None:
    assert clustering.score(0.5, marks(figures="34", weekdays="0"), marks()) == 0.5
    assert clustering.score(0.5, marks(weekdays="0"), marks(weekdays="3")) < 0.5


def test_several_members_speak_for_a_story() -> None:
    chained = [("big", 0.22)]
    assert clustering.choose(chained, {"big": 1}) == "big"
    assert clustering.choose(chained, {"big": 9}) is None
    assert clustering.choose([*chained, ("new", 0.21)], {"big": 9, "new": 1}) == "new"
    assert clustering.choose([], {}) is None


@pytest.mark.parametrize(
    "forms",
    [
        "Харкова Харкову Харковом",
        "Зеленський Зеленського Зеленському Зеленським",
        "Одеса Одесу Одесою Одесі",
        "Сумы Сумах Сумами",
        "взлёт взлета",
        "Kyiv Kyiv's Kyiv’s",
        "Оде́са Одеса",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({token.word for token in words.read(forms)}) == 1


def test_a_number_is_read_alike_however_its_thousands_are_grouped() -> None:
    read = [[token.word for token in words.read(f"about {number} men")][1] for number in ("1,200", "1.200", "1 200")]
    assert read == ["1200"] * 3


def test_the_case_of_a_headline_makes_no_names() -> None:
    title, text = "Sweden Announces Largest Military Aid Package", "It is the largest package so far."
    assert clustering.sketch(title, text).marks.heads == frozenset()
    assert clustering.sketch("Army leaves Toretsk", text).marks.heads == {"tor"}


def test_a_script_without_spaces_is_compared_by_pairs_of_signs() -> None:
    one, other = (
        ("东京发生强烈地震", "东京附近海域周二发生强烈地震"),
        ("东京地震", "东京附近发生强烈地震，没有人员伤亡"),
    )
    assert sureness(one, other) > clustering.THRESHOLD > sureness(one, ("股市上涨", "投资者购买科技公司股票"))


@pytest.mark.parametrize("text", ["", "...", "\ud800\x00", "7", "?" * 5_000_000, "word " * 1_000_000, "9" * 5_000_000])
def test_hostile_text_has_a_small_sketch(text: str) -> None:
    found = clustering.sketch(text, text)
    assert len(found.terms) <= clustering.MOST_TERMS
    assert len(clustering.vector(found.terms, {}, 0)) == len(found.terms)


def test_a_vector_has_length_one_and_common_terms_fade() -> None:
    found = clustering.sketch("Toretsk and Pokrovsk", "").terms
    fresh, busy = (clustering.vector(found, seen, 10_000) for seen in ({}, {min(found): 2_000}))
    assert sum(weight**2 for weight in busy.values()) == pytest.approx(1)
    assert busy[min(found)] < fresh[min(found)]


def test_keys_are_equal_in_every_process() -> None:
    assert next(iter(clustering.sketch("", "Toretsk").terms)) == -24547266


@pytest.mark.skipif(not TOPICS.exists(), reason="development data are absent")
def test_events_of_one_topic_are_told_apart_as_well_as_before() -> None:
    articles = [json.loads(line) for line in TOPICS.read_text("utf-8").splitlines()]
    random.Random(0).shuffle(articles)
    found = cluster(articles)
    cells = Counter((article["event"], found[article["id"]]) for article in articles)
    events, stories = Counter(article["event"] for article in articles), Counter(found.values())
    precision = sum(n * n / stories[story] for (_, story), n in cells.items()) / len(articles)
    recall = sum(n * n / events[event] for (event, _), n in cells.items()) / len(articles)
    assert 2 * precision * recall / (precision + recall) >= 0.88


def marks(*, figures: str = "", weekdays: str = "") -> clustering.Marks:
    return clustering.Marks(frozenset(), frozenset(), frozenset(figures.split()), frozenset(weekdays.split()))
