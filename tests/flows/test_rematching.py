"""A changed watchlist over stored articles: silent, marked, the same when repeated, and never lost by one article."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from alerts import matching
from alerts.model import Decision, Mode
from flows import delivery, rematching
from flows.demo.slack_server import SlackStandIn
from flows.house import House
from flows.rematching import Tally
from scrapers.article import Article
from storage import articles, matches, rematches
from storage.alert_tables import DecisionRow, MatchRow
from storage.engine import reading, transaction
from storage.likeness import gist
from storage.rematches import Change
from storage.tables import ArticleRow
from tests.flows.rooms import BEGIN, Clock, opened

ENTITIES = "entities:\n  - {id: rutte, names: {en: [Mark Rutte, Rutte]}}\nwatches:\n"
OLD = ENTITIES + "  - {id: rutte, query: '@rutte AND Ukraine', to: [desk]}\n  - {id: port, query: Odesa, to: [desk]}\n"
NEW = ENTITIES + (
    "  - {id: rutte, query: '@rutte AND Brussels', to: [desk]}\n"
    "  - {id: port, query: Odesa, to: [desk]}\n"
    "  - {id: storm, query: storm, to: [desk]}\n"
)
DESTINATIONS = 'destinations:\n  - {id: desk, slack: {webhook: "env:TEST_WEBHOOK"}}\n'
TEXTS = {
    "both": "Mark Rutte spoke of Ukraine in Brussels.",
    "kyiv": "Mark Rutte spoke of Ukraine in Kyiv.",
    "hague": "Mark Rutte spoke of bicycles in Brussels.",
    "port": "A storm closed the port of Odesa.",
}


def house(folder: Path, database_url: str, watchlist: str, clock: Clock | None = None) -> AbstractContextManager[House]:
    return opened(
        folder,
        "",
        database_url=database_url,
        watchlist=watchlist,
        destinations=DESTINATIONS,
        clock=clock or Clock(),
    )


def store(rooms: House, texts: dict[str, str], mode: Mode = Mode.LIVE, days_ago: float = 0) -> None:
    """Articles with what the watchlist of the house finds in them, as ingest stores them."""
    at = BEGIN - timedelta(days=days_ago)
    read = [
        Article(source="wire", url=f"https://wire.example/{name}", title=name, text=text, published=at)
        for name, text in texts.items()
    ]
    looked = [matching.look(one, rooms.compiled) for one in read]
    with transaction(rooms.engine) as session:
        taken = [gist.take(one, named) for one, (_, named) in zip(read, looked, strict=True)]
        stored = articles.save(session, taken, BEGIN)
        found = [(one.id, held) for one, (held, _) in zip(stored, looked, strict=True)]
        matches.add(session, found, mode, BEGIN)
        matches.stamp(session, [one.id for one in stored], rooms.compiled.version)


def deliver(rooms: House, clock: Clock) -> None:
    """Everything that is due now or within the hour."""
    delivery.deliver(rooms)
    clock.forward(hours=1)
    delivery.deliver(rooms)


def held(rooms: House) -> dict[tuple[str, str], MatchRow]:
    """Match rows by watch and title."""
    with reading(rooms.engine) as session:
        query = select(MatchRow, ArticleRow.title).join(ArticleRow)
        return {(row.watch_id, title): row for row, title in session.execute(query)}


def holding(rooms: House) -> set[tuple[str, str]]:
    return {key for key, row in held(rooms).items() if row.lapsed_at is None}


def changes(tally: Tally) -> dict[str, dict[Change, int]]:
    return {watch: dict(counts) for watch, counts in tally.watches.items() if counts}


EXPECTED = {
    "rutte": {Change.NEW: 1, Change.RENEWED: 1, Change.LAPSED: 1},
    "port": {Change.KEPT: 1},
    "storm": {Change.NEW: 1},
}


def test_a_changed_watchlist_is_applied_silently_and_repeating_it_changes_nothing(
    tmp_path: Path, database_url: str, slack: SlackStandIn
) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, TEXTS)
        delivery.deliver(rooms)
        before, told = held(rooms), len(slack.messages)
    with house(tmp_path, database_url, NEW) as rooms:
        done = rematching.rematch(rooms)
        assert (changes(done), done.articles, done.errors) == (EXPECTED, 4, [])
        assert holding(rooms) == {("rutte", "both"), ("rutte", "hague"), ("port", "port"), ("storm", "port")}
        rows = held(rooms)
        assert rows["rutte", "kyiv"].lapsed_at == BEGIN  # it alerted, so it stays
        assert rows["rutte", "kyiv"].decided_at == before["rutte", "kyiv"].decided_at
        renewed, old = rows["rutte", "both"], before["rutte", "both"]
        assert (renewed.id, renewed.mode, renewed.created_at) == (old.id, old.mode, old.created_at)
        assert renewed.watch_version == rooms.compiled.watches[0][0].version != old.watch_version
        assert renewed.watchlist_version == rooms.compiled.version != old.watchlist_version
        assert {hit["surface"] for hit in renewed.hits} == {"Mark Rutte", "Rutte", "Brussels"}
        assert rows["storm", "port"].mode == rows["rutte", "hague"].mode == Mode.BACKFILL
        delivery.deliver(rooms)
        assert len(slack.messages) == told
        again = rematching.rematch(rooms)
        assert (changes(again), again.articles) == ({}, 0)
        assert changes(rematching.rematch(rooms, watch=rooms.compiled.watches[0][0])) == {"rutte": {Change.KEPT: 2}}
    with house(tmp_path, database_url, OLD) as rooms:  # and back again
        assert changes(rematching.rematch(rooms)) == {
            "rutte": {Change.LAPSED: 1, Change.RENEWED: 2}, "port": {Change.KEPT: 1},
        }  # fmt: skip
        assert holding(rooms) == {("rutte", "both"), ("rutte", "kyiv"), ("port", "port"), ("storm", "port")}
        delivery.deliver(rooms)
        assert len(slack.messages) == told


def test_one_watch_is_matched_again_without_the_others(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, TEXTS)
    with house(tmp_path, database_url, NEW) as rooms:
        only = next(watch for watch, _ in rooms.compiled.watches if watch.id == "rutte")
        done = rematching.rematch(rooms, watch=only)
        assert changes(done) == {"rutte": EXPECTED["rutte"]}
        assert ("storm", "port") not in held(rooms)
        assert changes(rematching.rematch(rooms)) == {
            "rutte": {Change.KEPT: 2}, "port": {Change.KEPT: 1}, "storm": {Change.NEW: 1},
        }  # fmt: skip


def test_only_the_days_asked_for_are_matched_again(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, {"fresh": "A storm.", "old": "The storm."} | {"older": "No storm."})
        with transaction(rooms.engine) as session:
            for title, days in (("old", 10), ("older", 40)):
                session.execute(
                    update(ArticleRow).where(ArticleRow.title == title).values(at=BEGIN - timedelta(days=days))
                )
    with house(tmp_path, database_url, NEW) as rooms:
        assert rematching.rematch(rooms, days=5).articles == 1
        assert rematching.rematch(rooms, days=30).articles == 1  # the first of the two is done
        assert holding(rooms) == {("storm", "fresh"), ("storm", "old")}


def test_with_alerts_live_what_is_new_alerts_and_what_was_told_does_not(
    tmp_path: Path, database_url: str, slack: SlackStandIn
) -> None:
    clock = Clock()
    with house(tmp_path, database_url, OLD, clock) as rooms:
        store(rooms, TEXTS)
        deliver(rooms, clock)
        told = len(slack.messages)
    with house(tmp_path, database_url, NEW, clock) as rooms:
        rematching.rematch(rooms, mode=Mode.LIVE)
        deliver(rooms, clock)
        assert len(slack.messages) > told
        with reading(rooms.engine) as session:
            query = select(MatchRow.watch_id, DecisionRow.outcome).join(DecisionRow)
            assert ("storm", Decision.FIRST_REPORT) in {tuple(row) for row in session.execute(query)}
        told = len(slack.messages)
        rematching.rematch(rooms, mode=Mode.LIVE)
        deliver(rooms, clock)
        assert len(slack.messages) == told


def test_a_match_that_lapsed_before_it_was_decided_alerts_nobody(
    tmp_path: Path, database_url: str, slack: SlackStandIn
) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, {"kyiv": TEXTS["kyiv"]})
    with house(tmp_path, database_url, NEW) as rooms:
        rematching.rematch(rooms)
        delivery.deliver(rooms)
    with house(tmp_path, database_url, OLD) as rooms:
        rematching.rematch(rooms)  # holds again, and is no news any more
        delivery.deliver(rooms)
        assert held(rooms)["rutte", "kyiv"].mode == Mode.BACKFILL
    assert slack.messages == []


def test_an_article_that_cannot_be_stored_costs_no_other(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, TEXTS)
    whole = rematches.reconcile

    def breaks(session: Session, looked: Sequence[rematches.Looked], *rest: object) -> list[tuple[str, Change]]:
        if any(one.article.title == "hague" for one in looked):
            raise ValueError("a strange article")
        return whole(session, looked, *rest)  # type: ignore[arg-type]

    with house(tmp_path, database_url, NEW) as rooms:
        monkeypatch.setattr(rematches, "reconcile", breaks)
        done = rematching.rematch(rooms)
        assert done.errors == ["https://wire.example/hague: cannot be stored: ValueError: a strange article"]
        assert (done.failed, done.articles) == (1, 4)
        assert holding(rooms) == {("rutte", "both"), ("port", "port"), ("storm", "port")}
        monkeypatch.undo()
        again = rematching.rematch(rooms)
        assert (again.articles, changes(again)) == (1, {"rutte": {Change.NEW: 1}})  # it was still behind


def test_what_was_stopped_goes_on_where_it_was(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, {f"storm {n}": f"Storm number {n} passed, and nobody was hurt." for n in range(10)})
    monkeypatch.setattr(rematching, "_BATCH", 4)

    def stop(tally: Tally) -> None:
        if tally.articles >= 4:
            raise KeyboardInterrupt

    watchlist = NEW.replace("query: storm", "query: '\"storm\"'")
    with house(tmp_path, database_url, watchlist) as rooms:
        with pytest.raises(KeyboardInterrupt):
            rematching.rematch(rooms, tell=stop)
        assert len(holding(rooms)) == 4
        assert rematching.rematch(rooms).articles == 6
        assert len(holding(rooms)) == 10


def test_an_article_that_is_revised_meanwhile_is_left_to_the_next_run(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, {"port": TEXTS["port"]})
    with house(tmp_path, database_url, NEW) as rooms:
        with reading(rooms.engine) as session:
            (one,) = rematches.behind(session, rooms.compiled.version, None, None, 10)
        with transaction(rooms.engine) as session:
            session.execute(update(ArticleRow).values(revision=2))
        looked = rematches.Looked(one, [])
        asked = rematches.Asked(frozenset(("port", "storm")), Mode.BACKFILL, rooms.compiled.version)
        with transaction(rooms.engine) as session:
            assert rematches.reconcile(session, [looked], asked, BEGIN) == []
        assert holding(rooms) == {("port", "port")}
        assert rematching.rematch(rooms).articles == 1


def test_a_text_that_was_let_go_keeps_its_matches(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, {"port": TEXTS["port"]})
        with transaction(rooms.engine) as session:
            session.execute(update(ArticleRow).values(text="", let_go_at=BEGIN))
    with house(tmp_path, database_url, NEW.replace("query: Odesa", "query: Kherson")) as rooms:
        watch = next(watch for watch, _ in rooms.compiled.watches if watch.id == "port")
        for done in (rematching.rematch(rooms), rematching.rematch(rooms, watch=watch)):
            assert (done.articles, done.without_text) == (0, 1)
        assert holding(rooms) == {("port", "port")}


def test_a_watch_that_is_gone_or_misspelt_keeps_its_matches(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, TEXTS)
    broken = NEW.replace("query: Odesa", "query: 'Odesa AND'")
    with house(tmp_path, database_url, broken) as rooms:
        rematching.rematch(rooms)
        assert ("port", "port") in holding(rooms)


def test_the_entities_that_an_article_names_follow_the_watchlist(tmp_path: Path, database_url: str) -> None:
    with house(tmp_path, database_url, OLD) as rooms:
        store(rooms, TEXTS)
    wider = NEW.replace("entities:\n", "entities:\n  - {id: odesa, names: {en: [Odesa]}}\n")
    with house(tmp_path, database_url, wider) as rooms:
        rematching.rematch(rooms)
        with reading(rooms.engine) as session:
            named = {row.title: row.entities for row in session.scalars(select(ArticleRow))}
    assert (named["port"], named["both"]) == (["odesa"], ["rutte"])
