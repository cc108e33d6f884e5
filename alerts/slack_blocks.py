"""An alert, or what is new in its story, as Slack's Block Kit blocks."""

from __future__ import annotations

from collections.abc import Iterable

from alerts import slack_contract
from alerts.cards.alert import Card
from alerts.cards.coverage import Line
from alerts.cards.update import Part, Told, UpdateCard
from alerts.cleaning import shorten
from alerts.model import Block, News, Priority
from alerts.slack_contract import escape
from alerts.slack_text import (
    LONGEST_LINK,
    META,
    code,
    context,
    deeds,
    fit,
    fitting,
    header,
    link_or,
    marked,
    mrkdwn,
    section,
    size,
)
from alerts.worddiff import PieceKind

__all__ = [
    "META",
    "acknowledged_block",
    "coverage_block",
    "fallback",
    "make_blocks",
    "make_update_blocks",
    "mrkdwn",
    "refreshed",
    "update_fallback",
]

# Characters after escaping. Together they stay below the total of a message.
_SENTENCE = 2300
_COVERAGE = 2600
_COVERAGE_OF_UPDATE = 1500
_CHANGES = 2700
_CHANGE = 1300
_TERMS = 300
_ORIGIN = 300  # the words that name the origin may stand last
_NOTE = 400
_TITLE = 400
SIGNS = {Priority.LOW: "⚪", Priority.NORMAL: "🔵", Priority.HIGH: "🟠", Priority.CRITICAL: "🔴"}
_NEWS = {News.DELETION: "🗑️", News.CORRECTION: "✏️", News.OFFICIAL: "🏛️", News.OUTLETS: "📰"}


def make_blocks(card: Card) -> tuple[Block, ...]:
    """Headline, context, why, warnings, coverage, link, actions and footer, within Slack's limits."""
    blocks = [header(card.headline), context(META, _meta(card)), section("why", _why(card))]
    if warnings := _warnings(card):
        blocks.append(section("beware", warnings))
    blocks += [coverage_block(card), *_ending(card)]
    return tuple(blocks)


def make_update_blocks(update: UpdateCard) -> tuple[Block, ...]:
    """What is new first, then the story as it stands."""
    card = update.card
    changes = "\n\n".join(fitting(map(_told, update.told), _CHANGES)) or fit(card.headline)
    blocks = [
        header(f"Update: {card.headline}"),
        context(META, [f"{SIGNS[card.priority]} *{card.priority.upper()}*  ·  Watch: *{fit(card.watch)}*"]),
        section("news", changes),
    ]
    if warnings := _warnings(card):
        blocks.append(section("beware", warnings))
    blocks += [section("coverage", _coverage(card, _COVERAGE_OF_UPDATE)), *_ending(card)]
    return tuple(blocks)


def refreshed(blocks: Iterable[Block], fresh: Iterable[Block]) -> tuple[Block, ...]:
    """The blocks of a message that was sent, with those of `fresh` in the place of their namesakes."""
    by_name = {block.get("block_id"): block for block in fresh}
    return tuple(by_name.get(block.get("block_id"), block) for block in blocks)


def coverage_block(card: Card) -> Block:
    """Who reports the story, how many, earliest first."""
    return section("coverage", _coverage(card, _COVERAGE))


def acknowledged_block(by: str, at: str) -> Block:
    """What stands in the place of the actions once somebody has acknowledged the alert; `at` is a local time."""
    return context("deeds", [f"✅ Acknowledged by {fit(by)} {at}"])


def fallback(card: Card) -> str:
    """One line for the notification and the screen reader, and the whole message if blocks are refused."""
    headline = escape(shorten(card.headline, slack_contract.MAX_HEADER))
    told = f"{card.priority.upper()} | {headline} ({fit(card.source)}, first seen {card.first_seen})"
    return f"{told} {slack_contract.link(card.link, 'Read it')}" if card.link else told


def update_fallback(update: UpdateCard) -> str:
    """The same for an update."""
    card = update.card
    headline = escape(shorten(card.headline, slack_contract.MAX_HEADER))
    told = f"UPDATE | {card.priority.upper()} | {headline}: {fit(update.gist, 600)}"
    return f"{told} {slack_contract.link(card.link, 'Read it')}" if card.link else told


def _meta(card: Card) -> list[str]:
    return [
        f"{SIGNS[card.priority]} *{card.priority.upper()}*  ·  Watch: *{fit(card.watch)}*",
        f"First seen {card.first_seen} at {fit(card.source)} ({fit(card.kind)}, {fit(card.language)})",
    ]


def _why(card: Card) -> str:
    sentence = marked(card.pieces, _SENTENCE)
    quote = f"\n> {sentence}" if sentence else ""
    terms = fit(", ".join(card.terms), _TERMS)
    found = f"Matched {terms} {card.where}." if terms else ""
    return f"*Why you got this*{quote}\n{found} {fit(card.reason, _NOTE)}".rstrip()


def _warnings(card: Card) -> str:
    told = []
    if card.is_state_media:
        told.append(f"⚠️ *State media.* A state controls what {fit(card.source)} publishes.")
    if card.partial:
        told.append(f"📄 *Partial.* {fit(card.partial)}")
    if card.after:
        told.append(f"🔗 {fit(card.after, _ORIGIN)}")
    return "\n".join(told)


def _coverage(card: Card, budget: int) -> str:
    head = f"*Who reports it, earliest first* (times in {card.zone})\n{card.summary}"
    if len(card.lines) == 1 and not card.more:
        return f"*Who reports it*\n{card.summary}"
    lines = list(fitting((_line(line) for line in card.lines), budget))
    more = card.more + len(card.lines) - len(lines)
    return "\n".join([head, *lines, *([f"and {more} more"] if more else [])])


def _line(line: Line) -> str:
    title = fit(line.title, _TITLE) if line.is_this else link_or(line.title, line.link, _TITLE)
    kind = f"*{line.kind}*" if line.is_state_media else fit(line.kind)
    words = [title, fit(line.source), kind, fit(line.language), fit(line.words)]
    return f"{line.time}  {' · '.join(words)}{'  ← this alert' if line.is_this else ''}"


def _told(one: Told) -> str:
    """One change: what happened, to which article, and how its words differ."""
    told = f"{_NEWS[one.news]} *{fit(one.sentence, 300)}*"
    if one.is_state_media:
        told += "  ⚠️ state media"
    if one.title:
        told += f"\n{link_or(one.title, one.link, _TITLE)}"
    if one.parts:
        told += f"\n> {' '.join(fitting(map(_part, one.parts), _CHANGE))}"
    return told


def _part(part: Part) -> str:
    """Struck out what went, in bold what came."""
    sign = {PieceKind.EQUAL: "", PieceKind.REMOVED: "~", PieceKind.ADDED: "*"}[part.kind]
    return f"{sign}{fit(part.text, _TITLE)}{sign}"


def _ending(card: Card) -> list[Block]:
    """Link and kept copy, actions, footer."""
    blocks = [section("link", _link(card))]
    if card.deeds:
        blocks.append(context("deeds", [deeds(card.deeds)]))
    blocks.append(context("footer", [_footer(card)]))
    return blocks


def _link(card: Card) -> str:
    if card.link and size(escape(card.link)) <= LONGEST_LINK:
        told = f"*{slack_contract.link(card.link, f'Read it at {card.source}')}*"
    else:
        told = f"No web link was given; the source's address reads: {fit(card.address, _TERMS)}"
    if card.kept and card.kept.link:
        return f"{told}  ·  {slack_contract.link(card.kept.link, card.kept.label)}"
    if card.kept and size(card.kept.command) <= LONGEST_LINK // 2:
        return f"{told}\n{card.kept.label}: {code(card.kept.command)}"
    return told


def _footer(card: Card) -> str:
    return (
        f"{card.published[0].upper()}{card.published[1:]}  ·  alert made {card.made}  ·  "
        f"watch {fit(card.watch_id)}, version {fit(card.version)}  ·  delivery {fit(card.key)}"
    )
