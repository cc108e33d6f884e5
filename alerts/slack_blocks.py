"""A card as Slack's Block Kit blocks."""

from __future__ import annotations

import json
from collections.abc import Iterable

from alerts import slack_contract
from alerts.card import Card, Line, Piece
from alerts.cleaning import shorten
from alerts.model import Block, Priority
from alerts.slack_contract import escape

META = "meta"  # block_id of the context line under the headline
_BOUNDARY = "\u200b"  # lets bold begin or end inside a word
# Characters after escaping, which makes five of one &. Together they stay below the total of a message.
_SENTENCE = 2300
_COVERAGE = 2600
_NAME = 160
_TERMS = 300
_ORIGIN = 300  # the words that name the origin may stand last
_TITLE = 400
_LONGEST_LINK = 2000
_LONGEST_LINE_LINK = 600
_SIGNS = {Priority.LOW: "⚪", Priority.NORMAL: "🔵", Priority.HIGH: "🟠", Priority.CRITICAL: "🔴"}


def make_blocks(card: Card) -> tuple[Block, ...]:
    """Headline, context, why, warnings, coverage, link and footer, within Slack's limits."""
    headline = slack_contract.plain(shorten(card.headline, slack_contract.MAX_HEADER))
    blocks: list[Block] = [
        {
            "type": "header",
            "block_id": "headline",
            "text": {"type": "plain_text", "text": headline, "emoji": False},
        },
        _context(META, _meta(card)),
        _section("why", _why(card)),
    ]
    if warnings := _warnings(card):
        blocks.append(_section("beware", warnings))
    blocks += [
        _section("coverage", _coverage(card)),
        _section("link", _link(card)),
        _context("footer", [_footer(card)]),
    ]
    return tuple(blocks)


def fallback(card: Card) -> str:
    """One line for the notification and the screen reader, and the whole message if blocks are refused."""
    headline = escape(shorten(card.headline, slack_contract.MAX_HEADER))
    told = f"{card.priority.upper()} | {headline} ({_fit(card.source)}, first seen {card.first_seen})"
    return f"{told} {slack_contract.link(card.link, 'Read it')}" if card.link else told


def _fit(text: str, most: int = _NAME) -> str:
    """`text` escaped, shortened so far that it takes at most `most` characters of the message."""
    escaped = escape(text)
    while _size(escaped) > most:
        text = shorten(text, len(text) * 3 // 4)
        escaped = escape(text)
    return escaped


def _size(text: str) -> int:
    """Characters in the message, where JSON makes two of a quotation mark or backslash."""
    return len(json.dumps(text, ensure_ascii=False)) - 2


def _meta(card: Card) -> list[str]:
    return [
        f"{_SIGNS[card.priority]} *{card.priority.upper()}*  ·  Watch: *{_fit(card.watch)}*",
        f"First seen {card.first_seen} at {_fit(card.source)} ({_fit(card.kind)}, {_fit(card.language)})",
    ]


def _why(card: Card) -> str:
    marked = "".join(_mark(piece, card.pieces, at) for at, piece in enumerate(card.pieces)).strip()
    if _size(marked) > _SENTENCE:  # only a hostile sentence grows so much by escaping
        marked = _fit(card.sentence.strip(), _SENTENCE)
    quote = f"\n> {marked}" if marked else ""
    terms = _fit(", ".join(card.terms), _TERMS)
    found = f"Matched {terms} {card.where}." if terms else ""
    return f"*Why you got this*{quote}\n{found} {card.reason}".rstrip()


def _mark(piece: Piece, pieces: tuple[Piece, ...], at: int) -> str:
    """The piece as mrkdwn. Bold works only around text without outer blanks and next to no letter."""
    inner = piece.text.strip()
    if not piece.marked or not inner:
        return escape(piece.text)
    before = "" if at == 0 else pieces[at - 1].text[-1:]
    after = "" if at + 1 == len(pieces) else pieces[at + 1].text[:1]
    lead = piece.text[: len(piece.text) - len(piece.text.lstrip())]
    tail = piece.text[len(piece.text.rstrip()) :]
    opening = _BOUNDARY if not lead and before.isalnum() else ""
    closing = _BOUNDARY if not tail and after.isalnum() else ""
    return f"{lead}{opening}*{escape(inner)}*{closing}{tail}"


def _warnings(card: Card) -> str:
    told = []
    if card.is_state_media:
        told.append(f":warning: *State media.* A state controls what {_fit(card.source)} publishes.")
    if card.partial:
        told.append(f":page_facing_up: *Partial.* {_fit(card.partial)}")
    if card.after:
        told.append(f":link: {_fit(card.after, _ORIGIN)}")
    return "\n".join(told)


def _coverage(card: Card) -> str:
    head = f"*Who reports it, earliest first* (times in {card.zone})\n{card.summary}"
    if len(card.lines) == 1 and not card.more:
        return f"*Who reports it*\n{card.summary}"
    lines = list(_fitting((_line(line) for line in card.lines), _COVERAGE))
    more = card.more + len(card.lines) - len(lines)
    return "\n".join([head, *lines, *([f"and {more} more"] if more else [])])


def _fitting(lines: Iterable[str], budget: int) -> Iterable[str]:
    for line in lines:
        budget -= _size(line) + 2
        if budget < 0:
            return
        yield line


def _line(line: Line) -> str:
    title = _fit(line.title, _TITLE)
    if line.link and not line.is_this and _size(escape(line.link)) <= _LONGEST_LINE_LINK:
        title = slack_contract.link(line.link, shorten(line.title, 120))
    kind = f"*{line.kind}*" if line.is_state_media else _fit(line.kind)
    words = [title, _fit(line.source), kind, _fit(line.language), *([line.note] if line.note else [])]
    return f"{line.time}  {' · '.join(words)}{'  ← this alert' if line.is_this else ''}"


def _link(card: Card) -> str:
    if card.link and _size(escape(card.link)) <= _LONGEST_LINK:
        return f"*{slack_contract.link(card.link, f'Read it at {card.source}')}*"
    return f"No web link was given; the source's address reads: {_fit(card.address, _TERMS)}"


def _footer(card: Card) -> str:
    return (
        f"{card.published[0].upper()}{card.published[1:]}  ·  alert made {card.made}  ·  "
        f"watch {_fit(card.watch_id)}, version {_fit(card.version)}  ·  delivery {_fit(card.key)}"
    )


def _section(block_id: str, text: str) -> Block:
    return {"type": "section", "block_id": block_id, "text": mrkdwn(text)}


def _context(block_id: str, texts: list[str]) -> Block:
    return {"type": "context", "block_id": block_id, "elements": [mrkdwn(text) for text in texts]}


def mrkdwn(text: str) -> Block:
    """A text object in which Slack turns nothing into a link by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
