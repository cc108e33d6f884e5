"""Read the public preview of a Telegram channel, https://t.me/s/NAME.

The page has no documentation: the structure is that of pages which others saved until 2026. About twenty
messages, oldest first, counting every picture of an album; a missing channel is answered with status 200.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from scrapers import clean, dates, urls
from scrapers.article import FeedEntry
from scrapers.charset import decode
from scrapers.errors import FeedError
from scrapers.routes import feeds, telegram_text
from scrapers.routes.listed import Listed
from scrapers.routes.telegram_text import URL

_LARGEST = 5_000_000  # characters; a real page has 200,000
_KEY = re.compile(r"(\w{1,64})/(\d{1,15})")
_BEFORE = re.compile(r"[?&]before=(\d{1,15})")
_TEXTS = ("tgme_widget_message_text", "tgme_widget_message_poll_question", "tgme_widget_message_poll_option_text")
# Both show the text of another message or page, and with the same class names as one's own text.
_FOREIGN = {"tgme_widget_message_reply", "tgme_widget_message_link_preview", "tgme_widget_message_forwarded_from"}

_Found = Mapping[str, list[etree._Element]]  # noqa: SLF001 - lxml has no other name for it


def parse(body: bytes, url: str, channel: str, source: str) -> Listed:
    """The messages of one page in its order, oldest first, and the address of the page before.

    A message is its own article: it has no page, its text is the summary, and its URL is t.me/NAME/ID. The id
    holds the number of the channel where the page tells it, because channels are renamed. An edited message
    keeps id and time and has another text. Left out are messages without a word, such as bare pictures, and
    service messages. Raises FeedError that says why there is no preview.
    """
    text = decode(body, "text/html; charset=utf-8")[:_LARGEST]
    tree = _tree(text)
    if tree is None:
        raise FeedError(f"expected the preview of the channel {channel}, found an empty answer")
    found = _by_class(tree)
    messages = [element for element in found.get("tgme_widget_message", ()) if element.get("data-post")]
    if not messages and not {"tgme_channel_history", "tgme_channel_info"} & found.keys():
        raise FeedError(_missing(found, text, channel))
    entries = [_entry(message, source) for message in messages]
    return Listed(tuple(entry for entry in entries if entry), _older(tree, found, url))


def _tree(text: str) -> etree._Element | None:
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        return None


def _entry(message: etree._Element, source: str) -> FeedEntry | None:
    named = _KEY.fullmatch(message.get("data-post") or "")
    if not named or "service_message" in _classes(message):
        return None
    found = _by_class(message)
    lines = [telegram_text.lines(part) for part in _own_texts(message, found)]
    own = telegram_text.without_footer("\n\n".join(lines))
    preview = next(iter(found.get("tgme_widget_message_link_preview", ())), None)
    links = [(preview.get("href") or "") if preview is not None else "", *URL.findall(own)]
    link = "" if telegram_text.has_words(own) else next(filter(None, links), "")
    if not own or not (link or telegram_text.has_words(own)):
        return None
    title = _first_text(found, "link_preview_title") if link else ""
    forwards = (element.get("href") for element in found.get("tgme_widget_message_forwarded_from_name", ()))
    origin = next(filter(None, forwards), "") or link
    entry = FeedEntry(
        source=source,
        url=f"https://t.me/{named[0]}",
        id=f"{_number(message) or named[1]}/{named[2]}",
        title=title or telegram_text.title(own),
        summary=own,
        published=_time(found),
        has_page=False,
        credit=clean.address(origin) if urls.is_web(origin) else "",
    )
    return clean.entry(entry)


def _own_texts(message: etree._Element, found: _Found) -> Iterator[etree._Element]:
    """The elements with text of this very message; an album wraps its text in two of the same kind."""
    for element in (element for name in _TEXTS for element in found.get(name, ())):
        around: set[str] = set()
        parent = element.getparent()
        while parent is not None and parent is not message:
            around.update(_classes(parent))
            parent = parent.getparent()
        if not around & _FOREIGN and not around.intersection(_TEXTS):
            yield element


def _first_text(found: _Found, name: str) -> str:
    return next((clean.line("".join(map(str, element.itertext()))) for element in found.get(name, ())), "")


def _number(message: etree._Element) -> str:
    """The number of the channel, from the token of the view counter: base64 of JSON."""
    token = (message.get("data-view") or "").replace("+", "-").replace("/", "_")
    try:
        told = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (ValueError, RecursionError):
        return ""
    number = told.get("c") if isinstance(told, dict) else None
    return str(abs(number)) if isinstance(number, int) and number else ""


def _time(found: _Found) -> datetime | None:
    """When the message appeared; a video has a <time> of its own, which is its length."""
    stamps = [*found.get("tgme_widget_message_date", ()), *found.get("tgme_widget_message_meta", ())]
    for stamp in stamps:
        for clock in stamp.iter("time"):
            if when := dates.parse(clock.get("datetime") or ""):
                return dates.to_utc(when)
    return None


def _older(tree: etree._Element, found: _Found, url: str) -> tuple[str, ...]:
    """The page before this one, which the button at the top and the head of the page name."""
    buttons = found.get("tme_messages_more", ())
    marks = [f"?before={button.get('data-before')}" for button in buttons]
    heads = [link for link in tree.iter("link") if (link.get("rel") or "").lower() == "prev"]
    for told in (*marks, *(element.get("href") or "" for element in (*buttons, *heads))):
        if number := _BEFORE.search(told):
            return (urljoin(url, f"?before={number[1]}"),)
    return ()


def _missing(found: _Found, text: str, channel: str) -> str:
    """Why there is no preview, by the page that Telegram shows instead."""
    counted = _first_text(found, "tgme_page_extra").lower()
    if re.search(r"subscriber|підписник|подписчик", counted):
        return f"the channel {channel} shows no public preview: it is switched off"
    if re.search(r"member|учасник|участник", counted):
        return f"{channel} is a group, and groups have no public preview"
    if re.search(r"tg://join\b|/joinchat/", text):
        return f"{channel} is private: Telegram shows an invitation"
    if "tgme_page" in found:
        return f"no public channel is called {channel}"
    return f"expected the preview of the channel {channel}, which is missing or private; found {feeds.described(text)}"


def _by_class(tree: etree._Element) -> _Found:
    """What stands below `tree`, in page order, by each of its classes."""
    found: dict[str, list[etree._Element]] = {}
    for element in tree.iterdescendants(etree.Element):
        for name in _classes(element):
            found.setdefault(name, []).append(element)
    return found


def _classes(element: etree._Element) -> list[str]:
    return (element.get("class") or "").split()
