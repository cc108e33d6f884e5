"""A digest, or a notice for operators, as Slack's Block Kit blocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from alerts import slack_contract
from alerts.cards.digest import DigestCard, Entry, Group
from alerts.cards.notice import NoticeCard
from alerts.model import Block
from alerts.slack_blocks import SIGNS
from alerts.slack_text import META, context, fit, header, link_or, marked, section

_ROOM = 600  # characters that the blocks after the stories need at least, besides what they hold
_TITLE = 300
_SENTENCE = 420
_LIST = 1200


@dataclass(slots=True)
class _Page:
    """Blocks as long as they fit the total of a message."""

    left: int
    blocks: list[Block] = field(default_factory=list)

    def add(self, block: Block) -> bool:
        """Whether it fitted."""
        cost = len(json.dumps(block, ensure_ascii=False)) + 2
        if cost > self.left or len(self.blocks) + 8 > slack_contract.MAX_BLOCKS:
            return False
        self.left -= cost
        self.blocks.append(block)
        return True


def make_digest_blocks(card: DigestCard) -> tuple[Block, ...]:
    """As many stories as fit, the weightiest first, then what was quiet and what could not be read."""
    head = [header(card.title), context(META, [card.period]), *_head(card)]
    tail = _tail(card)
    fixed = len(json.dumps([*head, *tail], ensure_ascii=False))
    page, shown = _Page(slack_contract.MAX_TOTAL - fixed - _ROOM), 0
    total = sum(len(group.entries) for group in card.groups)
    for title, entries in _paragraphs(card):
        if title is not None and not page.add(title):
            break
        for entry in entries:
            if not page.add(entry):
                break
            shown += 1
        else:
            continue
        break
    more = card.more + total - shown
    rest = [context("more", [f"and {more:,} more"])] if more else []
    return (*head, *page.blocks, *rest, *tail)


def digest_fallback(card: DigestCard) -> str:
    """One line for the notification, and the whole message if blocks are refused."""
    first = next((entry for group in card.groups for entry in group.entries), None)
    told = fit(card.title, 300) + (f". First: {link_or(first.headline, first.link, _TITLE)}" if first else "")
    return f"{told}. {fit(card.warning, 300)}" if card.warning else told


def make_notice_blocks(card: NoticeCard) -> tuple[Block, ...]:
    """What happened, since when, and what to do."""
    blocks = [header(card.title), context(META, [card.since])]
    if card.lines:
        blocks.append(section("what", "\n".join(fit(line, 500) for line in card.lines[:5])))
    return (*blocks, context("footer", [f"made {card.made}  ·  delivery {fit(card.key)}"]))


def notice_fallback(card: NoticeCard) -> str:
    """All of it as plain text."""
    return "\n".join([fit(card.title, 300), *(fit(line, 500) for line in card.lines)])


def _head(card: DigestCard) -> Iterator[Block]:
    told = [fit(line, 700) for line in (card.note, *card.advice) if line]
    if card.calm:
        told.append(card.calm)
    if told:
        yield section("note", "\n".join(told))
    if card.warning:
        yield section("warning", f"⚠️ {fit(card.warning, 400)}")


def _paragraphs(card: DigestCard) -> Iterator[tuple[Block | None, Iterator[Block]]]:
    for number, group in enumerate(card.groups):
        title = section(f"watch-{number}", f"{SIGNS[group.priority]} *{fit(group.watch)}*")
        yield title, _entries(group, number)


def _entries(group: Group, number: int) -> Iterator[Block]:
    for place, entry in enumerate(group.entries):
        yield section(f"story-{number}-{place}", _entry(entry))


def _entry(entry: Entry) -> str:
    lines = [f"*{link_or(entry.headline, entry.link, _TITLE)}*", f"{fit(entry.byline, 300)}{_beware(entry)}"]
    if sentence := marked(entry.pieces, _SENTENCE):
        lines.append(f"> {sentence}")
    if entry.also:
        lines[1] += f" · also {fit(', '.join(entry.also), 200)}"
    if entry.mute and entry.mute.link:
        lines[1] += f" · {slack_contract.link(entry.mute.link, entry.mute.label)}"
    return "\n".join(lines)


def _beware(entry: Entry) -> str:
    return " · ⚠️ *state media only*" if entry.is_state_media else ""


def _tail(card: DigestCard) -> list[Block]:
    blocks = []
    if card.silences:
        more = card.silent - len(card.silences)
        told = "\n".join([*card.silences, *([f"and {more} more"] if more else [])])
        blocks.append(section("silences", f"*Could not be read*\n{fit(told, _LIST)}"))
    if card.quiet:
        rest = f" and {card.quiet_more} more" if card.quiet_more else ""
        blocks.append(context("quiet", [f"*Nothing found by* {fit(', '.join(card.quiet), _LIST)}{rest}"]))
    blocks.append(context("footer", [f"Times in {card.zone}  ·  made {card.made}  ·  delivery {fit(card.key)}"]))
    return blocks
