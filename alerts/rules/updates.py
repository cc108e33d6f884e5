"""What is new in a story that was alerted, and whether its reader wants to know (pure)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from alerts.changes import ChangeKind
from alerts.model import Change, Coverage, News
from alerts.rules import corroboration

FOLLOWED = timedelta(days=3)  # after its last message a story is told no more
MORE = 5  # independent texts that are worth a message
PAUSE = timedelta(minutes=30)  # between messages that only count outlets


@dataclass(frozen=True, slots=True)
class Told:
    """What the reader knows: the version of the alerted article, and who reported the story."""

    first: str = ""  # when the first message was made, ISO 8601
    revision: int = 1
    title: str = ""
    outlets: int = 0
    independent: int = 0
    is_official: bool = False
    is_gone: bool = False
    updates: int = 0

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Report:
    """The alerted article now; `kinds` are those of its revisions since then, `before` and `after` the words."""

    article: Coverage
    revision: int = 1
    is_gone: bool = False
    kinds: Sequence[str] = ()
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is new; `told` is what the reader knows with or without it, `later` when it may be told that waits."""

    changes: tuple[Change, ...]
    told: Told
    later: datetime | None = None


def from_json(stored: Mapping[str, Any]) -> Told | None:
    """What was stored; None when nobody noted what the reader knows."""
    if "first" not in stored:
        return None
    known = {one.name for one in fields(Told)}
    return Told(**{name: value for name, value in stored.items() if name in known})


def first_told(report: Report, coverage: Sequence[Coverage], now: datetime) -> Told:
    """What the reader of the first message knows."""
    return Told(
        first=now.isoformat(),
        revision=report.revision,
        title=report.article.title,
        outlets=corroboration.outlets(coverage),
        independent=corroboration.independent(coverage),
        is_official=any(one.kind == corroboration.OFFICIAL for one in (report.article, *coverage)),
        is_gone=report.is_gone,
    )


def find(  # noqa: PLR0917 - what is known, what is wanted, and when
    told: Told,
    report: Report | None,
    coverage: Sequence[Coverage],
    wanted: Collection[News],
    told_at: datetime,
    now: datetime,
) -> Findings:
    """What of the news of a story its reader is told now.

    Corrections, deletions and the first official source are told at once; that more outlets report waits until
    `PAUSE` after the last message. `report` is None when the alerted article is not known.
    """
    known = first_told(report, coverage, now) if report else None
    changes = [*(_of_article(told, report) if report else ()), *_official(told, coverage)]
    changes = [change for change in changes if change.news in wanted]
    more = [*_outlets(told, coverage)] if News.OUTLETS in wanted else []
    waits = bool(more) and not changes and now < told_at + PAUSE
    if not waits:
        changes += more
    after = Told(
        first=told.first,
        revision=known.revision if known else told.revision,
        title=known.title if known else told.title,
        outlets=corroboration.outlets(coverage) if changes else told.outlets,
        independent=corroboration.independent(coverage) if changes else told.independent,
        is_official=told.is_official or any(one.kind == corroboration.OFFICIAL for one in coverage),
        is_gone=known.is_gone if known else told.is_gone,
        updates=told.updates + bool(changes),
    )
    return Findings(tuple(changes), after, told_at + PAUSE if waits else None)


def others(report: Report | None, coverage: Sequence[Coverage]) -> tuple[int, int]:
    """How many other outlets report the story, and how many of those on their own."""
    own = report.article.source if report else ""
    outlets = corroboration.outlets(coverage)
    alone = corroboration.independent([one for one in coverage if one.source != own])
    return max(0, outlets - bool(own)), alone


def _of_article(told: Told, report: Report) -> list[Change]:
    found = []
    if report.is_gone and not told.is_gone:
        found.append(Change(News.DELETION, report.article))
    if report.revision > told.revision:
        is_headline = bool(told.title) and report.article.title != told.title
        if is_headline and {ChangeKind.UPDATE, ChangeKind.CORRECTION} & set(report.kinds):
            found.append(Change(News.CORRECTION, report.article, told.title, report.article.title))
        elif ChangeKind.CORRECTION in report.kinds:
            found.append(Change(News.CORRECTION, report.article, report.before, report.after))
    return found


def _official(told: Told, coverage: Sequence[Coverage]) -> list[Change]:
    official = [one for one in coverage if one.kind == corroboration.OFFICIAL]
    return [Change(News.OFFICIAL, official[0])] if official and not told.is_official else []


def _outlets(told: Told, coverage: Sequence[Coverage]) -> list[Change]:
    own = [one for one in coverage if one.independent and not one.after]
    is_more = corroboration.independent(coverage) >= told.independent + MORE
    return [Change(News.OUTLETS, max(own, key=lambda one: one.first_seen))] if is_more and own else []
