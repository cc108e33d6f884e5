from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from scrapers.article import Article, Cut
from storage import articles, copies, fingerprints
from storage.articles import Stored, Verdict
from storage.engine import reading, transaction
from storage.likeness import gist, shingles
from storage.likeness.nearness import MOST_HOLDERS
from storage.tables import ArticleRow, KeyRow, StoryRow
from tests.storage.builders import NOON, OTHER, article

WORDS = (
    "army council minister convoy harbour drone bridge signal treaty village reactor pipeline winter supply rescue "
    "engineer hospital shelter district artillery summit envoy sanction budget factory turbine railway border crossing "
    "captain witness senator embassy judge ballot harvest terminal depot radar missile brigade crew ferry storm fuel "
    "reported repaired opened refused signed counted moved guarded promised delayed visited lifted stopped carried "
    "before after behind across within under beyond during despite against early late slowly again twice never almost"
)
TOWNS = (
    "Odesa",
    "Kharkiv",
    "Lviv",
    "Dnipro",
    "Sumy",
    "Poltava",
    "Vinnytsia",
    "Rivne",
    "Lutsk",
    "Izmail",
    "Uman",
    "Nizhyn",
)
BULLETIN = (
    "The General Staff published the losses of the enemy as of {day} February. Over the past day the defence forces "
    "eliminated {men} soldiers and destroyed {tanks} tanks, {guns} artillery systems and {cars} vehicles. The figures "
    "are being clarified, and the calculation is complicated by the high intensity of hostilities on the whole line."
)
FOOTER = (
    "Subscribe to our channel and read the most important stories first. If you have found a spelling error, select "
    "it and press the two keys. Reprinting is allowed with a direct link in the first paragraph, and all rights "
    "remain with the editors of this site."
)
WALL = (
    "We and our partners store information on your device to show you advertising that suits you. Choose whether you "
    "accept this or subscribe to read without it, and change your choice at any time at the foot of every page."
)


def told(seed: int, words: int = 90) -> str:
    """A report that shares no run of words with those of other seeds."""
    chance, words_of = random.Random(seed), WORDS.split()
    sentences: list[str] = []
    while sum(len(each.split()) for each in sentences) < words:
        picked = [chance.choice(words_of) for _ in range(chance.randint(8, 14))]
        sentences.append(f"{chance.choice(TOWNS)} {' '.join(picked)} {chance.randint(2, 900)}.")
    return " ".join(sentences)


def bulletin(day: int) -> str:
    return BULLETIN.format(day=day, men=1000 + 37 * day, tanks=3 + day, guns=20 + 2 * day, cars=40 + 3 * day)


def one(number: int, text: str, source: str = "wire", **changes: object) -> Article:
    given = {"source": source, "url": f"https://{source}.example/{number}", "title": f"Headline {number}", "text": text}
    return article(**(given | changes))


def save(engine: Engine, now: datetime, *batch: Article) -> list[Stored]:
    with transaction(engine) as session:
        return articles.save(session, [gist.take(each) for each in batch], now)


def row(engine: Engine, number: int) -> ArticleRow:
    with reading(engine) as session:
        return session.get_one(ArticleRow, number)


def link_of(engine: Engine, stored: Stored) -> tuple[int | None, str | None]:
    found = row(engine, stored.id)
    return found.duplicate_of, found.duplicate_kind


def keys_of(engine: Engine, stored: Stored) -> set[int]:
    with reading(engine) as session:
        return set(session.scalars(select(KeyRow.key).where(KeyRow.article_id == stored.id)))


def originals(engine: Engine) -> int:
    with reading(engine) as session:
        query = select(func.count()).select_from(ArticleRow).where(ArticleRow.duplicate_of.is_(None))
        return session.scalar(query) or 0


def test_an_edited_reprint_is_near_and_tells_the_story_of_its_original(engine: Engine, now: datetime) -> None:
    (first,) = save(engine, now, one(1, told(1)))
    (second,) = save(engine, now, one(1, f"{told(1)} Courier.", "courier"))
    assert second.verdict is Verdict.DUPLICATE
    assert link_of(engine, second) == (first.id, "near")
    assert second.story == first.story
    assert 0.9 < (row(engine, second.id).duplicate_score or 0) <= 1


def test_a_part_and_a_frame_are_linked_as_such(engine: Engine, now: datetime) -> None:
    (whole,) = save(engine, now, one(1, told(1, 160)))
    part, frame = save(
        engine,
        now,
        one(1, " ".join(told(1, 160).split()[:50]), "courier"),
        one(1, f"{told(2, 70)} {told(1, 160)} {told(3, 70)}", "herald"),
    )
    assert link_of(engine, part) == (whole.id, "contained")
    assert link_of(engine, frame) == (whole.id, "contains")
    assert part.story == frame.story == whole.story


def test_articles_of_one_batch_find_each_other(engine: Engine, now: datetime) -> None:
    first, second, third, other = save(
        engine,
        now,
        one(1, told(1)),
        one(1, told(1).upper(), "courier"),
        one(1, f"{told(1)} Herald.", "herald"),
        one(2, told(2)),
    )
    assert [link_of(engine, each) for each in (first, second, third, other)] == [
        (None, None),
        (first.id, "exact"),
        (first.id, "near"),
        (None, None),
    ]


def test_a_copy_of_a_copy_links_to_the_first(engine: Engine, now: datetime) -> None:
    (first,) = save(engine, now, one(1, told(1)))
    (second,) = save(engine, now, one(1, f"{told(1)} {told(2, 40)}", "courier"))
    (third,) = save(engine, now, one(1, f"{told(1)} {told(2, 40)}", "herald"))
    assert link_of(engine, second) == (first.id, "near")
    assert link_of(engine, third) == (first.id, "near")


def test_two_parts_of_a_digest_are_two_articles(engine: Engine, now: datetime) -> None:
    (first,) = save(engine, now, one(1, told(1)))
    (digest,) = save(engine, now, one(2, " ".join(told(n) for n in (1, 2, 3, 4)), "courier"))
    (part,) = save(engine, now, one(3, told(3), "herald"))
    assert link_of(engine, digest) == (first.id, "contains")
    assert link_of(engine, part) == (None, None)


def test_a_copy_is_given_the_story_of_its_original_and_a_digest_none(engine: Engine, now: datetime) -> None:
    texts = [f"{told(1)} Courier.", f"{told(1)} {told(2)}", f"{told(1)} {told(2)} {told(3)} {told(4)}"]
    (first,) = save(engine, now, one(0, told(1)))
    stored = [save(engine, now, one(n, each, f"outlet{n}"))[0] for n, each in enumerate(texts, 1)]
    given: list[int | None] = []
    for held, each in zip(stored, texts, strict=True):
        with transaction(engine) as session:
            found = session.get_one(ArticleRow, held.id)
            copies.forget(session, [found])
            found.story_id = None
            copies.link(session, [(found, gist.take(one(held.id, each)))])
            given.append(found.story_id)
    assert given == [first.story, first.story, None]


def test_the_bulletin_of_the_next_day_is_an_edition_and_a_story_of_its_own(engine: Engine, now: datetime) -> None:
    stored = [
        save(engine, now, one(day, bulletin(day), published=NOON + timedelta(days=day - 12)))[0] for day in (10, 11, 12)
    ]
    assert [each.verdict for each in stored] == [Verdict.NEW] * 3
    assert len({each.story for each in stored}) == 3
    last = row(engine, stored[2].id)
    assert (last.duplicate_of, last.duplicate_kind, last.edition_of) == (None, "template", stored[1].id)
    (copied,) = save(engine, now, one(12, f"{bulletin(12)} Courier.", "courier"))
    assert link_of(engine, copied) == (stored[2].id, "near")
    assert row(engine, copied.id).edition_of is None


def test_an_edition_that_is_found_later_follows_only_what_was_published_before(engine: Engine, now: datetime) -> None:
    def at(day: int) -> Article:
        return one(day, bulletin(day), published=NOON + timedelta(days=day - 12))

    first, last = save(engine, now, at(8), at(12))
    (between,) = save(engine, now, at(10))
    (before,) = save(engine, now, at(5))
    assert row(engine, last.id).edition_of == first.id
    assert row(engine, between.id).edition_of == first.id
    assert row(engine, before.id).edition_of is None


def test_a_footer_links_nothing(engine: Engine, now: datetime) -> None:
    for start in range(0, 40, 10):
        save(engine, now, *(one(n, f"{told(n, 40)} {FOOTER}") for n in range(start, start + 10)))
    assert originals(engine) == 40


def test_a_text_that_stands_where_articles_are_hidden_links_no_more_than_two(engine: Engine, now: datetime) -> None:
    stored = [save(engine, now, one(n, WALL))[0] for n in range(8)]
    assert [each.verdict for each in stored[2:]] == [Verdict.NEW] * 6
    batch = save(engine, now, *(one(n, WALL.upper(), "courier") for n in range(100, 108)))
    assert [each.verdict for each in batch] == [Verdict.DUPLICATE] * 2 + [Verdict.NEW] * 6


def test_paywalled_stubs_are_one_only_under_one_headline(engine: Engine, now: datetime) -> None:
    first, other, same = save(
        engine,
        now,
        one(1, WALL, cut=Cut.PAYWALL),
        one(2, WALL, cut=Cut.PAYWALL),
        one(3, WALL, cut=Cut.PAYWALL, title="HEADLINE 1"),
    )
    assert link_of(engine, other) == (None, None)
    assert link_of(engine, same) == (first.id, "exact")
    assert row(engine, first.id).key_count is None
    assert keys_of(engine, first) == set()


def test_a_stub_is_a_part_of_a_full_text_and_is_judged_again_when_its_own_comes(engine: Engine, now: datetime) -> None:
    (full,) = save(engine, now, one(1, told(1, 160)))
    start = " ".join(told(1, 160).split()[:50])
    (stub,) = save(engine, now, one(1, start, "courier", cut=Cut.PAYWALL))
    assert link_of(engine, stub) == (full.id, "contained")
    (whole,) = save(engine, now, one(1, f"{start} {told(2, 200)}", "courier"))
    assert whole.verdict is Verdict.REVISED
    assert link_of(engine, whole) == (None, None)
    assert len(keys_of(engine, whole)) == row(engine, whole.id).key_count


def test_a_stub_stored_first_becomes_the_original_of_what_its_text_repeats(engine: Engine, now: datetime) -> None:
    (stub,) = save(engine, now, one(1, "Port closed.", cut=Cut.PAYWALL))
    second, third = save(engine, now, one(1, told(1), "courier"), one(1, f"{told(1)} Herald.", "herald"))
    assert link_of(engine, third) == (second.id, "near")
    save(engine, now, one(1, f"{told(1)} Wire."))
    assert [link_of(engine, each)[0] for each in (stub, second, third)] == [None, stub.id, stub.id]


def test_a_revision_that_tells_something_else_is_no_copy_any_more(engine: Engine, now: datetime) -> None:
    first, second = save(engine, now, one(1, told(1)), one(1, told(1), "courier"))
    assert link_of(engine, second) == (first.id, "exact")
    save(engine, now, one(1, told(2), "courier"))
    assert link_of(engine, second) == (None, None)
    save(engine, now, one(1, f"{told(1)} Courier.", "courier"))
    assert link_of(engine, second) == (first.id, "near")


def test_the_copies_of_an_article_that_becomes_a_copy_follow_it(engine: Engine, now: datetime) -> None:
    (first,) = save(engine, now, one(1, told(1)))
    second, third = save(engine, now, one(1, told(2), "courier"), one(1, f"{told(2)} Herald.", "herald"))
    assert link_of(engine, third)[0] == second.id
    save(engine, now, one(1, told(1), "courier"))
    assert link_of(engine, second) == (first.id, "exact")
    assert link_of(engine, third)[0] == first.id


def test_a_link_by_a_shared_address_outlives_a_revision(engine: Engine, now: datetime) -> None:
    first, second = save(engine, now, one(1, told(1)), one(2, told(2)))
    save(engine, now, one(1, told(1), aliases=("https://wire.example/2",)))
    assert link_of(engine, second) == (first.id, "exact")
    save(engine, now, one(2, told(3)))
    assert link_of(engine, second) == (first.id, "exact")


def test_short_texts_repeat_what_their_outlet_wrote_a_little_before(engine: Engine, now: datetime) -> None:
    flash = "Air raid alert in Kyiv."
    (first,) = save(engine, now, one(1, flash))
    same, elsewhere, later, other = save(
        engine,
        now,
        one(2, flash.upper(), published=NOON + timedelta(hours=1)),
        one(3, flash, "courier"),
        one(4, flash, published=NOON + timedelta(hours=5)),
        one(5, "Air raid alert in Sumy."),
    )
    assert link_of(engine, same) == (first.id, "exact")
    assert [link_of(engine, each) for each in (elsewhere, later, other)] == [(None, None)] * 3


def test_a_backfilled_month_finds_its_own_copies_and_none_of_another_year(engine: Engine, now: datetime) -> None:
    (live,) = save(engine, now, one(0, f"{told(1)} Live."))
    then = NOON - timedelta(days=400)
    month = [one(n, told(n), published=then + timedelta(days=n)) for n in range(1, 21)]
    stored = save(engine, now, *month)
    again = [one(n, f"{told(n)} Courier.", "courier", published=then + timedelta(days=n + 1)) for n in range(1, 21)]
    assert [link_of(engine, each)[0] for each in save(engine, now, *again)] == [each.id for each in stored]
    assert link_of(engine, live) == link_of(engine, stored[0]) == (None, None)


def test_articles_that_an_earlier_version_stored_are_linked_in_the_order_of_their_ids(
    engine: Engine, now: datetime
) -> None:
    stored = [
        save(engine, now, one(1, f"{told(1)} {name.title()}.", name))[0] for name in ("wire", "courier", "herald")
    ]
    with transaction(engine) as session:
        session.execute(KeyRow.__table__.delete())  # type: ignore[attr-defined]
        cleared = {
            "duplicate_of": None,
            "duplicate_kind": None,
            "duplicate_score": None,
            "key_count": None,
            "indexed": 0,
        }
        session.execute(update(ArticleRow).values(cleared))
    for _ in stored:
        with transaction(engine) as session:
            assert articles.reread(session, 1) == 1
    assert [link_of(engine, each)[0] for each in stored] == [None, stored[0].id, stored[0].id]
    assert len(keys_of(engine, stored[0])) > 10 * len(keys_of(engine, stored[2]))


def test_a_copy_keeps_only_the_fingerprints_that_its_original_lacks(engine: Engine, now: datetime) -> None:
    first, same, longer = save(
        engine, now, one(1, told(1)), one(1, told(1), "courier"), one(1, f"{told(1)} {told(2, 40)}", "herald")
    )
    assert len(keys_of(engine, first)) == row(engine, first.id).key_count
    assert keys_of(engine, same) == set()
    assert keys_of(engine, longer)
    assert not keys_of(engine, longer) & keys_of(engine, first)
    assert row(engine, longer.id).key_count == len(shingles.read(f"{told(1)} {told(2, 40)}").keys)


def test_a_wire_text_that_many_outlets_carry_stays_one(engine: Engine, now: datetime) -> None:
    names = [f"outlet{n}" for n in range(60)]
    for some in (names[:40], names[40:]):
        save(engine, now, *(one(1, f"{name} reports. {told(1)}", name) for name in some))
    assert originals(engine) == 1


def test_the_same_batch_again_changes_nothing(engine: Engine, now: datetime) -> None:
    batch = [one(1, told(1)), one(2, told(1), "courier"), one(3, bulletin(3)), one(4, bulletin(4))]

    def state() -> list[object]:
        with reading(engine) as session:
            keys = session.execute(
                select(KeyRow.key, KeyRow.day, KeyRow.article_id).order_by(*KeyRow.__table__.c)
            ).all()
            rows = select(ArticleRow.id, ArticleRow.duplicate_of, ArticleRow.edition_of).order_by(ArticleRow.id)
            return [keys, session.execute(rows).all(), session.scalar(select(func.count()).select_from(StoryRow))]

    save(engine, now, *batch)
    before = state()
    assert {each.verdict for each in save(engine, now, *batch)} == {Verdict.SAME_URL}
    with transaction(engine) as session:
        rows = session.scalars(select(ArticleRow).order_by(ArticleRow.id)).all()
        copies.link(session, [(held, gist.take(each)) for held, each in zip(rows, batch, strict=True)])
    assert state() == before


def test_forgotten_articles_are_found_no_more(engine: Engine, now: datetime) -> None:
    first, _ = save(engine, now, one(1, told(1)), one(2, told(2)))
    with transaction(engine) as session:
        copies.forget(session, [session.get_one(ArticleRow, first.id)])
    assert keys_of(engine, first) == set()
    assert row(engine, first.id).key_count is None


def test_holders_are_the_latest_around_a_day(engine: Engine) -> None:
    with transaction(engine) as session:
        session.add_all(KeyRow(key=7, day=day, article_id=day) for day in range(1, 200))
    with reading(engine) as session:
        found = fingerprints.holders(session, {50: [7, 8], 190: [7]})
        none = fingerprints.holders(session, {})
    assert found[50].keys() == {7}
    assert set(found[50][7]) == set(range(96 - MOST_HOLDERS, 96))
    assert set(found[190][7]) == set(range(200 - MOST_HOLDERS, 200))
    assert none == {}


@pytest.mark.parametrize("text", ["", "a", "слово" * 100_000, "字" * 3_000, f"{'word ' * 999}end " * 1_000])
def test_strange_texts_are_stored(engine: Engine, now: datetime, text: str) -> None:
    first, second = save(engine, now, one(1, text), one(2, f"{text} again"))
    assert {first.verdict, second.verdict} <= {Verdict.NEW, Verdict.DUPLICATE}


def test_an_original_whose_text_is_gone_breaks_nothing(engine: Engine, now: datetime) -> None:
    (first,) = save(engine, now, one(1, told(1)))
    with transaction(engine) as session:
        session.execute(update(ArticleRow).values(text=""))
    same, near = save(engine, now, one(1, told(1), "courier"), one(1, f"{told(1)} Herald.", "herald"))
    assert link_of(engine, same) == (first.id, "exact")
    assert near.id


def reprints(rounds: int, outlets: int) -> list[list[Article]]:
    return [
        [one(n, f"{told(n)} Outlet {outlet} reports it.", f"outlet{outlet}") for n in range(rounds)]
        for outlet in range(outlets)
    ]


class KilledError(Exception):
    pass


@pytest.mark.parametrize("killed", [False, True])
def test_eight_writers_leave_one_original_of_each_text(engine: Engine, now: datetime, *, killed: bool) -> None:
    def half(batch: list[Article]) -> None:
        with transaction(engine) as session:
            articles.save(session, [gist.take(each) for each in batch], now)
            raise KilledError

    def work(outlet: int) -> None:
        chance, batch = random.Random(outlet), list(every[outlet])
        chance.shuffle(batch)
        for start in range(0, len(batch), 6):
            if killed and outlet % 3 == 0:
                with pytest.raises(KilledError):
                    half(batch[start : start + 6])
            save(engine, now, *batch[start : start + 6])

    every: list[list[Article]] = reprints(30, 8)
    started: Callable[[int], None] = work
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(started, range(8)))
    assert originals(engine) == 30
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(ArticleRow)) == 240
        chained = select(ArticleRow.id).where(
            ArticleRow.duplicate_of.in_(select(ArticleRow.id).where(ArticleRow.duplicate_of.is_not(None)))
        )
        assert session.scalars(chained).all() == []


def test_a_page_that_grows_all_day_takes_no_news_over_that_were_stored_before(engine: Engine, now: datetime) -> None:
    (live,) = save(engine, now, one(1, told(1)))
    (other,) = save(engine, now, one(2, told(2), "courier"))
    save(engine, now, one(1, f"{told(1)} {told(2)} {told(3)}"))
    assert [link_of(engine, each) for each in (live, other)] == [(None, None)] * 2


def test_news_that_a_live_blog_was_given_later_is_an_article_of_its_own(engine: Engine, now: datetime) -> None:
    title = "What happens today in the war"
    (live,) = save(engine, now, one(1, told(1), title=title))
    save(engine, now, one(1, f"{OTHER} {told(1)} {told(2)}", title=title))
    (alone,) = save(engine, now, one(2, OTHER, "courier", title="Storm closes the port of Odesa"))
    (reprint,) = save(engine, now, one(3, told(1), "herald", title="Morning in short"))
    assert link_of(engine, alone) == (None, None)
    assert row(engine, alone.id).story_id != row(engine, live.id).story_id
    assert link_of(engine, reprint)[0] == live.id  # what it was stored for


def test_a_part_of_an_article_that_grew_with_its_event_is_a_copy(engine: Engine, now: datetime) -> None:
    (short,) = save(engine, now, one(1, told(1), title="Storm at the port of Odesa"))
    save(engine, now, one(1, f"{OTHER} {told(1)} {told(2)}", title="Storm at the port of Odesa"))
    (part,) = save(engine, now, one(2, OTHER, "courier", title="Storm closes the port of Odesa"))
    assert link_of(engine, part)[0] == short.id


@pytest.mark.parametrize("year", [1, 9999])
def test_a_date_that_no_window_holds_is_indexed_all_the_same(engine: Engine, now: datetime, year: int) -> None:
    stored = save(engine, now, one(1, told(1)), one(2, "Air raid alert in Kyiv."))
    with transaction(engine) as session:
        session.execute(update(ArticleRow).values(at=NOON.replace(year=year, month=6), indexed=0))
    with transaction(engine) as session:
        assert articles.reread(session, 9) == 2
    assert len(keys_of(engine, stored[0])) == row(engine, stored[0].id).key_count
