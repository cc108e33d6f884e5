from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, func, select

from scrapers.article import Article, Cut
from storage import articles, lookup
from storage.articles import Stored, Verdict
from storage.engine import reading, transaction
from storage.likeness import gist
from storage.tables import ArticleRow, RevisionRow
from tests.storage.builders import BODY, OTHER, article


def save(engine: Engine, now: datetime, *batch: Article) -> list[Stored]:
    with transaction(engine) as session:
        return articles.save(session, [gist.take(one) for one in batch], now)


def count(engine: Engine, table: type[ArticleRow | RevisionRow]) -> int:
    with reading(engine) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_article_is_new_once(engine: Engine, now: datetime) -> None:
    assert [one.verdict for one in save(engine, now, article())] == [Verdict.NEW]
    assert [one.verdict for one in save(engine, now, article())] == [Verdict.SAME_URL]
    assert (count(engine, ArticleRow), count(engine, RevisionRow)) == (1, 0)


def test_every_spelling_of_a_url_leads_to_the_one_article(engine: Engine, now: datetime) -> None:
    first = article(aliases=("https://wire.example/amp/a/1",))
    again = article(url="http://www.wire.example/a/1?utm_source=rss&utm_medium=feed")
    amp = article(url="https://wire.example/amp/a/1")
    assert [one.verdict for one in save(engine, now, first, again, amp)] == [
        Verdict.NEW,
        Verdict.SAME_URL,
        Verdict.SAME_URL,
    ]
    with reading(engine) as session:
        found = lookup.article(session, "https://wire.example/a/1?utm_campaign=x")
    assert found is not None
    assert found.title == "Rutte names two conditions"


def test_the_same_text_elsewhere_is_linked_and_kept(engine: Engine, now: datetime) -> None:
    copy = article(source="courier", url="https://courier.example/x", text=BODY.upper().replace(" ", "\u00a0"))
    first, second = save(engine, now, article(), copy)
    assert second.verdict is Verdict.DUPLICATE
    assert second.story == first.story
    with reading(engine) as session:
        row = session.get_one(ArticleRow, second.id)
        assert (row.duplicate_of, row.duplicate_kind, row.duplicate_score) == (first.id, "exact", 1.0)


def test_short_texts_of_two_outlets_are_never_called_copies(engine: Engine, now: datetime) -> None:
    flash = [
        article(source=name, url=f"https://{name}.example/f", text="Air raid alert in Kyiv.")
        for name in ("wire", "post")
    ]
    assert [one.verdict for one in save(engine, now, *flash)] == [Verdict.NEW, Verdict.NEW]


def test_an_edit_makes_a_revision_and_an_unchanged_refetch_none(engine: Engine, now: datetime) -> None:
    edited = article(title="Rutte names three conditions", text=BODY.replace("485", "486"))
    assert [one.verdict for one in save(engine, now, article())] == [Verdict.NEW]
    assert [one.verdict for one in save(engine, now + timedelta(hours=1), edited)] == [Verdict.REVISED]
    assert [one.verdict for one in save(engine, now + timedelta(hours=2), edited)] == [Verdict.SAME_URL]
    with reading(engine) as session:
        row = session.scalars(select(ArticleRow)).one()
        assert (row.title, row.revision, row.change_kind) == ("Rutte names three conditions", 2, "correction")
        assert row.changed_at == now + timedelta(hours=1)
        old = session.scalars(select(RevisionRow)).one()
        assert (old.title, old.seq, old.kind, old.seen_at) == ("Rutte names two conditions", 1, "", now)


def test_a_shorter_refetch_never_replaces_the_fuller_text(engine: Engine, now: datetime) -> None:
    save(engine, now, article())
    cut = article(text=BODY[:100])
    assert [one.verdict for one in save(engine, now, cut)] == [Verdict.SAME_URL]
    with reading(engine) as session:
        assert session.scalars(select(ArticleRow.text)).all() == [BODY]


def test_the_page_replaces_what_only_the_feed_had_told(engine: Engine, now: datetime) -> None:
    partial = article(text="Two conditions, said Rutte.", cut=Cut.FEED)
    assert [one.verdict for one in save(engine, now, partial)] == [Verdict.NEW]
    assert [one.verdict for one in save(engine, now, article())] == [Verdict.REVISED]
    assert [one.verdict for one in save(engine, now, partial)] == [Verdict.SAME_URL]
    with reading(engine) as session:
        assert session.scalars(select(ArticleRow.partial)).all() == [False]


def test_different_events_are_different_stories(engine: Engine, now: datetime) -> None:
    port = article(url="https://wire.example/a/2", title="Storm closes Odesa port", text=OTHER)
    first, second = save(engine, now, article(), port)
    assert first.story != second.story


RETOLD = (
    "After the contact group met in Brussels, Mark Rutte told reporters that Ukraine needs the strongest "
    "possible place in talks and an agreement that Russia will not break by attacking again. He said that "
    "allies in Europe and Canada had invested 485 billion dollars in defence in 2024."
)


def retold(**changes: Any) -> Article:
    title = "Two conditions for Ukraine's security, says NATO's Mark Rutte"
    return article(source="courier", url="https://courier.example/r", title=title, text=RETOLD, **changes)


def test_the_same_event_in_other_words_is_one_story(engine: Engine, now: datetime) -> None:
    first, second = save(engine, now, article(), retold())
    assert first.story == second.story


def test_the_same_event_a_month_later_is_another_story(engine: Engine, now: datetime) -> None:
    month = timedelta(days=30)
    [first] = save(engine, now, article())
    [second] = save(engine, now + month, retold(published=now + month))
    assert first.story != second.story


def test_parallel_savers_leave_one_row_per_url_and_one_original_per_text(engine: Engine, now: datetime) -> None:
    def job(worker: int) -> None:
        for number in range(6):
            text = " ".join(f"{word}{number}" for word in BODY.split())
            same_url = article(url=f"https://wire.example/p/{number}", text=text)
            own_url = article(source=f"s{worker}", url=f"https://s{worker}.example/{number}", text=text)
            save(engine, now, same_url, own_url)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(job, worker) for worker in range(4)]:
            done.result()
    with reading(engine) as session:
        rows = session.execute(select(ArticleRow.url, ArticleRow.duplicate_of)).all()
    assert len(rows) == len({url for url, _ in rows}) == 6 + 4 * 6
    assert sum(original is None for _, original in rows) == 6


def test_the_next_edition_of_a_bulletin_is_a_story_of_its_own(engine: Engine, now: datetime) -> None:
    editions = [
        article(
            url=f"https://wire.example/losses/{day}",
            title=f"Losses of the enemy as of {day} February",
            text=f"As of the morning of {day} February the enemy lost {100 + day} tanks, {200 + day} guns, "
            f"{300 + day} drones and {400 + day} vehicles. The figures are being checked, the General Staff said in "
            "its daily report from Kyiv, and will be published again tomorrow at the same hour.",
            published=article().published + timedelta(days=day - 12),  # type: ignore[operator]
        )
        for day in (12, 13)
    ]
    first, second = save(engine, now, *editions)
    assert first.story != second.story
