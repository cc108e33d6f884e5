"""Show Slack's blocks as HTML, well enough to judge an alert by eye."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

_LINK = re.compile(r"&lt;(https?://[^|&]*(?:&amp;[^|&]*)*)\|([^&]*(?:&(?!gt;)[^&]*)*)&gt;")
_DATE = re.compile(r"&lt;!date\^\d+\^[^|]*\|([^&]*)&gt;")


def to_html(blocks: Sequence[dict[str, Any]]) -> Markup:
    """The blocks of one message."""
    return Markup("").join(_block(block) for block in blocks)


def _block(block: dict[str, Any]) -> Markup:
    kind = block["type"]
    if kind == "header":
        return Markup("<h3>{}</h3>").format(block["text"]["text"])
    if kind == "divider":
        return Markup("<hr>")
    if kind == "context":
        return Markup('<p class="context">{}</p>').format(Markup(" ").join(map(_text, block["elements"])))
    if kind == "actions":
        links = (
            Markup('<a class="button" href="{}">{}</a>').format(one.get("url", "#"), one["text"]["text"])
            for one in block["elements"]
        )
        return Markup('<p class="actions">{}</p>').format(Markup(" ").join(links))
    parts = [block["text"]] if "text" in block else []
    shown = Markup("<br>").join(_text(part) for part in [*parts, *block.get("fields", [])])
    return Markup("<p>{}</p>").format(shown)


def _text(part: dict[str, Any]) -> Markup:
    if part["type"] == "plain_text":
        return Markup("{}").format(part["text"])
    # mrkdwn has &, < and > escaped already: unescape once, then escape everything for HTML
    shown = html.escape(part["text"], quote=False).replace("&amp;amp;", "&amp;")
    shown = shown.replace("&amp;lt;", "&lt;\u200b").replace("&amp;gt;", "\u200b&gt;")
    shown = _DATE.sub(r"\1", shown)
    shown = _LINK.sub(lambda m: f'<a href="{html.escape(html.unescape(m[1]))}">{m[2]}</a>', shown)
    shown = re.sub(r"(?<!\w)\*([^*\n]+)\*(?!\w)", r"<b>\1</b>", shown)
    shown = re.sub(r"(?<!\w)_([^_\n]+)_(?!\w)", r"<i>\1</i>", shown)
    shown = re.sub(r"~([^~\n]+)~", r"<s>\1</s>", shown)
    shown = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", shown)
    lines = [
        f"<q>{line.removeprefix('&gt;').strip()}</q>" if line.startswith("&gt;") else line for line in shown.split("\n")
    ]
    whole = (
        "<br>".join(lines).replace("</q><br>", "</q>").replace("<br><q>", "<q>")
    )  # a quotation has a line of its own
    return Markup(whole)  # noqa: S704 - escaped above
