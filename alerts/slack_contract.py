"""What Slack takes: its limits and its text escaping, for the sender and for the stand-in alike.

Limits: Slack's Block Kit reference. The total is documented nowhere; Slack was seen to answer
msg_blocks_too_long at about 13,200 characters (slackapi/bolt-js issue 2509), so ours is 12,000.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_TOTAL = 12_000
MAX_HEADER = 150
MAX_SECTION = 3000
MAX_FIELDS = 10
MAX_FIELD = 2000
MAX_CONTEXT = 10
MAX_ACTIONS = 25
MAX_BUTTON = 75
MAX_URL = 3000
MAX_VALUE = 2000
MAX_ID = 255

# A backslash does not escape these in Slack's mrkdwn, and an invisible character beside them can even
# switch formatting on; a look-alike cannot.
_LOOKALIKES = str.maketrans({"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"})
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
_QUOTE = re.compile(r"^>(?:>>)? ?", re.MULTILINE)  # Slack's own sign of a quotation
_ANGLE = re.compile(r"<([^<>]*)>")


def escape(text: str) -> str:
    """`text` as mrkdwn that shows it and does nothing: no link, no mention, no formatting."""
    marked = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return marked.translate(_LOOKALIKES)


def plain(text: str) -> str:
    """`text` for a plain_text object, which Slack does not parse; angle brackets still go, to be sure."""
    return text.replace("<", "\u2039").replace(">", "\u203a")


def link(url: str, label: str) -> str:
    """A mrkdwn link. `url` comes from `cleaning.web_link`; `label` may be any cleaned text."""
    return f"<{url.replace('&', '&amp;').replace('|', '%7C')}|{escape(label).replace('|', chr(0xA6))}>"


def check(payload: Mapping[str, object]) -> list[str]:
    """Everything in `payload` that Slack would refuse, or that would page people or mislead them.

    Each problem starts with the name of Slack's error. Never raises, whatever the JSON holds.
    """
    text, blocks = payload.get("text", ""), payload.get("blocks", [])
    if isinstance(text, str) and text.strip():
        problems = _mrkdwn("text", text, MAX_TEXT)
    else:
        problems = ["no_text: `text` is missing; notifications and screen readers show only that"]
    if not isinstance(blocks, list | tuple):
        return [*problems, "invalid_blocks: `blocks` is not a list"]
    if len(blocks) > MAX_BLOCKS:
        problems.append(f"invalid_blocks: {len(blocks)} blocks, Slack takes {MAX_BLOCKS}")
    total = len(json.dumps(blocks, ensure_ascii=False, default=str))
    if total > MAX_TOTAL:
        problems.append(f"msg_blocks_too_long: {total} characters of blocks, the budget is {MAX_TOTAL}")
    problems += _unique("block_id", blocks)
    for number, block in enumerate(blocks):
        problems += _block(f"blocks[{number}]", block)
    return problems


def _block(where: str, block: object) -> list[str]:
    kind = block.get("type") if isinstance(block, Mapping) else None
    if not isinstance(block, Mapping) or kind not in ("header", "section", "context", "actions", "divider"):
        return [f"invalid_blocks: {where} is not a header, section, context, actions or divider"]
    if kind == "header":
        return _text(where, block.get("text"), MAX_HEADER, ("plain_text",))
    if kind == "section":
        problems = [] if {"text", "fields"} & block.keys() else [f"invalid_blocks: {where} is empty"]
        if "text" in block:
            problems += _text(where, block["text"], MAX_SECTION)
        if "fields" in block:
            problems += _each(where, block["fields"], MAX_FIELDS, lambda at, it: _text(at, it, MAX_FIELD))
        return problems
    if kind == "context":
        return _each(where, block.get("elements"), MAX_CONTEXT, lambda at, it: _text(at, it, MAX_SECTION))
    if kind == "actions":
        buttons = block.get("elements")
        return _each(where, buttons, MAX_ACTIONS, _button) + _unique("action_id", buttons)
    return []


def _each(where: str, listed: object, most: int, judge: Callable[[str, object], list[str]]) -> list[str]:
    if not isinstance(listed, list | tuple) or not 1 <= len(listed) <= most:
        return [f"invalid_blocks: {where} needs a list of 1 to {most} elements"]
    return [problem for n, element in enumerate(listed) for problem in judge(f"{where}[{n}]", element)]


def _button(where: str, button: object) -> list[str]:
    if not isinstance(button, Mapping) or button.get("type") != "button":
        return [f"invalid_blocks: {where} is not a button"]
    problems = _text(where, button.get("text"), MAX_BUTTON, ("plain_text",))
    if "url" in button:
        problems += _url(where, button["url"])
    if len(str(button.get("value", ""))) > MAX_VALUE:
        problems.append(f"invalid_blocks: the value of {where} is longer than {MAX_VALUE}")
    return problems


def _text(where: str, text: object, most: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")) -> list[str]:
    written = text.get("text") if isinstance(text, Mapping) else None
    if not isinstance(text, Mapping) or text.get("type") not in kinds or not isinstance(written, str):
        return [f"invalid_blocks: {where} needs a text object of type {' or '.join(kinds)}"]
    if not written.strip():
        return [f"invalid_blocks: {where} is empty"]
    if text["type"] == "mrkdwn":
        return _mrkdwn(where, written, most)
    return _length(where, written, most)


def _mrkdwn(where: str, text: str, most: int) -> list[str]:
    problems = _length(where, text, most)
    if _ENTITY.search(text):
        problems.append(f"unescaped: a bare & in {where}")
    for inside in _ANGLE.findall(text):
        problems += _url(where, inside.split("|", 1)[0].replace("&amp;", "&"))
    if re.search("[<>]", _QUOTE.sub("", _ANGLE.sub("", text))):
        problems.append(f"unescaped: a bare angle bracket in {where}")
    return problems


def _length(where: str, text: str, most: int) -> list[str]:
    return [f"too_long: {where} has {len(text)} characters, Slack takes {most}"] if len(text) > most else []


def _url(where: str, url: object) -> list[str]:
    """Also finds <!channel> and <@U123>: they are no addresses."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return [f"invalid_url: {where} points at something that is not an http or https address"]
    if len(str(url)) > MAX_URL:
        return [f"invalid_url: an address in {where} is longer than {MAX_URL}"]
    return []


def _unique(name: str, listed: object) -> list[str]:
    held = [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list | tuple) else []
    ids = [str(entry[name]) for entry in held if name in entry]
    problems = [f"invalid_blocks: {name} `{i}` is used twice" for i in dict.fromkeys(ids) if ids.count(i) > 1]
    return problems + [f"invalid_blocks: a {name} is longer than {MAX_ID}" for i in ids if len(i) > MAX_ID]
