from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from alerts.changes import ChangeKind
from alerts.worddiff import PieceKind
from scrapers.article import Article, Cut
from storage import articles, lookup, revisions
from storage.articles import Verdict
from storage.engine import reading, transaction
from storage.likeness import gist
from storage.revisions import Revision
from storage.tables import ArticleRow
from tests.storage.builders import BODY, OTHER, article

HOUR = timedelta(hours=1)
LONG = f"{BODY}\n\n{OTHER}"
HEAD = LONG[:180]


def save(engine: Engine, now: datetime, *batch: Article) -> list[Verdict]:
    with transaction(engine) as session:
        return [one.verdict for one in articles.save(session, [gist.take(one) for one in batch], now)]


def history(engine: Engine) -> tuple[Revision, ...]:
    with reading(engine) as session:
        return revisions.history(session, session.scalars(select(ArticleRow.id)).one())


def test_every_version_is_told_in_order_with_its_kind_time_and_difference(engine: Engine, now: datetime) -> None:
    save(engine, now, article(text=LONG))
    save(engine, now + HOUR, article(text=LONG.replace("485", "458")))
    save(engine, now + 2 * HOUR, article(text=LONG.replace("485", "458") + "\n\nUPDATE: The ministers went home."))
    told = history(engine)
    assert [(one.number, one.kind, one.seen, one.is_current) for one in told] == [
        (1, None, now, False),
        (2, ChangeKind.CORRECTION, now + HOUR, False),
        (3, ChangeKind.UPDATE, now + 2 * HOUR, True),
    ]
    changed = [[(p.kind, p.text.strip()) for p in one.diff if p.kind is not PieceKind.EQUAL] for one in told]
    assert changed == [
        [],
        [(PieceKind.REMOVED, "485"), (PieceKind.ADDED, "458")],
        [(PieceKind.ADDED, "UPDATE: The ministers went home.")],
    ]
    assert told[0].text == LONG


def test_going_back_to_an_earlier_text_is_a_version_of_its_own(engine: Engine, now: datetime) -> None:
    first, second = article(text=LONG), article(text=LONG.replace("485", "458"))
    assert [save(engine, now + n * HOUR, one)[0] for n, one in enumerate((first, second, first))] == [
        Verdict.NEW,
        Verdict.REVISED,
        Verdict.REVISED,
    ]
    assert [one.text == LONG for one in history(engine)] == [True, False, True]


def test_a_cut_version_is_kept_once_beside_the_whole_one_and_never_takes_its_place(
    engine: Engine, now: datetime
) -> None:
    save(engine, now, article(text=LONG))
    for hour in (1, 2, 3):
        assert save(engine, now + hour * HOUR, article(text=HEAD)) == [Verdict.SAME_URL]
    told = history(engine)
    assert [(one.number, one.kind, one.is_current, one.text) for one in told] == [
        (1, None, True, LONG),
        (2, ChangeKind.TRUNCATED, False, HEAD),
    ]
    with reading(engine) as session:
        found = lookup.article(session, article().url)
        assert found is not None
        assert (found.change, found.changed, revisions.count(session, found.id)) == (None, None, 0)


def test_a_change_after_a_cut_version_gets_the_next_number_and_is_compared_with_the_whole_one(
    engine: Engine, now: datetime
) -> None:
    save(engine, now, article(text=LONG))
    save(engine, now + HOUR, article(text=HEAD))
    assert save(engine, now + 2 * HOUR, article(text=LONG.replace("485", "458"))) == [Verdict.REVISED]
    assert save(engine, now + 3 * HOUR, article(text=HEAD)) == [Verdict.SAME_URL]
    assert save(engine, now + 4 * HOUR, article(text=LONG)) == [Verdict.REVISED]
    told = history(engine)
    assert [(one.number, one.kind) for one in told] == [
        (1, None),
        (2, ChangeKind.TRUNCATED),
        (3, ChangeKind.CORRECTION),
        (4, ChangeKind.CORRECTION),
    ]
    assert [p.text.strip() for p in told[2].diff if p.kind is PieceKind.ADDED] == ["458"]
    with reading(engine) as session:
        found = lookup.article(session, article().url)
        assert found is not None
        assert revisions.count(session, found.id) == 2


def test_what_the_feed_tells_and_what_an_aggregator_shows_are_no_versions(engine: Engine, now: datetime) -> None:
    save(engine, now, article(text=LONG))
    told = article(text="Two conditions, said Rutte.", cut=Cut.FEED)
    rendered = article(source="aggregator", text=LONG.replace("485", "999"))
    assert save(engine, now + HOUR, told) == [Verdict.SAME_URL]
    assert save(engine, now + HOUR, rendered) == [Verdict.SAME_URL]
    assert len(history(engine)) == 1


def test_a_batch_keeps_the_versions_of_many_articles(engine: Engine, now: datetime) -> None:
    batch = [article(url=f"https://wire.example/a/{n}", text=f"{LONG} It was shell {n}.") for n in range(9)]
    edited = [article(url=one.url, text=one.text.replace("485", "458")) for one in batch]
    save(engine, now, *batch)
    assert save(engine, now + HOUR, *edited[:5], *batch[5:]) == [Verdict.REVISED] * 5 + [Verdict.SAME_URL] * 4
    with reading(engine) as session:
        counted = [revisions.count(session, number) for number in session.scalars(select(ArticleRow.id))]
    assert sorted(counted) == [0] * 4 + [1] * 5


def test_an_unknown_article_has_no_history(engine: Engine) -> None:
    with reading(engine) as session:
        assert revisions.history(session, 7) == ()
