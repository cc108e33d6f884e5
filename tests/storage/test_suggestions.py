from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from scrapers.article import Article
from storage import articles
from storage.articles import Stored
from storage.engine import reading, transaction
from storage.likeness import gist
from storage.tables import ArticleRow
from tests.storage.builders import NOON, article
from tests.storage.translated import (
    DRONES_EN,
    DRONES_NEXT_DAY,
    DRONES_UK,
    FOREIGN,
    LOOK_ALIKES,
    LOSSES_RU,
    LOSSES_UK,
    Told,
)

HOUR = timedelta(hours=1)


def written(told: Told, at: datetime = NOON, **changes: object) -> Article:
    given = {"title": told.title, "text": told.text, "language": told.language, "published": at}
    return article(
        **(
            {"url": f"https://{told.language}.example/{abs(hash(told.text))}", "source": told.language}
            | given
            | changes
        )
    )


def save(engine: Engine, *found: tuple[Told, Article], now: datetime = NOON + 30 * HOUR) -> list[Stored]:
    with transaction(engine) as session:
        return articles.save(session, [gist.take(one, told.entities) for told, one in found], now)


def suggested(engine: Engine, number: int) -> tuple[int | None, float | None]:
    with reading(engine) as session:
        row = session.execute(
            select(ArticleRow.maybe_translation_of, ArticleRow.maybe_score).where(ArticleRow.id == number)
        ).one()
    return row.maybe_translation_of, row.maybe_score


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_every_pair_finds_its_own_among_all_the_others(engine: Engine, is_one_batch: bool) -> None:  # noqa: FBT001
    tales = list(dict.fromkeys(one for pair in (*FOREIGN, *LOOK_ALIKES) for one in pair))
    found = [(one, written(one, NOON + n * timedelta(minutes=7))) for n, one in enumerate(tales)]
    stored = save(engine, *found) if is_one_batch else [save(engine, one)[0] for one in found]
    ids = {one: kept.id for one, kept in zip(tales, stored, strict=True)}
    expected = {ids[later]: ids[first] for first, later in FOREIGN}
    said = {number: of for number in ids.values() if (of := suggested(engine, number)[0]) is not None}
    assert said == expected
    assert all(0.7 <= (suggested(engine, number)[1] or 0) <= 1 for number in said)


def test_nothing_is_merged_by_a_suggestion(engine: Engine) -> None:
    first, later = save(engine, (DRONES_UK, written(DRONES_UK)), (DRONES_EN, written(DRONES_EN, NOON + HOUR)))
    assert suggested(engine, later.id)[0] == first.id
    assert later.verdict is articles.Verdict.NEW
    with reading(engine) as session:
        row = session.get_one(ArticleRow, later.id)
        assert row.duplicate_of is row.translation_of is row.edition_of is None


def test_an_original_that_is_fetched_later_is_suggested_for_the_stored_translation(engine: Engine) -> None:
    (later,) = save(engine, (DRONES_EN, written(DRONES_EN, NOON + HOUR)))
    (first,) = save(engine, (DRONES_UK, written(DRONES_UK)))
    assert suggested(engine, later.id)[0] == first.id
    assert suggested(engine, first.id) == (None, None)


def test_what_is_told_more_than_a_day_apart_is_not_suggested(engine: Engine) -> None:
    save(engine, (LOSSES_UK, written(LOSSES_UK)))
    (later,) = save(engine, (LOSSES_RU, written(LOSSES_RU, NOON + 25 * HOUR)))
    assert suggested(engine, later.id) == (None, None)


def test_the_same_language_is_never_suggested(engine: Engine) -> None:
    save(engine, (LOSSES_UK, written(LOSSES_UK)))
    (later,) = save(engine, (LOSSES_RU, written(LOSSES_RU, NOON + HOUR, language="uk")))
    assert suggested(engine, later.id) == (None, None)


def test_without_tracked_entities_nothing_is_suggested(engine: Engine) -> None:
    bare = DRONES_EN._replace(entities=())
    _, later = save(engine, (DRONES_UK, written(DRONES_UK)), (bare, written(bare, NOON + HOUR)))
    assert suggested(engine, later.id) == (None, None)


def test_what_the_publisher_names_as_a_translation_needs_no_suggestion(engine: Engine) -> None:
    first = written(DRONES_UK)
    later = replace(written(DRONES_EN, NOON + HOUR, source="uk"), translations=(("uk", first.url),))
    save(engine, (DRONES_UK, first))
    (stored,) = save(engine, (DRONES_EN, later))
    with reading(engine) as session:
        assert session.get_one(ArticleRow, stored.id).translation_of is not None
    assert suggested(engine, stored.id) == (None, None)


def test_a_revised_article_loses_a_suggestion_that_no_longer_holds(engine: Engine) -> None:
    save(engine, (DRONES_UK, written(DRONES_UK)))
    (later,) = save(engine, (DRONES_EN, written(DRONES_EN, NOON + HOUR, url="https://en.example/a")))
    assert suggested(engine, later.id)[0] is not None
    revised = written(DRONES_NEXT_DAY, NOON + HOUR, url="https://en.example/a")
    save(engine, (DRONES_NEXT_DAY, revised))
    assert suggested(engine, later.id) == (None, None)
