"""What outlets write is inert in every kind of message: it is shown, and does nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from alerts.cleaning import clean_text
from alerts.destinations import Destination
from alerts.links import Links
from alerts.model import (
    Alert,
    Change,
    Decision,
    DigestContent,
    Excerpt,
    Message,
    News,
    Notice,
    Silence,
    Update,
)
from alerts.rendering import render, render_digest, render_notice, render_update
from alerts.slack_contract import check
from tests.builders_alerts import HOSTILE, HOSTILE_URLS, KEY, NOW, READERS, make_alert, make_coverage, make_other

LINKS = Links("https://alerts.example.org", "a secret of thirty-two characters")
KINDS = ("alert", "update", "digest", "storm", "notice")
INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2060\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
OURS = ("https://alerts.example.org/", "https://a.example/", "https://b.example/", "https://www.ukrinform.ua/")


def hostile_alert(title: str, url: str = "") -> Alert:
    address = {"url": url} if url else {}
    return make_alert(
        article=make_coverage(
            title=title, source=title, kind=title, language=title, after=title, phrase=title, **address
        ),
        watch=title, watch_name=title, version=title, terms=(title, title), note=title, archived=NOW,
        excerpt=Excerpt(title, ((0, max(1, len(title) // 2)),)),
        coverage=(
            make_other(5, title, title, url=url + "/1" if url else "https://a.example/1", after=title),
            make_other(6, "Other", title, kind=title, url="https://b.example/2"),
        ),
    )  # fmt: skip


def message(kind: str, title: str, destination: Destination, url: str = "", links: Links | None = LINKS) -> Message:
    alert = hostile_alert(title, url)
    if kind == "alert":
        return render(alert, destination, KEY, NOW, links)
    if kind == "update":
        changes = (
            Change(News.CORRECTION, alert.article, f"before {title}", f"after {title}"),
            Change(News.CORRECTION, alert.article, title, "other words"),
            Change(News.OFFICIAL, alert.coverage[0]),
            Change(News.DELETION, alert.article),
        )
        return render_update(Update(alert, changes, 4, 2), destination, KEY, NOW, links)
    if kind == "notice":
        return render_notice(Notice(title, title, (title, title), NOW), destination, KEY, NOW)
    why = Decision.THROTTLED if kind == "storm" else Decision.DIGEST
    other = replace(alert, watch="other", watch_name="Other")
    silences = (Silence(title, NOW, title),)
    content = DigestContent(title, NOW - timedelta(days=1), NOW, (alert, other), why, title, 3, silences, (title,))
    return render_digest(content, destination, KEY, NOW, links)


def parsed(told: Message) -> BeautifulSoup:
    return BeautifulSoup(told.html, "html.parser")


def shape(told: Message) -> list[tuple[str, tuple[str, ...]]]:
    """Elements with the names of their attributes; marks, and what shows a difference, vary with the words."""
    loose = {"mark", "ins", "del", "br"}
    tags = [tag for tag in parsed(told).select("*") if tag.name not in loose]
    return [(tag.name, tuple(sorted(name for name in tag.attrs if name != "lang"))) for tag in tags]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", [title for title in HOSTILE if len(clean_text(title)) > 1])
def test_the_html_has_the_elements_of_a_harmless_message(kind: str, title: str) -> None:
    told, usual = message(kind, title, READERS["editor"]), message(kind, "usual words", READERS["editor"])
    assert shape(told) == shape(usual)
    assert not INVISIBLE.search(told.html)
    assert all(str(tag["href"]).startswith(OURS) for tag in parsed(told).select("[href]"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", HOSTILE)
def test_the_text_and_the_headers_stay_in_form(kind: str, title: str) -> None:
    told, usual = message(kind, title, READERS["editor"]), message(kind, "usual words", READERS["editor"])
    assert not INVISIBLE.search(told.text.replace("\n", "").replace("\u200d", ""))
    links = [line.strip() for line in told.text.splitlines() if line.strip().startswith("https://")]
    assert all(line.startswith(OURS) for line in links if " " not in line and line not in clean_text(title))
    assert max(len(line) for line in told.text.splitlines() if "https://" not in line) <= 78
    assert told.headers.keys() == usual.headers.keys()
    for name, value in told.headers.items():
        assert not INVISIBLE.search(value.replace("\u200d", "")), name
    assert not INVISIBLE.search(told.subject.replace("\u200d", ""))


@dataclass(frozen=True)
class Token:
    """A piece of mrkdwn as Slack reads it."""

    kind: str
    text: str


def tokens(text: str) -> Iterator[Token]:
    """Written after Slack's description of mrkdwn, independent of the code that escapes."""
    rules = [
        ("code", r"`[^`\n]+`"),
        ("mention", r"<[!@#][^<>]*>"),
        ("link", r"<[^<>]*>"),
        ("entity", r"&(?:amp|lt|gt);"),
        ("bold", r"\*(?=\S)[^*\n]+(?<=\S)\*"),
        ("italic", r"(?<!\w)_(?=\S)[^_\n]+(?<=\S)_(?!\w)"),
        ("strike", r"~(?=\S)[^~\n]+(?<=\S)~"),
        ("quote", r"^>[ ]?"),
        ("angle", r"[<>]"),
    ]
    pattern = "|".join(f"(?P<{name}>{rule})" for name, rule in rules)
    for found in re.finditer(pattern, text, re.MULTILINE):
        yield Token(str(found.lastgroup), found[0])


def texts(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [str(node["text"])] if node.get("type") == "mrkdwn" else []
        return own + [found for part in node.values() for found in texts(part)]
    return [found for part in node for found in texts(part)] if isinstance(node, list | tuple) else []


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("title", HOSTILE)
def test_slack_reads_only_our_links_and_our_formatting(kind: str, title: str) -> None:
    for links in (LINKS, None):
        told = message(kind, title, READERS["desk"], links=links)
        assert check({"text": told.text, "blocks": list(told.blocks)}) == []
        usual: dict[str, int] = {}
        for text in [message(kind, "usual words", READERS["desk"], links=links)]:
            usual = counted([*texts(text.blocks), text.text])
        found = [token for text in [*texts(told.blocks), told.text] for token in tokens(text)]
        assert not [token for token in found if token.kind in ("mention", "angle", "italic")]
        assert all(token.text[1:].startswith(OURS) for token in found if token.kind == "link")
        assert all(token.text.startswith(("`varta ", "`varta")) for token in found if token.kind == "code")
        held = counted([*texts(told.blocks), told.text])
        assert all(held.get(name, 0) <= usual.get(name, 0) + 6 for name in ("bold", "strike", "quote"))


def counted(found: list[str]) -> dict[str, int]:
    kinds = [token.kind for text in found for token in tokens(text)]
    return {kind: kinds.count(kind) for kind in kinds}


@pytest.mark.parametrize("kind", ["alert", "update", "digest"])
@pytest.mark.parametrize("url", [url for url in HOSTILE_URLS if url])
def test_an_address_that_is_no_web_link_is_no_link_in_any_message(kind: str, url: str) -> None:
    told: Any = message(kind, "usual words", READERS["editor"], url)
    for tag in parsed(told).select("[href]"):
        assert str(tag["href"]).startswith(OURS)
    slack = message(kind, "usual words", READERS["desk"], url)
    links = [token.text for text in texts(slack.blocks) for token in tokens(text) if token.kind == "link"]
    assert all(link[1:].startswith(OURS) for link in links)
    assert check({"text": slack.text, "blocks": list(slack.blocks)}) == []


def test_the_corpus_is_large() -> None:
    assert len(HOSTILE) >= 60
    assert len(set(HOSTILE)) == len(HOSTILE)
