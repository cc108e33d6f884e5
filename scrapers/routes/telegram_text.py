"""Turn the markup of a message in a channel into its text, without what channels put under every message."""

from __future__ import annotations

import re

from lxml import etree

from scrapers import clean

URL = re.compile(r"https?://[^\s<>\"«»]+")
_ADDRESS = re.compile(r"(?<![\w@.-])[\w-]+(?:\.[\w-]+)+/\S*")  # as people write one, without scheme
_LONGEST = 10_000  # characters of one message; Telegram allows 4096
_LONGEST_TITLE = 120
_LONGEST_CALL = 120  # characters of a line that asks to subscribe
_BLOCKS = {"div", "p", "blockquote", "pre", "li", "ul", "ol", "h1", "h2", "h3", "h4"}
_HIDDEN = {"script", "style", "svg", "video", "audio"}
_OPEN, _CLOSE = "\ue000", "\ue001"  # around words that link to a channel or network; of private use, no text has them
_MARKED = re.compile(f"{_OPEN}[^{_OPEN}{_CLOSE}]*{_CLOSE}")
_NETWORK = re.compile(
    r"\?q=%23|(?:https?://|tg://)(?:[\w-]+\.)*?"
    r"(?:t\.me|telegram\.me|telegram\.org|resolve|join|facebook\.com|fb\.com|instagram\.com|youtube\.com|youtu\.be"
    r"|twitter\.com|x\.com|tiktok\.com|viber\.com|whatsapp\.com|threads\.net|threads\.com|vk\.com|ok\.ru|rutube\.ru"
    r"|max\.ru|dzen\.ru|bsky\.app|linkedin\.com|patreon\.com|monobank\.ua)(?:[/?]|$)",
    re.IGNORECASE,
)
_TAGS = re.compile(r"(?<!\w)[#@]\w+|(?:https?://)?(?:t|telegram)\.me/\S+")
_CALL = re.compile(
    r"(?:підпис(?:ати?ся|атись|уйтеся|уйтесь|уйся)|підпиш(?:іться|ись)|долуча(?:йтеся|йтесь)|приєдн(?:уйтеся|уйтесь|атися)"
    r"|подпис(?:аться|ывайтесь|ывайся)|подпиш(?:итесь|ись)|присоедин(?:яйтесь|иться)|надіслати новину|прислать новость"
    r"|subscribe\b|follow us\b|join(?: us\b| our\b| the channel\b| @|\W*$))",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[|•·│▪]")
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE = re.compile(r"(.{20,}?(?:(?<=\w{3})|(?<=[»”\")]))[.!?…]+)(?=\s+[^\sa-zа-яіїєґ])")


def lines(element: etree._Element) -> str:
    """The text in `element`, a line for each line of the message, and a blank one between paragraphs.

    Words that link to a channel or a social network stay marked until `without_footer` has seen them.
    """
    parts: list[str] = []
    hidden = 0
    for event, found in etree.iterwalk(element, events=("start", "end")):
        tag, is_start = found.tag, event == "start"
        if tag in _HIDDEN:
            hidden += 1 if is_start else -1
        elif not hidden:
            if tag in _BLOCKS or (tag == "br" and is_start):
                parts.append("\n")
            elif tag == "a" and _NETWORK.match(found.get("href") or ""):
                parts.append(_OPEN if is_start else _CLOSE)
            parts.append(_spaced(found.text) if is_start else "")
        if not is_start and not hidden and found is not element:
            parts.append(_spaced(found.tail))
    return clean.text(re.sub(f"{_OPEN}\\s*{_CLOSE}", "", _tidy("".join(parts)[: 2 * _LONGEST])))


def without_footer(text: str) -> str:
    """`text` without the last lines that only lead to channels, and without marks.

    Such lines hold nothing but dashes, tags, handles, links to networks, or an invitation to subscribe. They
    change for all messages at once, and a term that they hold would be found in every one.
    """
    kept = text.split("\n")
    while kept and _is_footer(kept[-1]):
        kept.pop()
    plain = _tidy(re.sub(f"[{_OPEN}{_CLOSE}]", "", "\n".join(kept)))
    return (plain if has_words(plain) else _tidy(re.sub(f"[{_OPEN}{_CLOSE}]", "", text)))[:_LONGEST]


def title(text: str) -> str:
    """The first line that says something, cut after its first sentence or a word where it is too long."""
    told = (line for line in text.split("\n") if has_words(line))
    line = clean.line(next(told, text))
    if len(line) <= _LONGEST_TITLE:
        return line
    if sentence := _SENTENCE.match(line[: _LONGEST_TITLE + 2]):
        return sentence[1]
    head = line[: _LONGEST_TITLE - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:—–-") + " …"


def has_words(text: str) -> bool:
    """Whether anything is said besides addresses, tags and handles."""
    return bool(_LETTER.search(_ADDRESS.sub("", _TAGS.sub("", URL.sub("", text)))))


def _is_footer(line: str) -> bool:
    left = _TAGS.sub("", _MARKED.sub("", line))
    if not re.search(r"[^\W_]", left):
        return True
    plain = re.sub(f"[{_OPEN}{_CLOSE}]", "", line)
    parts = [re.sub(r"^[\W_]+", "", part) for part in _PARTS.split(plain)]
    return len(plain) <= _LONGEST_CALL and any(_CALL.match(part) for part in parts)


def _spaced(text: str | None) -> str:
    """What stands in the source of a page breaks no line."""
    return text.replace("\n", " ").replace(_OPEN, " ").replace(_CLOSE, " ") if text else ""


def _tidy(text: str) -> str:
    """Single spaces, no spaces at the ends of lines, at most one blank line."""
    told = "\n".join(" ".join(line.split()) for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", told).strip("\n")
