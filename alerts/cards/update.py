"""What is new in a story, put into words for one reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts import worddiff
from alerts.cards import phrases
from alerts.cards.alert import Card, make_card
from alerts.cleaning import clean_piece, clean_text, shorten, web_link
from alerts.destinations import Destination
from alerts.links import Links
from alerts.model import Change, News, Update
from alerts.worddiff import PieceKind
from scrapers.source import SourceKind

_MOST_CHANGES = 6
_MOST_PIECES = 24
_LONGEST_SIDE = 2000  # characters of a text that is compared
_LONGEST_PIECE = 160


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a changed text as its outlet spelled it: what stayed, went or came."""

    kind: PieceKind
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is new. `parts` show the difference, and are empty where nothing was reworded."""

    news: News
    sentence: str
    title: str
    link: str | None
    parts: tuple[Part, ...]
    is_state_media: bool

    @property
    def marked(self) -> str:
        """The difference as plain text: [-gone-] {+new+}."""
        signs = {PieceKind.EQUAL: ("", ""), PieceKind.REMOVED: ("[-", "-]"), PieceKind.ADDED: ("{+", "+}")}
        return " ".join(f"{signs[part.kind][0]}{part.text}{signs[part.kind][1]}" for part in self.parts)


@dataclass(frozen=True, slots=True)
class UpdateCard:
    """What is new, above the story as it stands now. `root` is the headline that the first alert had."""

    card: Card
    told: tuple[Told, ...]
    root: str

    @property
    def gist(self) -> str:
        """All that is new, in one line."""
        return " ".join(f"{one.sentence}." for one in self.told)


def make_update(
    update: Update, destination: Destination, key: str, now: datetime, links: Links | None = None
) -> UpdateCard:
    """Put `update` into words, the weightiest change first."""
    order = list(News)
    changes = sorted(update.changes, key=lambda change: order.index(change.news))
    told = [_told(change, destination.zone, now) for change in changes if change.news is not News.OUTLETS]
    if update.outlets:
        told.append(_outlets(update))
    card = make_card(update.alert, destination, key, now, links)
    return UpdateCard(card, tuple(told[:_MOST_CHANGES]), _root(update))


def _root(update: Update) -> str:
    """The headline before its outlet changed it: mail programs keep a thread together by its subject."""
    article = update.alert.article
    old = [change.before for change in update.changes if _is_headline(change) and change.article.url == article.url]
    return clean_text(old[0] if old else article.title, 300) or "(no headline)"


def _is_headline(change: Change) -> bool:
    return change.news is News.CORRECTION and bool(change.before) and change.after == change.article.title


def _told(change: Change, zone: ZoneInfo, now: datetime) -> Told:
    article = change.article
    title = clean_text(article.title, 200) or "(no headline)"
    return Told(
        change.news,
        _sentence(change, zone, now),
        "" if _is_headline(change) else title,  # the difference shows it already
        web_link(article.url),
        _parts(change.before, change.after),
        article.kind == SourceKind.STATE_MEDIA,
    )


def _sentence(change: Change, zone: ZoneInfo, now: datetime) -> str:
    source = phrases.source(change.article)
    at = f" at {phrases.clock(change.at, zone, now)}" if change.at else ""
    if change.news is News.DELETION:
        return f"{source} took the article down{f', noticed{at}' if at else ''}"
    if change.news is News.OFFICIAL:
        return f"First official source: {source}{at}"
    return f"{source} changed the headline{at}" if _is_headline(change) else f"{source} corrected the article{at}"


def _outlets(update: Update) -> Told:
    said = f"Also reported by {update.outlets:,}, of which {update.independent:,} independent"
    return Told(News.OUTLETS, said, "", None, (), is_state_media=False)


def _parts(before: str, after: str) -> tuple[Part, ...]:
    """What went and what came, with the words around it; both whole where the words say no difference."""
    if not before or before == after:
        return ()
    old, new = before[:_LONGEST_SIDE], after[:_LONGEST_SIDE]
    found = [Part(piece.kind, piece.text) for piece in worddiff.pieces(old, new)]
    if not found:
        found = [Part(PieceKind.REMOVED, old), Part(PieceKind.ADDED, new)]
    cleaned = [
        Part(part.kind, shorten(clean_piece(part.text).strip(), _LONGEST_PIECE)) for part in found[:_MOST_PIECES]
    ]
    return tuple(part for part in cleaned if part.text)
