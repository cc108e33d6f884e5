"""Pieces of Slack's Block Kit that hold what outlets wrote, escaped and within a budget."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from alerts import slack_contract
from alerts.cards.deeds import Deed
from alerts.cards.excerpt import Piece
from alerts.cleaning import shorten
from alerts.model import Block
from alerts.slack_contract import escape

META = "meta"  # block_id of the context line under the headline
NAME = 160  # characters after escaping, which makes five of one &
LONGEST_LINK = 2000
LONGEST_LINE_LINK = 600
_BOUNDARY = "\u200b"  # lets bold begin or end inside a word


def fit(text: str, most: int = NAME) -> str:
    """`text` escaped, shortened so far that it takes at most `most` characters of the message."""
    escaped = escape(text)
    while size(escaped) > most:
        text = shorten(text, len(text) * 3 // 4)
        escaped = escape(text)
    return escaped


def size(text: str) -> int:
    """Characters in the message, where JSON makes two of a quotation mark or backslash."""
    return len(json.dumps(text, ensure_ascii=False)) - 2


def fitting(lines: Iterable[str], budget: int) -> Iterator[str]:
    """As many lines as fit."""
    for line in lines:
        budget -= size(line) + 2
        if budget < 0:
            return
        yield line


def marked(pieces: tuple[Piece, ...], most: int) -> str:
    """A sentence with its marks in bold; without them when escaping makes it too long."""
    told = "".join(_mark(piece, pieces, at) for at, piece in enumerate(pieces)).strip()
    return told if size(told) <= most else fit("".join(piece.text for piece in pieces).strip(), most)


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


def link_or(title: str, link: str | None, most: int, longest: int = LONGEST_LINE_LINK) -> str:
    """`title` as a link where it has one that is short enough."""
    if link and size(escape(link)) <= longest:
        return slack_contract.link(link, shorten(title, 120))
    return fit(title, most)


def deeds(found: Iterable[Deed]) -> str:
    """What can be done, as links in one line, or as a command each."""
    listed = list(found)
    if all(deed.link for deed in listed):
        return "  ·  ".join(slack_contract.link(deed.link or "", deed.label) for deed in listed)
    return "\n".join(f"{deed.label}: {code(deed.command)}" for deed in listed)


def code(text: str) -> str:
    """A command that can be copied as it stands; what would end the code is replaced."""
    return f"`{text.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;').replace('`', chr(0x2CB))}`"


def header(text: str) -> Block:
    """The first block."""
    shown = slack_contract.plain(shorten(text, slack_contract.MAX_HEADER))
    return {"type": "header", "block_id": "headline", "text": {"type": "plain_text", "text": shown, "emoji": False}}


def section(block_id: str, text: str) -> Block:
    """A paragraph."""
    return {"type": "section", "block_id": block_id, "text": mrkdwn(text)}


def context(block_id: str, texts: list[str]) -> Block:
    """Small print."""
    return {"type": "context", "block_id": block_id, "elements": [mrkdwn(text) for text in texts]}


def mrkdwn(text: str) -> Block:
    """A text object in which Slack turns nothing into a link by itself."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
