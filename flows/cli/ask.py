"""Commands that answer questions: search, why, stories, deliveries, export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby, islice
from typing import Annotated, Any

import typer

from alerts import matching
from alerts.errors import QueryError
from alerts.model import Decision, DeliveryState
from flows import house, settings
from flows.cli.output import Failed, complain, stream, to_json, to_lines, to_table, wrong
from flows.cli.run import Json
from scrapers.article import Article
from storage import lookup, outbox
from storage.engine import reading, transaction
from storage.lookup import Explained, StoredArticle

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
    Decision.FIRST_REPORT: "alerted, first report of the story",
    Decision.FURTHER_OUTLET: "not alerted again, the story was alerted to this destination",
    Decision.BACKFILL: "not alerted, brought by a silent backfill or weeks old when it was first seen",
    Decision.NO_DESTINATION: "not alerted, the watch names no destination",
    Decision.UNKNOWN_DESTINATION: "not alerted, no such destination is configured",
    Decision.WATCH_GONE: "not alerted, the watch was removed",
}


class Exported(StrEnum):
    """What can be exported."""

    ARTICLES = "articles"
    MATCHES = "matches"
    DELIVERIES = "deliveries"


class Form(StrEnum):
    """How rows are written."""

    JSONL = "jsonl"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (search, why, stories, export):
        app.command()(command)
    ledger = typer.Typer(help="The ledger of deliveries.", no_args_is_help=True)
    ledger.command("list")(list_deliveries)
    ledger.command("retry")(retry)
    app.add_typer(ledger, name="deliveries")


def search(  # noqa: PLR0917 - each is an option of the command
    query: Annotated[str, typer.Argument(help="Words, AND, OR, NOT, phrases in quotes, @entity.")],
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
            wanted = matching.compile_one(query, rooms.configuration.watchlist)
        except QueryError as unreadable:
            raise wrong(str(unreadable)) from None
        stored = lookup.articles(session, since=_utc(since), until=_day_after(until), source=source, language=lang)
        found = ((one, matching.match(_as_article(one), wanted)) for one in stored)
        rows = [_hit(one, matches[0].excerpt.text) for one, matches in islice((f for f in found if f[1]), limit)]
    if as_json:
        to_json(rows)
    else:
        columns = {"published (UTC)": "published", "source": "source", "title": "title", "url": "url"}
        to_table(f"articles: {len(rows)}", [{title: row[name] for title, name in columns.items()} for row in rows])


def why(
    url: Annotated[str, typer.Argument(help="Address of the article, in any spelling.")], *, as_json: Json = False
) -> None:
    """Say for every watch and destination what became of an article, and why."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        article = lookup.article(session, url)
        listed = lookup.entry_state(session, url)
        explained = lookup.explain(session, article.id) if article else []
        matched = {one.watch for one in explained}
        silent = [
            {"watch": watch.id, "outcome": "no_match"}
            for watch in rooms.configuration.watchlist.watches
            if article and watch.id not in matched
        ]
    if as_json:
        to_json({"url": url, "article": article, "entry": listed, "decisions": explained, "silent": silent})
    elif article is None:
        told = (
            f"listed by {listed[0]}, {listed[1]}: {listed[2] or 'not read yet'}"
            if listed
            else "never seen: no source has listed it"
        )
        to_lines([f"{url}: {told}"])
    else:
        to_lines(_told(article, explained, [row["watch"] for row in silent]))
    if article is None and listed is None:
        raise typer.Exit(1)


def _told(article: StoredArticle, explained: Sequence[Explained], silent: Sequence[str]) -> Iterator[str]:
    """What became of an article, watch by watch, in words."""
    yield article.title
    copy = f", copy ({article.kind}) of article {article.duplicate_of}" if article.duplicate_of else ""
    partial = f", {CUTS.get(article.cut or '', 'partial')}" if article.partial else ""
    translated = f", translation of article {article.translation_of}" if article.translation_of else ""
    yield f"{article.source}, story {article.story}, revision {article.revision}{copy}{translated}{partial}"
    if article.origin:
        yield f"names {article.origin} as its origin: {article.origin_phrase}"
    for watch, group in groupby(explained, key=lambda one: one.watch):
        decisions = list(group)
        yield f"\n{watch} matched {', '.join(decisions[0].terms)}"
        yield f"  > {decisions[0].excerpt}"
        for one in decisions:
            when = f" {one.sent:%Y-%m-%d %H:%M} UTC" if one.sent else ""
            state = f", delivery {one.state}{when}" if one.state else ""
            error = f" ({one.error})" if one.error else ""
            yield f"  {one.destination or 'nobody'}: {_OUTCOMES.get(one.outcome, one.outcome)}{state}{error}"
    yield f"\nDid not match: {', '.join(silent) or 'none'}"


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
    """The ledger, newest first."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        found = outbox.ledger(session, state, limit)
    if as_json:
        to_json(found)
        return
    columns = ("id", "state", "destination", "watch", "headline", "attempts")
    rows = [{name: getattr(one, name) for name in columns} | {"sent (UTC)": one.sent} for one in found]
    to_table(f"deliveries: {len(found)}", rows)
    to_lines(f"! {one.id}: {one.error}" for one in found if one.error)


def retry(ids: Annotated[list[int], typer.Argument(help="Numbers from `varta deliveries list`.")]) -> None:
    """Send dead, held or waiting deliveries again with the next pass."""
    with house.opened(settings.load()) as rooms, transaction(rooms.engine) as session:
        again = outbox.retry(session, ids, rooms.now())
    complain(f"to be sent again: {', '.join(map(str, again)) or 'none'}")
    if missing := sorted(set(ids) - set(again)):
        raise Failed(f"not dead, held or waiting: {', '.join(map(str, missing))}")


def export(
    what: Annotated[Exported, typer.Argument(help="What to export.")],
    form: Annotated[Form, typer.Option("--format", help="How to write it.")] = Form.JSONL,
    since: Since = None,
) -> None:
    """Stream articles, matches or deliveries to standard output."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        rows: Iterator[Mapping[str, Any]]
        if what is Exported.ARTICLES:
            rows = (_flat(one) for one in lookup.articles(session, since=_utc(since)))
        elif what is Exported.MATCHES:
            rows = lookup.all_matches(session, _utc(since))
        else:
            rows = (_flat(one) for one in outbox.ledger(session, limit=10_000_000))
        stream(rows, form)


def _flat(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _hit(one: StoredArticle, snippet: str) -> dict[str, Any]:
    shown = ("url", "title", "source", "language", "published", "first_seen", "story", "duplicate_of", "kind")
    return {name: getattr(one, name) for name in shown} | {"snippet": snippet}


def _as_article(one: StoredArticle) -> Article:
    return Article(
        source=one.source,
        url=one.url,
        title=one.title,
        text=one.text,
        published=one.published,
        language=one.language,
    )


def _utc(when: datetime | None) -> datetime | None:
    return when.replace(tzinfo=UTC) if when else None


def _day_after(until: datetime | None) -> datetime | None:
    return until.replace(tzinfo=UTC) + timedelta(days=1) if until else None
