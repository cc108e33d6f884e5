"""Blocks cut to what Slack takes, so that a message too long loses its end and not its looks (pure)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from alerts.cleaning import shorten
from alerts.model import Block
from alerts.slack_contract import MAX_BLOCKS, MAX_HEADER, MAX_SECTION, MAX_TOTAL, check

_NOTE = 200  # characters that the note on what is missing may take


def fit(blocks: Sequence[Block]) -> list[Block]:
    """`blocks` as they are when Slack takes them, else their beginning and a note on how many parts are missing.

    A text that is too long is shortened; a block that cannot be mended is left out. Empty when nothing is left.
    """
    if not check({"text": "-", "blocks": list(blocks)}):
        return list(blocks)
    kept: list[Block] = []
    for block in blocks:
        mended = block if _is_taken([block]) else _shortened(block)
        if _is_taken([*kept, mended]) and len(kept) < MAX_BLOCKS - 1 and _size([*kept, mended]) <= MAX_TOTAL - _NOTE:
            kept.append(mended)
    if missing := len(blocks) - len(kept):
        note = f"{missing} parts of this message are more than Slack takes."
        kept.append({"type": "context", "elements": [{"type": "plain_text", "text": note}]})
    return kept if len(kept) > 1 and _is_taken(kept) else []


def _is_taken(blocks: Sequence[Block]) -> bool:
    return not check({"text": "-", "blocks": list(blocks)})


def _size(blocks: Sequence[Block]) -> int:
    return len(json.dumps(blocks, ensure_ascii=False, default=str))


def _shortened(block: Block) -> Block:
    text, kind = block.get("text"), block.get("type")
    if isinstance(text, dict) and isinstance(text.get("text"), str):
        most = MAX_HEADER if kind == "header" else MAX_SECTION
        return block | {"text": text | {"text": shorten(text["text"], most)}}
    return block
