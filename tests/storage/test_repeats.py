"""What is told again in the same words: by whom it is one event, and by whom the next one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from storage import articles
from storage.engine import transaction
from storage.likeness import gist
from tests.storage.builders import NOON, article

RAID = ("Повітряна тривога в Києві", "Увага! Повітряна тривога в місті Київ. Пройдіть в укриття!")
CLEAR = ("Відбій тривоги в Києві", "Відбій повітряної тривоги в місті Київ. Слідкуйте за подальшими повідомленнями.")
LONG_RAID = (
    "Повітряна тривога у Києві",
    (
        "Увага! У місті Києві оголошено повітряну тривогу. Загроза застосування балістичного озброєння. Просимо всіх "
        "негайно пройти до найближчого укриття цивільного захисту та залишатися там до відбою. Карту укриттів дивіться "
        "на сайті міської адміністрації. Не нехтуйте власною безпекою та подбайте про рідних."
    ),
)
CUT = (
    "Енергетики застосували аварійні відключення електроенергії у {} області. Причина — наслідки масованої атаки на "
    "енергетичну інфраструктуру. За інформацією оператора системи передачі, графіки погодинних відключень у регіоні "
    "тимчасово не діють. Споживачів просять ощадливо використовувати світло та стежити за повідомленнями обленерго."
)
BOMB = (
    "Окупанти скинули керовану авіабомбу на {} у Харківській області. За даними ОВА, поранено {} цивільних, "
    "пошкоджено приватні будинки. Правоохоронці розпочали досудове розслідування за фактом воєнного злочину. "
    "Прокурори встановлюють усі обставини удару та ідентифікують причетних військових російської армії."
)
STRIKE = (
    "Війська РФ у ніч на 12 лютого атакували Харків ударними безпілотниками. Один з дронів влучив у дев’ятиповерховий "
    "будинок у Салтівському районі, на верхніх поверхах спалахнула пожежа. За словами Олега Синєгубова, загинули {} "
    "людей, ще {} дістали поранення. Рятувальники працюють на місці влучання, під завалами можуть бути люди. Мер "
    "міста Ігор Терехов повідомив, що мешканців відселяють до школи неподалік, де розгорнуто пункт обігріву."
)
PORT = (
    "В Одесі пролунали вибухи у портовій інфраструктурі. За словами очільника ОВА Олега Кіпера, ракета влучила в "
    "термінал, загинув один моряк, троє портовиків поранені. Порт тимчасово зупинив навантаження зерна."
)
PAYWALL = (
    "This article is for subscribers only. Subscribe now to continue reading and get unlimited access to our "
    "journalism, newsletters and podcasts. Already a subscriber? Log in here. Cancel at any time."
)
HIDDEN = (
    "Ukraine drone makers seek export licences",
    "Kharkiv subway schools open third shift",
    "Rheinmetall wins shell order from Kyiv",
    "Odesa port insurance premiums jump",
)

Told = tuple[float, str, tuple[str, str]]  # hours after noon, outlet, title and text


def stories(engine: Engine, *told: Told, url: str = "") -> list[int]:
    """The story of each article, stored one by one, counted from 0 as they begin."""
    found: list[int] = []
    for number, (hours, source, (title, text)) in enumerate(told):
        at = NOON + timedelta(hours=hours)
        place = url or f"https://{source}.example/{number}"
        one = article(source=source, url=place, title=title, text=text, published=at)
        with transaction(engine) as session:
            found.append(articles.save(session, [gist.take(one)], at)[0].story)
    order = list(dict.fromkeys(found))
    return [order.index(story) for story in found]


def test_each_air_raid_of_a_channel_is_an_event_which_other_channels_join(engine: Engine) -> None:
    told = [(0.0, "kyiv", RAID), (0.1, "other", RAID), (1.0, "kyiv", CLEAR)]
    again = [(hours + 2.5, source, what) for hours, source, what in told]
    third = [(hours + 12, source, what) for hours, source, what in told]
    assert stories(engine, *told, *again, *third) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_air_raids_of_the_same_minute_in_other_regions_are_other_events(engine: Engine) -> None:
    regions = ("Київська", "Сумська", "Харківська", "Одеська")
    told = [(0.0, "channel", (f"Повітряна тривога: {one}", f"Увага! Тривога: {one} область!")) for one in regions]
    assert stories(engine, *told) == [0, 1, 2, 3]


def test_a_warning_in_the_same_words_on_another_day_is_another_event(engine: Engine) -> None:
    told = [(24.0 * day, "kyiv", LONG_RAID) for day in range(4)]
    copies = [(24.0 * day + 0.2, "other", LONG_RAID) for day in range(4)]
    assert stories(engine, *sorted(told + copies)) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_a_form_filled_in_with_another_place_is_another_event(engine: Engine) -> None:
    cuts = [
        (hours, "grid", (f"Аварійні відключення: {place}ька область", CUT.format(f"{place}ькій")))
        for hours, place in ((0.0, "Київс"), (1.8, "Полтавс"))
    ]
    bombs = [
        (3 + hours, "oda", (f"Авіаудар по {place}: поранено {hurt} людей", BOMB.format(place, hurt)))
        for hours, place, hurt in ((0.0, "Куп’янську", 1), (0.8, "Вовчанську", 2), (1.6, "Ізюму", 3))
    ]
    assert stories(engine, *cuts, *bombs) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("title", ["Удар по Харкову: {} загиблих, {} поранених", "Кількість загиблих зросла до {0}"])
def test_new_figures_of_one_strike_within_hours_are_one_event(engine: Engine, title: str) -> None:
    figures = ((0.0, 2, 9), (1.0, 3, 11), (3.0, 5, 14), (4.5, 7, 21))
    told = [(hours, "one", (title.format(dead, hurt), STRIKE.format(dead, hurt))) for hours, dead, hurt in figures]
    assert stories(engine, *told) == [0, 0, 0, 0]


@pytest.mark.parametrize("outlets", [("paper",) * 4, ("paper", "times", "post", "mail")])
def test_articles_behind_the_same_wall_are_not_one(engine: Engine, outlets: tuple[str, ...]) -> None:
    told = [(number / 2, outlets[number], (title, PAYWALL)) for number, title in enumerate(HIDDEN)]
    assert stories(engine, *told) == [0, 1, 2, 3]


def test_an_address_used_again_for_another_event_leaves_its_story(engine: Engine, now: datetime) -> None:
    strike, port = ("Удар по Харкову", STRIKE.format(2, 9)), ("Вибухи в Одесі", PORT)
    assert stories(engine, (0.0, "one", strike), (1.5, "one", port), url="https://one.example/live") == [0, 1]
    copy = article(source="two", url="https://two.example/1", title="Вибухи в Одесі", text=PORT, published=now)
    with transaction(engine) as session:
        held = articles.save(session, [gist.take(copy)], now)[0]
    assert held.story == 2  # numbers of the table: the second story
