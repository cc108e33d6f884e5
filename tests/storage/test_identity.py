from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from scrapers.article import Article, Attribution, Cut
from storage import articles, lookup
from storage.articles import Verdict
from storage.engine import reading, transaction
from storage.likeness import gist
from storage.tables import AliasRow, ArticleRow
from tests.storage.builders import BODY, NOON, OTHER, article

UK = (
    "Контактна група зібралася у Брюсселі в середу. Марк Рютте назвав дві умови безпеки України після війни: "
    "найсильніша позиція за столом переговорів та угода, яка не дасть Росії напасти знову. Союзники в Європі та "
    "Канаді вклали у 2024 році 485 мільярдів доларів в оборону."
)


def save(engine: Engine, now: datetime, *batch: Article) -> list[articles.Stored]:
    with transaction(engine) as session:
        return articles.save(session, [gist.take(one) for one in batch], now)


def ukrainian(**changes: object) -> Article:
    given = {"url": "https://wire.example/uk/7", "title": "Рютте назвав дві умови", "text": UK, "language": "uk"}
    return article(**(given | changes))


def test_the_publisher_s_id_in_another_language_is_a_translation_in_the_same_story(
    engine: Engine, now: datetime
) -> None:
    english, translated = save(engine, now, article(external_id="wire:7"), ukrainian(external_id="wire:7"))
    assert (english.verdict, translated.verdict) == (Verdict.NEW, Verdict.NEW)
    assert translated.story == english.story
    with reading(engine) as session:
        assert session.get_one(ArticleRow, translated.id).translation_of == english.id


def test_an_hreflang_link_to_a_stored_article_makes_a_translation(engine: Engine, now: datetime) -> None:
    (english,) = save(engine, now, article())
    (translated,) = save(engine, now, ukrainian(translations=(("en", "http://www.wire.example/a/1?utm_source=x"),)))
    assert translated.story == english.story
    with reading(engine) as session:
        assert session.get_one(ArticleRow, translated.id).translation_of == english.id


def test_a_third_language_points_to_the_first_one(engine: Engine, now: datetime) -> None:
    russian = article(
        url="https://wire.example/ru/7", title="Рютте назвал", text=OTHER, language="ru", external_id="wire:7"
    )
    first, *others = save(engine, now, article(external_id="wire:7"), ukrainian(external_id="wire:7"), russian)
    with reading(engine) as session:
        rows = session.scalars(select(ArticleRow.translation_of).where(ArticleRow.id.in_([o.id for o in others])))
        assert set(rows) == {first.id}


def test_the_same_id_in_the_same_language_is_the_article_under_a_new_address(engine: Engine, now: datetime) -> None:
    (first,) = save(engine, now, article(external_id="wire:7"))
    moved = article(url="https://wire.example/a/1-renamed", external_id="wire:7", title="Rutte names his conditions")
    (second,) = save(engine, now + timedelta(hours=1), moved)
    assert (second.id, second.verdict) == (first.id, Verdict.REVISED)
    with reading(engine) as session:
        urls = set(session.scalars(select(AliasRow.url)))
    assert urls == {"https://wire.example/a/1", "https://wire.example/a/1-renamed"}


def test_an_id_that_comes_again_a_year_later_is_another_article(engine: Engine, now: datetime) -> None:
    old = article(external_id="wire:7", published=NOON - timedelta(days=365))
    new = article(url="https://wire.example/a/2", title="Storm", text=OTHER, external_id="wire:7")
    assert [one.verdict for one in save(engine, now, old, new)] == [Verdict.NEW, Verdict.NEW]


def test_translations_are_found_by_articles_of_their_own_language(engine: Engine, now: datetime) -> None:
    english, translated = save(engine, now, article(external_id="wire:7"), ukrainian(external_id="wire:7"))
    retold = ukrainian(
        source="post",
        url="https://post.example/1",
        title="Рютте назвав дві умови для безпеки України",
        text=UK.replace("Контактна група зібралася", "Контактна група Рамштайн засідала"),
    )
    (found,) = save(engine, now, retold)
    assert found.story == translated.story == english.story


def test_origin_and_cut_are_kept_and_told(engine: Engine, now: datetime) -> None:
    said = Attribution("suspilne", "Suspilne reports")
    save(engine, now, article(attribution=said, cut=Cut.PAYWALL, text=BODY))
    with reading(engine) as session:
        found = lookup.article(session, "https://wire.example/a/1")
    assert found is not None
    assert (found.origin, found.origin_phrase, found.cut, found.partial) == (
        "suspilne", "Suspilne reports", "paywall", True,
    )  # fmt: skip
