from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows import claims, pipeline
from flows.house import House
from flows.pipeline import Tally
from storage import articles, lookup
from storage.articles import Stored
from storage.engine import reading
from storage.likeness.gist import Gist
from storage.tables import ArticleRow, EntryRow, SourceState
from tests.flows.rooms import Clock, feed, opened, page, source
from tests.servers import Reply, Web, redirect


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as server:
        yield server


def run(rooms: House, *, force: bool = True) -> dict[str, Tally]:
    due = pipeline.claim_due(rooms.configuration.catalogue.sources, rooms, force=force)
    return {tally.source: tally for tally in pipeline.pass_over(due, rooms)}


def titles(rooms: House) -> set[str]:
    with reading(rooms.engine) as session:
        return set(session.scalars(select(ArticleRow.title)))


def test_an_article_goes_from_the_feed_to_a_match(web: Web, tmp_path: Path, database_url: str) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page()}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url) as rooms:
        tally = run(rooms)["wire"]
        assert (tally.outcome, tally.entries, tally.fetched, tally.new, tally.matched) == ("fetched", 1, 1, 1, 1)
        assert tally.errors == []
        with reading(rooms.engine) as session:
            article = lookup.article(session, web.url("/a"))
            assert article is not None
            assert article.title == "Rutte names two conditions"
            assert article.text.count("\n\n") == 2
            assert str(article.published) == "2025-02-12 14:00:00+00:00"
            assert article.language == "en"
            explained = lookup.explain(session, article.id)
        assert [(one.watch, one.outcome) for one in explained] == [("rutte", "not decided yet")]


def test_a_second_pass_stores_nothing_and_fetches_no_known_article(web: Web, tmp_path: Path, database_url: str) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a", "/b"), "/a": page(), "/b": page("Other", "<p>" + "word " * 80)}
    with opened(tmp_path, source("wire", web.url("")), database_url=database_url) as rooms:
        run(rooms)
        web.requests.clear()
        tally = run(rooms)["wire"]
    assert (tally.entries, tally.fetched, tally.new, tally.revised, tally.matched) == (2, 0, 0, 0, 0)
    assert [call.path for call in web.requests if call.path != "/robots.txt"] == ["/feed"]


def test_validators_of_the_feed_go_to_the_feed_alone(web: Web, tmp_path: Path) -> None:
    headers = {"ETag": '"f1"', "Last-Modified": "Wed, 12 Feb 2025 14:00:00 GMT"}

    def answer(call: object) -> Reply:
        asked = getattr(call, "headers", {}).get("if-none-match")
        return Reply(304) if asked == '"f1"' else Reply(200, feed(web.url(""), "/a"), headers)

    web.routes |= {"/feed": answer, "/a": page()}
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        run(rooms)
        tally = run(rooms)["wire"]
    assert tally.outcome == "not_modified"
    assert [call.headers.get("if-none-match") for call in web.asked("/feed")] == [None, '"f1"']
    assert [call.headers.get("if-none-match") for call in web.asked("/a")] == [None]


@pytest.mark.parametrize("status", [404, 403, 500, 304])
def test_one_bad_page_costs_no_other_and_is_kept_as_the_feed_told_it(web: Web, tmp_path: Path, status: int) -> None:
    links = [f"/p{n}" for n in range(5)]
    web.routes |= {"/feed": feed(web.url(""), *links)}
    web.routes |= {link: page(f"Title of {link}", f"<p>{link} " + "says this of Ukraine " * 20) for link in links}
    web.routes["/p2"] = Reply(status)
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        tally = run(rooms)["wire"]
        assert (tally.fetched, tally.new, tally.partial) == (4, 5, 1)
        assert len(tally.errors) == 1
        assert web.url("/p2") in tally.errors[0]
        assert tally.errors[0].startswith("wire: ")
        assert titles(rooms) == {f"Title of {link}" for link in links if link != "/p2"} | {"Rutte on p2"}
        with reading(rooms.engine) as session:
            partial = lookup.article(session, web.url("/p2"))
        assert partial is not None
        assert partial.partial


def test_a_page_that_comes_back_replaces_the_partial_article_and_matches_once(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": Reply(500)}
    clock = Clock()
    with opened(tmp_path, source("wire", web.url("")), clock=clock) as rooms:
        assert run(rooms)["wire"].matched == 1
        web.routes["/a"] = page()
        assert run(rooms)["wire"].fetched == 0  # not yet: the server gets time
        clock.forward(minutes=5)
        tally = run(rooms)["wire"]
        assert (tally.new, tally.revised, tally.matched) == (0, 1, 0)
        with reading(rooms.engine) as session:
            assert session.scalars(select(ArticleRow.partial)).all() == [False]
            assert session.scalars(select(EntryRow.state)).all() == ["stored"]


def test_an_edited_article_is_a_revision_and_not_a_second_one(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page()}
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        run(rooms)
        web.routes["/feed"] = feed(web.url(""), "/a", titles={"/a": "Rutte names three conditions"})
        web.routes["/a"] = page("Rutte names three conditions")
        tally = run(rooms)["wire"]
        assert (tally.new, tally.revised, tally.matched) == (0, 1, 0)
        assert titles(rooms) == {"Rutte names three conditions"}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (b"<html><head><title>Just a moment...</title></head><body>Checking</body></html>", "HTML"),
        (b"", "empty"),
        (Reply(500), "500"),
        (b"<rss><channel><item>", ""),
    ],
)
def test_a_broken_feed_is_told_and_costs_no_other_source(
    web: Web, tmp_path: Path, broken: bytes | Reply, says: str
) -> None:
    web.routes |= {"/bad": broken, "/feed": feed(web.url(""), "/a"), "/a": page()}
    both = source("bad", web.url(""), path="/bad") + source("good", web.url(""))
    with opened(tmp_path, both) as rooms:
        tallies = run(rooms)
        assert tallies["good"].new == 1
        assert tallies["good"].errors == []
        if says:
            assert any(says in error and "/bad" in error for error in tallies["bad"].errors), tallies["bad"].errors
            with reading(rooms.engine) as session:
                state = session.get_one(SourceState, "bad")
                assert state.failures == 1
                assert state.error


def test_the_next_route_is_tried_when_one_is_broken_and_the_reason_is_kept(web: Web, tmp_path: Path) -> None:
    listing = b"<html><body><main><a class='t' href='/a'>Rutte in Brussels</a></main></body></html>"
    web.routes |= {"/front": listing, "/a": page()}
    second = f'      - {{type: listing, url: "{web.url("/front")}", links: "main a.t"}}\n'
    with opened(tmp_path, source("wire", web.url(""), path="/gone", extra=second)) as rooms:
        tally = run(rooms)["wire"]
        assert (tally.outcome, tally.new) == ("fetched", 1)
        assert tally.route.startswith("listing ")
        assert "404" in tally.errors[0]
        with reading(rooms.engine) as session:
            state = session.get_one(SourceState, "wire")
        assert (state.failures, "404" in state.error) == (0, True)


def test_a_link_with_tracking_parameters_in_another_feed_is_known_without_a_fetch(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a"), "/a": page()}
    web.routes["/other"] = feed(web.url(""), "/a?utm_source=other&amp;utm_medium=rss")
    both = source("wire", web.url("")) + source("other", web.url(""), path="/other")
    with opened(tmp_path, both) as rooms:
        run(rooms)
        with reading(rooms.engine) as session:
            assert lookup.counts(session)["articles"] == 1
        assert len(web.asked("/a")) == 1


def test_an_unwanted_topic_is_not_stored_and_not_fetched_again(web: Web, tmp_path: Path) -> None:
    web.routes |= {
        "/feed": feed(web.url(""), "/a", titles={"/a": "Cake"}),
        "/a": page("Cake", "<p>" + "Sugar and flour. " * 30),
    }
    with opened(tmp_path, source("wire", web.url(""), extra="    topics: required\n")) as rooms:
        assert (run(rooms)["wire"].off_topic, run(rooms)["wire"].fetched) == (1, 0)
        assert titles(rooms) == set()


def test_a_source_is_polled_when_it_is_due_and_by_one_run_only(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": feed(web.url(""))}
    clock = Clock()
    with opened(tmp_path, source("wire", web.url("")), clock=clock) as rooms:
        assert set(run(rooms, force=False)) == {"wire"}
        assert run(rooms, force=False) == {}
        clock.forward(minutes=6)
        every = rooms.configuration.catalogue.sources
        claimed = [claims.take(every, rooms).turns["wire"] for _ in range(2)]
        assert claimed == ["ours", "busy"]
        assert pipeline.claim_due(every, rooms) == []


def test_a_failing_source_waits_longer_but_is_never_given_up(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": Reply(500)}
    clock = Clock()
    with opened(tmp_path, source("wire", web.url("")), clock=clock) as rooms:
        for _ in range(12):
            run(rooms)
        with reading(rooms.engine) as session:
            state = session.get_one(SourceState, "wire")
            assert state.next_poll_at is not None
            assert (state.failures, state.next_poll_at - clock.time) == (12, state.next_poll_at - clock.time)
            assert 5 < (state.next_poll_at - clock.time).total_seconds() / 60 <= 6 * 60


def test_entries_listed_before_a_kill_are_read_after_it_although_the_feed_is_unchanged(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = Reply(200, feed(web.url(""), "/a"), {"ETag": '"f1"'})
    web.routes |= {"/feed": lambda call: Reply(304) if "if-none-match" in call.headers else feeds, "/a": page()}
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        with monkeypatch.context() as patched:
            patched.setattr(pipeline, "work", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
            assert "killed" in run(rooms)["wire"].errors[0]
        tally = run(rooms)["wire"]
        assert (tally.outcome, tally.new) == ("not_modified", 1)


def test_an_article_that_cannot_be_stored_costs_no_other_and_is_given_up_in_the_end(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [f"/p{n}" for n in range(4)]
    web.routes |= {"/feed": feed(web.url(""), *links)}
    web.routes |= {link: page(f"Title of {link}", f"<p>{link} " + "says this of Ukraine " * 20) for link in links}
    real = articles.save

    def save(session: Session, batch: Sequence[Gist], now: datetime) -> list[Stored]:
        if any("/p2" in one.article.url for one in batch):
            raise OverflowError("poison")
        return real(session, batch, now)

    monkeypatch.setattr(articles, "save", save)
    clock = Clock()
    with opened(tmp_path, source("wire", web.url("")), clock=clock) as rooms:
        tally = run(rooms)["wire"]
        assert tally.new == 3
        assert [error for error in tally.errors if "/p2: cannot be stored: OverflowError: poison" in error]
        for _ in range(12):
            clock.forward(days=1)
            run(rooms)
        with reading(rooms.engine) as session:
            states = session.execute(select(EntryRow.url, EntryRow.state)).all()
        assert {url[-3:]: state for url, state in states} == {
            "/p0": "stored", "/p1": "stored", "/p2": "given_up", "/p3": "stored",
        }  # fmt: skip


def test_a_source_that_breaks_altogether_says_so_in_its_state(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no idea")

    monkeypatch.setattr(pipeline, "ingest", broken)
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        assert "no idea" in run(rooms)["wire"].errors[0]
        with reading(rooms.engine) as session:
            state = session.get_one(SourceState, "wire")
        assert (state.failures, state.outcome, "no idea" in state.error) == (1, "broken", True)


def test_a_flood_is_worked_off_in_several_passes(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MOST_PAGES", 3)
    links = [f"/p{n}" for n in range(7)]
    web.routes |= {"/feed": feed(web.url(""), *links)}
    web.routes |= {link: page(f"Title of {link}", f"<p>{link} " + "says this of Ukraine " * 20) for link in links}
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        assert [run(rooms)["wire"].new for _ in range(4)] == [3, 3, 1, 0]


def test_a_clock_that_was_once_ahead_silences_nobody(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": feed(web.url(""))}
    clock = Clock()
    with opened(tmp_path, source("wire", web.url("")), clock=clock) as rooms:
        clock.forward(days=2000)
        assert run(rooms, force=False)
        clock.forward(days=-2000)
        assert run(rooms, force=False)


def test_a_topic_that_does_not_exist_is_a_mistake_with_its_line(web: Web, tmp_path: Path) -> None:
    both = source("wire", web.url(""), extra="    topics: requird\n") + source("other", web.url(""))
    with opened(tmp_path, both) as rooms:
        told = [str(problem) for problem in rooms.configuration.problems]
        assert len(told) == 1
        assert "sources.yaml:7: sources `wire`: no topic is called `requird`; did you mean `required`?" in told[0]
        assert [one.id for one in rooms.configuration.catalogue.sources] == ["other"]


def test_entries_without_a_page_are_articles_of_their_own(web: Web, tmp_path: Path) -> None:
    items = "".join(
        f"<item><title>Flash</title><description>Rutte spoke of Ukraine, {n}.</description></item>" for n in range(4)
    )
    web.routes["/feed"] = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        tally = run(rooms)["wire"]
        assert (tally.new, tally.partial, tally.matched, tally.fetched) == (4, 0, 4, 0)
        with reading(rooms.engine) as session:
            texts = session.scalars(select(ArticleRow.text)).all()
        assert sorted(texts) == [f"Rutte spoke of Ukraine, {n}." for n in range(4)]
        assert run(rooms)["wire"].new == 0


def test_a_removed_article_that_leads_to_the_front_page_stays_as_the_feed_told_it(web: Web, tmp_path: Path) -> None:
    links = ["/2025/02/rutte-names-two-conditions", "/2025/02/another-long-headline"]
    web.routes |= {"/feed": feed(web.url(""), *links), "/": page("Front page of the site")}
    web.routes |= dict.fromkeys(links, redirect("/"))
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        tally = run(rooms)["wire"]
        assert (tally.new, tally.partial) == (2, 2)
        assert "which is another page" in tally.errors[0]
        assert titles(rooms) == {f"Rutte on {link.strip('/')}" for link in links}


def test_a_page_dated_in_the_far_future_is_stored_without_that_date(web: Web, tmp_path: Path) -> None:
    web.routes |= {"/feed": feed(web.url(""), "/a", "/b"), "/a": page(published="9999-12-31T23:59:59Z")}
    web.routes["/b"] = page("Other", "<p>" + "word " * 80, published="2031-01-01T00:00:00Z")
    with opened(tmp_path, source("wire", web.url(""))) as rooms:
        assert (run(rooms)["wire"].new, run(rooms)["wire"].errors) == (2, [])
        with reading(rooms.engine) as session:
            assert {when.year for when in session.scalars(select(ArticleRow.published_at)) if when} == {2025}
