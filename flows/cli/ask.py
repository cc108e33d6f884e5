"""Commands that answer questions: search, why, stories, deliveries, export."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from alerts import matching
from alerts.channels.ways import way_of
from alerts.cleaning import clean_text
from alerts.errors import QueryError
from alerts.model import Decision, DeliveryState
from alerts.worddiff import PieceKind
from flows import explaining, house, report, settings
from flows.cli.output import Failed, complain, stream, to_json, to_lines, to_table, wrong
from flows.cli.run import Json
from flows.explaining import Silent
from flows.house import House
from storage import archive, channels, lookup, outbox, pages, revisions
from storage.archive import Place
from storage.engine import reading, transaction
from storage.lookup import Explained, StoredArticle
from storage.search import MOST_MISSED, MOST_UNINDEXED, find, unindexed

_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
_FORM = "YYYY-MM-DD"
Since = Annotated[datetime | None, typer.Option(formats=_DAY, metavar=_FORM, help="From this day on, UTC.")]
Until = Annotated[datetime | None, typer.Option(formats=_DAY, metavar=_FORM, help="Up to this day, included, UTC.")]

CUTS: dict[str, str] = {
    "paywall": "the rest is for subscribers",
    "truncated": "the text breaks off",
    "teaser": "the page shows no full text",
    "feed": "only the feed's own text could be had",
}
_OUTCOMES: dict[str, str] = {
    Decision.FIRST_REPORT: "alerted",
    Decision.FURTHER_OUTLET: "not alerted again",
    Decision.DIGEST: "in a digest",
    Decision.GATHERING: "held",
    Decision.QUIET: "held",
    Decision.UNCORROBORATED: "not corroborated",
    Decision.MUTED: "muted",
    Decision.INHIBITED: "silenced",
    Decision.THROTTLED: "in a digest, too much at once",
    Decision.TOO_OLD: "too old for an alert",
    Decision.BACKFILL: "not alerted",
    Decision.NO_DESTINATION: "not alerted",
    Decision.UNKNOWN_DESTINATION: "not alerted",
    Decision.WATCH_GONE: "not alerted",
    Decision.LAPSED: "not alerted",
}
_REASONS: dict[str, str] = {  # of decisions that were made before they had a sentence
    Decision.FIRST_REPORT: "first report of the story",
    Decision.FURTHER_OUTLET: "the story was alerted to this destination",
    Decision.BACKFILL: "from a silent backfill, weeks old when first seen, or read again from a kept page",
    Decision.NO_DESTINATION: "the watch names no destination",
    Decision.UNKNOWN_DESTINATION: "no such destination is configured",
    Decision.WATCH_GONE: "the watch was removed",
    Decision.LAPSED: "the watch was changed and matches it no longer",
}


_SIGNS: dict[PieceKind, tuple[str, str]] = {
    PieceKind.EQUAL: (" ", "dim"),
    PieceKind.REMOVED: ("-", "red"),
    PieceKind.ADDED: ("+", "green"),
}


class Exported(StrEnum):
    """What can be exported."""

    ARTICLES = "articles"
    MATCHES = "matches"
    DELIVERIES = "deliveries"
    PAGES = "pages"


class Form(StrEnum):
    """How rows are written."""

    JSONL = "jsonl"
    CSV = "csv"
    WARC = "warc"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (search, why, show_revisions, stories, export):
        app.command("revisions" if command is show_revisions else None)(command)
    ledger = typer.Typer(help="The ledger of deliveries.", no_args_is_help=True)
    ledger.command("list")(list_deliveries)
    ledger.command("retry")(retry)
    app.add_typer(ledger, name="deliveries")


def search(  # noqa: PLR0917 - each is an option of the command
    query: Annotated[str, typer.Argument(help="Words, phrases in quotes, AND, OR, NOT, NEAR/5, title:, @entity ...")],
    since: Since = None,
    until: Until = None,
    source: Annotated[str | None, typer.Option(help="Id of a source.")] = None,
    lang: Annotated[str | None, typer.Option(help="Language, such as uk.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many articles.")] = 20,
    *,
    as_json: Json = False,
) -> None:
    """Find stored articles by a watch query, newest first."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        try:
            wanted = matching.compile_one(query, rooms.configuration.watchlist, rooms.configuration.facts)
        except QueryError as unreadable:
            raise wrong(str(unreadable)) from None
        missing = unindexed(session)
        found = find(
            session, wanted, since=_utc(since), until=_day_after(until), source=source, language=lang, limit=limit
        )
        rows = [_hit(one.article, one.snippet) for one in found]
    if found.stopped_at:
        complain(
            f"stopped at {found.stopped_at:%Y-%m-%d}: {MOST_MISSED:,} articles hold the words, and do not match; go on "
            f"with --until {found.stopped_at:%Y-%m-%d}, or add a rarer word"
        )
    if missing:
        read = "" if missing <= MOST_UNINDEXED else f", and only the latest {MOST_UNINDEXED:,} of them were searched"
        complain(f"{missing:,} articles are not indexed yet{read}: run `varta upkeep`")
    if as_json:
        to_json(rows)
    else:
        columns = {"published (UTC)": "published", "source": "source", "title": "title", "url": "url"}
        to_table(f"articles: {len(rows)}", [{title: row[name] for title, name in columns.items()} for row in rows])


def why(
    url: Annotated[str, typer.Argument(help="Address of the article, in any spelling.")],
    watch: Annotated[str, typer.Option(metavar="ID", help="Only of this watch; all when left out.")] = "",
    *,
    as_json: Json = False,
) -> None:
    """Say for every watch why it matched an article or what it lacked, and what became of it at each destination."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        try:
            wanted = {house.watch_of(rooms.configuration, watch).id} if watch else None
        except KeyError as unknown:
            raise wrong(f"--watch: {unknown.args[0]}") from None
        article = lookup.article(session, url)
        listed = lookup.entry_state(session, url)
        explained = lookup.explain(session, article.id) if article else []
        changes = revisions.count(session, article.id) if article else 0
        silent = explaining.silent(article, rooms.compiled, {one.watch for one in explained}) if article else []
        versions = {known.id: known.version for known, _ in rooms.compiled.watches}
    explained = [one for one in explained if wanted is None or one.watch in wanted]
    silent = [one for one in silent if wanted is None or one.watch in wanted]
    if as_json:
        answer = {"url": url, "article": article, "entry": listed, "decisions": explained}
        to_json(answer | {"silent": list(map(explaining.row, silent)), "changes": changes})
    elif article is None:
        told = (
            f"listed by {listed[0]}, {listed[1]}: {listed[2] or 'not read yet'}"
            if listed
            else "never seen: no source has listed it"
        )
        to_lines([f"{url}: {told}"])
    else:
        to_lines([*_about(article, changes), *_told(explained, versions), *_unmatched(article, silent)])
    if article is None and listed is None:
        raise typer.Exit(1)


def _about(article: StoredArticle, changes: int) -> Iterator[str]:
    """What the article is."""
    yield article.title
    copy = f", copy ({article.kind}) of article {article.duplicate_of}" if article.duplicate_of else ""
    partial = f", {CUTS.get(article.cut or '', 'partial')}" if article.partial else ""
    translated = f", translation of article {article.translation_of}" if article.translation_of else ""
    yield f"{article.source}, story {article.story}, revision {article.revision}{copy}{translated}{partial}"
    if changes and article.changed:
        times = "once" if changes == 1 else f"{changes} times"
        yield f"changed {times}, last: {article.change or 'update'} at {article.changed:%Y-%m-%d %H:%M} UTC"
    if article.gone:
        yield f"the page was deleted, noticed at {article.gone:%Y-%m-%d %H:%M} UTC"
    if article.origin:
        yield f"names {article.origin} as its origin: {article.origin_phrase}"


def _told(explained: Sequence[Explained], versions: Mapping[str, str]) -> Iterator[str]:
    """Why each watch matched, and what became of it at each destination."""
    for watch, group in groupby(explained, key=lambda one: one.watch):
        decisions = list(group)
        first = decisions[0]
        yield f"\n{watch} matched because of {explaining.because(first)} in the sentence"
        yield f"  > {explaining.sentence(first.excerpt, first.marks)}"
        if first.lapsed:
            yield f"  no longer, since the watch was changed: noticed at {first.lapsed:%Y-%m-%d %H:%M} UTC"
        elif watch in versions and versions[watch] != first.version:
            yield f"  by an earlier version of the watch: `varta rematch --watch {watch}` brings it up to date"
        for one in decisions:
            when = f" {one.sent:%Y-%m-%d %H:%M} UTC" if one.sent else ""
            state = f", delivery {one.state}{when}" if one.state else ""
            error = f" ({one.error})" if one.error else ""
            reason = one.reason or _REASONS.get(one.outcome, "")
            outcome = _OUTCOMES.get(one.outcome, one.outcome) + (f": {reason}" if reason else "")
            yield f"  {one.destination or 'nobody'}: {outcome}{state}{error}"


def _unmatched(article: StoredArticle, silent: Sequence[Silent]) -> Iterator[str]:
    """What the other watches lacked, the nearest first."""
    if not silent:
        return
    yield "\nDid not match:"
    if article.text:
        yield from explaining.tell_silent(silent)
    else:
        yield f"  {', '.join(one.watch for one in silent)}; why is not known any more, the text was let go"


def show_revisions(
    url: Annotated[str, typer.Argument(help="Address of the article, in any spelling.")], *, as_json: Json = False
) -> None:
    """Every version of an article, oldest first, with what it changed."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        article = lookup.article(session, url)
        found = revisions.history(session, article.id) if article else ()
    if article is None:
        raise Failed(f"{url}: no article is stored under this address")
    if as_json:
        to_json({"url": article.url, "source": article.source, "gone": article.gone, "revisions": found})
        return
    paper = Console(highlight=False, soft_wrap=True, emoji=False, markup=False)
    paper.print(Text(clean_text(f"{article.source}: {article.url}")))
    for one in found:
        now = ", now" if one.is_current else ""
        kind = one.kind or "first"
        paper.print(
            Text(f"\n{one.number}. {kind}, {one.seen:%Y-%m-%d %H:%M} UTC{now}: {clean_text(one.title)}", "bold")
        )
        for piece in one.diff:
            sign, style = _SIGNS[piece.kind]
            paper.print(Text(f"{sign} {clean_text(piece.text)}", style))
    if article.gone:
        paper.print(Text(f"\nthe page was deleted, noticed at {article.gone:%Y-%m-%d %H:%M} UTC"))


def stories(
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many stories.")] = 20,
    *,
    as_json: Json = False,
) -> None:
    """Newest stories first; within a story the earliest report first."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        found = lookup.stories(session, _utc(since), limit)
    if as_json:
        to_json(found)
        return
    for story in found:
        names: dict[int | None, str] = {a.id: a.source for a in story.articles}
        rows = [
            {"published (UTC)": a.published, "source": a.source, "title": a.title, "copy of": names.get(a.duplicate_of)}
            for a in story.articles
        ]
        to_table(f"story {story.id}: {story.title}", rows)


def list_deliveries(
    state: Annotated[DeliveryState | None, typer.Option(help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many deliveries.")] = 200,
    *,
    as_json: Json = False,
) -> None:
    """The ledger, newest first, with what keeps each from leaving."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        found, circuits = outbox.ledger(session, state, limit), channels.troubled(session)
    if as_json:
        to_json(found)
        return
    columns = ("id", "state", "kind", "destination", "recipient", "watch", "headline", "attempts")
    rows = [{name: getattr(one, name) for name in columns} | {"sent (UTC)": one.sent} for one in found]
    to_table(f"deliveries: {len(found)}", rows)
    to_lines(f"! {one.id}: {one.error}" for one in found if one.error)
    to_lines(f"! {report.circuit(one)}" for one in circuits)


def retry(ids: Annotated[list[int], typer.Argument(help="Numbers from `varta deliveries list`.")]) -> None:
    """Send dead, held, cancelled or waiting deliveries again with the next pass."""
    with house.opened(settings.load()) as rooms, transaction(rooms.engine) as session:
        again, known = outbox.retry(session, ids, rooms.now()), rooms.configuration.destinations.by_id
        ways = {way_of(known[name]) for name in again.values() if name in known}
        channels.try_again(session, ways, rooms.now())
    complain(f"to be sent again: {', '.join(map(str, again)) or 'none'}")
    if missing := sorted(set(ids) - set(again)):
        left = ", ".join(map(str, missing))
        raise Failed(
            f"left as they are: {left}; only what is dead, held, cancelled or waits is sent again, and nothing to an "
            "address that gets nothing more (`varta destinations list`)"
        )


def export(
    what: Annotated[Exported, typer.Argument(help="What to export.")],
    form: Annotated[Form, typer.Option("--format", help="How to write it; warc is for pages.")] = Form.JSONL,
    since: Since = None,
    until: Until = None,
    source: Annotated[str | None, typer.Option(help="Id of a source.")] = None,
) -> None:
    """Stream articles, matches, deliveries or kept pages to standard output."""
    if form is Form.WARC and what is not Exported.PAGES:
        raise wrong(f"--format warc is for pages: `varta export {what} --format jsonl` or csv")
    if (until or source) and what not in (Exported.ARTICLES, Exported.PAGES):
        raise wrong(f"--until and --source choose articles and pages, not {what}")
    first, end = _utc(since), _day_after(until)
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        rows: Iterator[Mapping[str, Any]]
        if what is Exported.ARTICLES:
            rows = (_flat(one) for one in lookup.articles(session, since=first, until=end, source=source))
        elif what is Exported.MATCHES:
            rows = lookup.all_matches(session, first)
        elif what is Exported.DELIVERIES:
            rows = (_flat(one) for one in outbox.ledger(session, limit=10_000_000))
        elif form is Form.WARC:
            _as_warc(rooms, (page.place for page in pages.of(session, first, end, source)))
            return
        else:
            rows = (_flat(one) for one in pages.of(session, first, end, source))
        stream(rows, form)


def _as_warc(rooms: House, places: Iterable[Place]) -> None:
    missing = 0
    for unreadable in archive.export(rooms.archive, places, sys.stdout.buffer):
        complain(str(unreadable))
        missing += 1
    if missing:
        raise Failed(f"pages that this machine cannot give: {missing}")


def _flat(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _hit(one: StoredArticle, snippet: str) -> dict[str, Any]:
    shown = ("url", "title", "source", "language", "published", "first_seen", "story", "duplicate_of", "kind")
    return {name: getattr(one, name) for name in shown} | {"snippet": snippet}


def _utc(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when else None


def _day_after(until: datetime | None) -> datetime | None:
    return until.replace(tzinfo=UTC) + timedelta(days=1) if until else None
