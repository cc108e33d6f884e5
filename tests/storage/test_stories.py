"""Articles join the story that they tell, batch by batch as one by one."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, func, select, update

from scrapers.article import Article
from storage import articles, stories
from storage.articles import Stored, Verdict
from storage.engine import reading, transaction
from storage.likeness import embedding, gist, stream
from storage.likeness.traces import STORED
from storage.tables import ArticleRow, StoryRow, StoryTermRow, TermCountRow
from tests.outside import cluster
from tests.storage.builders import BODY, NOON, article
from tests.storage.likeness.test_clustering import DIFFERENT, LATER, SAME, pairs
from tests.storage.likeness.test_embedding import by_letters

PLACES = ("Odesa", "Kharkiv", "Sumy", "Poltava", "Izmail", "Nikopol", "Kherson", "Lutsk", "Dnipro", "Rivne")
PEOPLE = (
    "Kiper",
    "Syniehubov",
    "Artiukh",
    "Kohut",
    "Abramov",
    "Yevtushenko",
    "Prokudin",
    "Polishchuk",
    "Lysak",
    "Koval",
)
TARGETS = (
    "school",
    "bakery",
    "port crane",
    "railway depot",
    "hospital wing",
    "water tower",
    "grain store",
    "substation",
)


TOLD = """
{man} counts {hurt} wounded after the night in {place} | Drones hit a {target} in {place} before dawn and {hurt} people
were wounded, governor {man} said. The air force had seen {drones} of them over the border.

{target} burns in {place} | A {target} burnt down in {place}. According to {man} the doctors look after {hurt} wounded;
{drones} drones had been counted by the air force over the border before dawn.

{place} mourns after strike on {target} | {man} declared a day of mourning in {place}, where {hurt} people were wounded
when one of {drones} drones fell on a {target}.
"""


def told(number: int, report: int = 0) -> tuple[str, str]:
    """One of three reports of the event `number`."""
    facts = {"place": PLACES[number % 10], "man": PEOPLE[number % 10], "target": TARGETS[number % 8]}
    title, text = (
        TOLD.split("\n\n")[report % 3].format(**facts, hurt=11 + 3 * number, drones=200 + 7 * number).split(" | ")
    )
    return title.strip(), text


def made(key: object, lead: tuple[str, str], source: str = "", hours: float = 0, **changes: object) -> Article:
    source = source or f"outlet{key}"
    given = {"source": source, "url": f"https://{source}.example/{key}", "title": lead[0], "text": lead[1]}
    return article(**(given | {"published": NOON + timedelta(hours=hours)} | changes))


def save(engine: Engine, now: datetime, *batch: Article) -> list[Stored]:
    with transaction(engine) as session:
        return articles.save(session, [gist.take(each) for each in batch], now)


def story_of(engine: Engine, now: datetime, one: Article) -> int:
    return save(engine, now, one)[0].story


def span(engine: Engine, story: int) -> tuple[datetime, datetime]:
    with reading(engine) as session:
        found = session.get_one(StoryRow, story)
        return found.first_at, found.last_at


def terms(engine: Engine) -> list[tuple[int, int, int]]:
    with reading(engine) as session:
        query = select(StoryTermRow.term, StoryTermRow.at, StoryTermRow.article_id)
        return sorted(tuple(row) for row in session.execute(query))


def counts(engine: Engine) -> dict[tuple[int, int], int]:
    with reading(engine) as session:
        rows = session.execute(select(TermCountRow.term, TermCountRow.day, TermCountRow.n))
        return {(term, day): n for term, day, n in rows if n}


def day_of_events() -> list[Article]:
    """Ninety texts of one week in four languages, in the order in which they come."""
    leads = [lead for pair in (*SAME, *DIFFERENT, *LATER) for lead in pair]
    leads += [told(number, report) for number in range(14) for report in range(3)]
    chance = random.Random(4)
    chance.shuffle(leads)
    return [made(number, lead, hours=1.5 * number + chance.random()) for number, lead in enumerate(leads)]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_database_tells_the_same_stories_as_the_pure_core_whatever_the_batches(
    engine: Engine, now: datetime, size: int
) -> None:
    events = day_of_events()
    assert len(events) > 60
    stored = [
        one
        for start in range(0, len(events), size)
        for one in save(engine, now + timedelta(days=9), *events[start : start + size])
    ]
    given = [
        {"id": one.url, "title": one.title, "text": one.text, "published": one.published, "source": one.source}
        for one in events
    ]
    first = {one.story: each.url for one, each in reversed(list(zip(stored, events, strict=True)))}
    assert {each.url: first[one.story] for one, each in zip(stored, events, strict=True)} == cluster(given)
    assert 20 < len(first) < 70


def test_two_reports_of_one_event_are_one_story_and_its_span_widens(engine: Engine, now: datetime) -> None:
    first = story_of(engine, now, made(1, told(1)))
    assert story_of(engine, now, made(2, told(1, 1), hours=5)) == first
    assert story_of(engine, now, made(3, told(1, 2), hours=-2)) == first
    assert story_of(engine, now, made(4, told(2), hours=1)) != first
    assert span(engine, first) == (NOON - timedelta(hours=2), NOON + timedelta(hours=5))


def test_articles_of_one_batch_find_one_another(engine: Engine, now: datetime) -> None:
    found = [one.story for one in save(engine, now, *(made(n, told(n % 2, n // 2)) for n in range(6)))]
    assert found == [found[0], found[1]] * 3
    assert found[0] != found[1]


def test_a_batch_costs_the_same_number_of_statements_whatever_its_size(engine: Engine, now: datetime) -> None:
    ran: list[str] = []
    save(engine, now, *(made(n, told(n)) for n in range(10)))
    for size in (3, 30):
        batch = [made(f"{size}-{n}", told(n % 10, n // 10), hours=1) for n in range(size)]
        with transaction(engine) as session:
            articles.save(session, [gist.take(each) for each in batch], now)
            fresh = [
                (row, gist.take(each))
                for each, row in zip(
                    batch, session.scalars(select(ArticleRow).order_by(ArticleRow.id.desc()).limit(size)), strict=True
                )
            ]
            stories.forget(session, [row for row, _ in fresh])
            session.flush()

            def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
                ran.append(statement)

            event.listen(engine, "before_cursor_execute", note)
            stories.attach(session, fresh)
            event.remove(engine, "before_cursor_execute", note)
        assert len(ran) <= 12, ran
        ran.clear()


def test_the_same_event_four_days_later_is_another_story(engine: Engine, now: datetime) -> None:
    now += timedelta(days=9)
    first = story_of(engine, now, made(1, told(1)))
    assert story_of(engine, now, made(2, told(1, 1), hours=71)) == first
    assert story_of(engine, now, made(3, told(1, 2), hours=71 + 73)) != first


def test_a_story_ends_after_a_week_however_often_it_is_told(engine: Engine, now: datetime) -> None:
    now += timedelta(days=30)
    leads = [(title, f"Day {n}. {text} {'Again. ' * n}") for n in range(9) for title, text in [told(1, n)]]
    found = [story_of(engine, now, made(n, lead, hours=40 * n)) for n, lead in enumerate(leads)]
    assert found[:5] == [found[0]] * 5
    assert found[5] != found[0]
    assert found[5:] == [found[5]] * 4
    first, last = span(engine, found[0])
    assert last - first == timedelta(hours=160)


def test_a_copy_of_the_same_batch_has_the_story_of_its_original_and_no_terms(engine: Engine, now: datetime) -> None:
    text = f"{told(1)[1]} {told(1, 1)[1]} {BODY}"
    first, second = save(engine, now, made(1, ("One", text)), made(2, ("Two", text)))
    assert (second.verdict, second.story) == (Verdict.DUPLICATE, first.story)
    assert {holder for _, _, holder in terms(engine)} == {first.id}
    assert counts(engine)[stream.EVERY, (NOON - datetime(1970, 1, 1, tzinfo=UTC)).days] == 1


def test_a_copy_of_another_year_leaves_the_story_as_long_as_it_is(engine: Engine, now: datetime) -> None:
    text = f"{told(1)[1]} {told(1, 1)[1]} {BODY}"
    first = save(engine, now, made(1, ("One", text)))[0]
    copied = save(engine, now, made(2, ("Two", text), hours=-24 * 30))[0]
    assert copied.story == first.story
    assert span(engine, first.story) == (NOON, NOON)
    assert story_of(engine, now, made(3, told(1, 2), hours=3)) == first.story


def test_a_translation_tells_the_story_of_its_original(engine: Engine, now: datetime) -> None:
    first = save(engine, now, made(1, told(1), external_id="wire:1"))[0]
    other = made(2, SAME[0][0], "wireua", language="uk", translations=(("en", made(1, told(1)).url),))
    same = save(engine, now, other)[0]
    with reading(engine) as session:
        assert session.get_one(ArticleRow, same.id).translation_of == first.id
    assert same.story == first.story
    # and later articles of its language find it
    assert story_of(engine, now, made(3, SAME[0][1], language="uk", hours=1)) == first.story


def test_the_next_edition_of_a_bulletin_is_another_story(engine: Engine, now: datetime) -> None:
    def bulletin(day: int) -> tuple[str, str]:
        return (
            f"Losses of the enemy on {day} February",
            f"The staff counted {900 + day} men and {day} tanks on {day} February.",
        )

    days = [save(engine, now, made(day, bulletin(day), "staff", hours=24 * (day - 12)))[0] for day in (10, 11, 12)]
    assert len({one.story for one in days}) == 3


def test_bulletins_of_one_day_are_stories_of_their_own_and_casualties_counted_again_are_not(
    engine: Engine, now: datetime
) -> None:
    def told_at(title: str, hour: int) -> Article:
        lead = (title, f"Kharkiv direction: {3 * hour} clashes near Vovchansk and Lyptsi, {hour} of them still go on.")
        return made(title, lead, "staff", hours=hour - 12)

    bulletins = [told_at(f"Situation at the front as of {hour}:00, 12 February", hour) for hour in (13, 16)]
    counted = [told_at(f"Kharkiv as of {hour}:00: {hour} people killed near Vovchansk", hour) for hour in (14, 17)]
    first, second = (story_of(engine, now, one) for one in bulletins)
    assert first != second
    third, fourth = (story_of(engine, now, one) for one in counted)
    assert third == fourth


def test_a_revised_article_keeps_its_story_and_is_found_by_its_new_words(engine: Engine, now: datetime) -> None:
    first = save(engine, now, made(1, told(1)))[0]
    before = terms(engine)
    revised = save(engine, now + timedelta(hours=1), made(1, told(5)))[0]
    assert (revised.verdict, revised.story) == (Verdict.REVISED, first.story)
    assert not {term for term, _, _ in before} <= {term for term, _, _ in terms(engine)}
    assert len(terms(engine)) <= STORED
    assert counts(engine)[stream.EVERY, (NOON - datetime(1970, 1, 1, tzinfo=UTC)).days] == 1
    assert story_of(engine, now, made(2, told(5, 1), hours=2)) == first.story
    assert story_of(engine, now, made(3, told(1, 1), hours=2)) != first.story


def test_forgotten_articles_leave_no_terms_and_no_counts(engine: Engine, now: datetime) -> None:
    found = save(engine, now, *(made(n, told(n)) for n in range(4)))
    with transaction(engine) as session:
        stories.forget(session, list(session.scalars(select(ArticleRow))))
    assert terms(engine) == []
    assert counts(engine) == {}
    with transaction(engine) as session:
        rows = session.scalars(select(ArticleRow)).all()
        assert [row.sketch for row in rows] == [None] * 4
        assert [row.story_id for row in rows] == [one.story for one in found]
        stories.forget(session, rows)


def test_the_same_batch_again_changes_nothing(engine: Engine, now: datetime) -> None:
    batch = [made(n, told(n % 4, n // 4), hours=n) for n in range(12)]

    def state() -> list[object]:
        with reading(engine) as session:
            rows = session.execute(select(ArticleRow.id, ArticleRow.story_id).order_by(ArticleRow.id)).all()
            held = session.execute(select(StoryRow.id, StoryRow.first_at, StoryRow.last_at).order_by(StoryRow.id)).all()
        return [rows, held, counts(engine)[stream.EVERY, 20131]]

    save(engine, now, *batch)
    before = state()
    assert {one.verdict for one in save(engine, now, *batch)} == {Verdict.SAME_URL}
    with transaction(engine) as session:
        rows = session.scalars(select(ArticleRow).order_by(ArticleRow.id)).all()
        stories.attach(session, [(row, gist.take(one)) for row, one in zip(rows, batch, strict=True)])
    assert state() == before


def test_an_old_month_that_comes_late_has_stories_of_its_own(engine: Engine, now: datetime) -> None:
    new = story_of(engine, now, made(1, told(1, 2)))
    old = [made(f"old{n}", told(n % 3, n // 3), hours=-24 * 40 + n) for n in range(6)]
    found = [one.story for one in save(engine, now, *old)]
    assert found == [*found[:3], *found[:3]]
    assert len({new, *found}) == 4


@pytest.mark.parametrize("at", [datetime(1990, 5, 4, tzinfo=UTC), NOON + timedelta(days=1)])
def test_articles_of_another_time_find_each_other_there(engine: Engine, now: datetime, at: datetime) -> None:
    today = story_of(engine, now, made(0, told(1)))
    first, second = save(engine, now, made(1, told(2), published=at), made(2, told(2, 1), published=at))
    assert first.story == second.story != today
    assert story_of(engine, now, made(3, told(2, 2), published=at)) == first.story


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_that_no_column_holds_is_attached_all_the_same(engine: Engine, now: datetime, year: int) -> None:
    first, second = save(engine, now, made(1, told(1)), made(2, told(2)))
    with transaction(engine) as session:
        stories.forget(session, list(session.scalars(select(ArticleRow))))
        session.execute(update(ArticleRow).values(at=NOON.replace(year=year, month=1 if year == 1 else 12, day=1)))
    with transaction(engine) as session:
        rows = session.scalars(select(ArticleRow).order_by(ArticleRow.id)).all()
        given = [gist.take(made(n, told(n))) for n in (1, 2)]
        stories.attach(session, list(zip(rows, given, strict=True)))
        assert [row.story_id for row in rows] == [first.story, second.story]
    with transaction(engine) as session:
        stories.forget(session, list(session.scalars(select(ArticleRow))))
    assert terms(engine) == []


@pytest.mark.parametrize("text", ["", "7", "\ufffd?", "字" * 3000, "word " * 50_000])
def test_strange_texts_have_a_story(engine: Engine, now: datetime, text: str) -> None:
    stored = save(engine, now, *(made(n, (text[:50], text)) for n in range(3)))
    assert all(one.story for one in stored)


def test_eight_writers_of_one_event_make_one_story(engine: Engine, now: datetime) -> None:
    def work(writer: int) -> list[int]:
        batch = [made(f"{writer}-{n}", told(n, writer % 2), hours=writer / 9) for n in range(5)]
        return [
            one.story
            for one in save(engine, now, *(replace(one, text=f"{one.text} {PEOPLE[writer]}.") for one in batch))
        ]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(8)))
    assert len({tuple(each) for each in found}) == 1
    assert len(set(found[0])) == 5
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(StoryRow)) == 5


(PARAPHRASED,) = pairs("""
Governor visits burnt bakery
Governor Kiper went to the bakery that had been destroyed overnight by the attackers. Firemen had fought three hours
before the flames gave way, neighbours carried flour sacks into the yard.

Ovens will work again soon
Nothing but walls are left where bread was made since the sixties, Kiper admitted while talking with staff. Insurance
pays, engineers begin next week, customers queue at the mobile kitchen meanwhile.
""")


@pytest.mark.parametrize(
    ("vector", "name", "joins"),
    [
        ((0.62, 0.785), "Kiper", True),
        (None, "Kiper", False),
        ((0.8, -0.6), "Kiper", False),
        ((0.6, 0.8), "Lysak", False),
    ],
)
def test_an_embedder_joins_reports_in_other_words_unless_names_deny_it(
    engine: Engine, now: datetime, vector: tuple[float, ...] | None, name: str, *, joins: bool
) -> None:
    def save_embedded(key: int, lead: tuple[str, str], vector: tuple[float, ...] | None) -> int:
        with transaction(engine) as session:
            one = replace(gist.take(made(key, lead)), vector=vector)
            return articles.save(session, [one], now)[0].story

    first = save_embedded(1, PARAPHRASED[0], (0.6, 0.8))
    title, text = PARAPHRASED[1]
    assert (save_embedded(2, (title, text.replace("Kiper", name)), vector) == first) is joins


def test_vectors_of_a_real_embedder_are_kept_with_their_articles(engine: Engine, now: datetime) -> None:
    batch = [made(n, lead) for n, lead in enumerate(PARAPHRASED)]
    vectors = embedding.embed(by_letters, [f"{one.title}\n{one.text}" for one in batch])
    with transaction(engine) as session:
        given = [replace(gist.take(one), vector=vector) for one, vector in zip(batch, vectors, strict=True)]
        articles.save(session, given, now)
    with reading(engine) as session:
        kept = [
            embedding.unpack(one or b"") for one in session.scalars(select(ArticleRow.vector).order_by(ArticleRow.id))
        ]
    assert embedding.cosine(kept[0], kept[1]) == pytest.approx(embedding.cosine(*vectors), abs=1e-6)
