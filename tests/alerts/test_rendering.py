from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from alerts.cards.phrases import KINDS
from alerts.cleaning import clean_text, shorten, web_link
from alerts.destinations import Destination, EmailTarget, SlackTarget
from alerts.model import Alert, Decision, Excerpt, Field, Message, Priority
from alerts.rendering import render
from alerts.slack_contract import check
from scrapers.article import Cut
from scrapers.source import SourceKind
from tests.builders_alerts import (
    DESK,
    EDITOR,
    HOSTILE,
    HOSTILE_URLS,
    KEY,
    NOW,
    make_alert,
    make_coverage,
    make_excerpt,
    make_other,
)

INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]")


def mail(alert: Alert | None = None, **changes: Any) -> Message:
    return render(alert or make_alert(**changes), EDITOR, KEY, NOW)


def slack(alert: Alert | None = None, **changes: Any) -> Message:
    return render(alert or make_alert(**changes), DESK, KEY, NOW)


def page(message: Message) -> BeautifulSoup:
    return BeautifulSoup(message.html, "html.parser")


def words(message: Message) -> str:
    """The HTML part as a reader sees it, with single blanks."""
    body = page(message).body
    assert body is not None
    return " ".join(body.get_text(" ").split())


def mrkdwn(message: Message) -> str:
    return "\n".join(found for block in message.blocks for found in texts(block))


def texts(node: object) -> list[str]:
    if isinstance(node, dict):
        return [node["text"]] if isinstance(node.get("text"), str) else [t for n in node.values() for t in texts(n)]
    return [t for n in node for t in texts(n)] if isinstance(node, list) else []


def covered() -> Alert:
    return make_alert(
        coverage=(
            make_other(2, "Mirror", "A copy", independent=False),
            make_other(30, "TASS", "Рютте назвал условия", kind="state-media", language="ru"),
            make_other(60 * 20, "Defense News", "What guarantees could look like", kind="trade"),
        )
    )


# What a reader is told, in order


@pytest.mark.parametrize("told", [mail(covered()).text, words(mail(covered())), mrkdwn(slack(covered()))])
def test_headline_why_and_coverage_come_in_the_order_of_need(told: str) -> None:
    flat = re.sub(r"\s+>? ?", " ", told.partition("First seen")[2])
    wanted = [
        "Ukrinform", "Виступаючи у Брюсселі", "atched", "Defense News",
        "TASS", "Mirror", KEY,
    ]  # fmt: skip
    places = [flat.lower().index(word.lower()) for word in wanted]
    assert places == sorted(places)


@pytest.mark.parametrize("told", [mail(covered()).text, words(mail(covered())), mrkdwn(slack(covered()))])
@pytest.mark.parametrize(
    "fact",
    [
        "HIGH", "NATO leadership on Ukraine", "First seen 23 Nov 2026, 14:02 Kyiv", "Ukrinform",
        "news agency", "Ukrainian", "Марк Рютте, гарантії безпеки, України", "in the headline and the text",
        "Published 23 Nov 2026, 13:58 Kyiv, 4 min before we saw it", "lert made 23 Nov 2026, 14:03 Kyiv",
        "4 articles from 4 sources in 3 languages: 3 independent texts, 1 copy; among them 1 state media",
        "22 Nov 18:03", "13:33", "14:01",
        "irst alert of this watch on this story", "nato-on-ukraine, version 7", "state media",
        "copy or same publisher", "own text",
        "Acknowledge", "Mute this story for 24 h", "Not relevant",
    ],
)  # fmt: skip
def test_every_fact_is_told(told: str, fact: str) -> None:
    assert fact.lower().replace(" ", "") in re.sub(r"[\s>*]", "", told).lower()


def test_the_subject_is_the_priority_and_the_headline() -> None:
    assert mail(priority=Priority.CRITICAL).subject == "[CRITICAL] Рютте назвав дві умови безпеки для України"


def test_terms_are_marked_in_every_form() -> None:
    marked = [mark.get_text() for mark in page(mail()).find_all("mark")]
    assert marked == ["Марк Рютте", "гарантії безпеки", "України"]
    assert "НАТО [Марк Рютте] назвав" in mail().text
    assert "НАТО *Марк Рютте* назвав" in mrkdwn(slack())


def test_bold_begins_and_ends_inside_a_word() -> None:
    excerpt = Excerpt("постНАТОвський", ((4, 8),))
    assert "пост\u200b*НАТО*\u200bвський" in mrkdwn(slack(excerpt=excerpt))


@pytest.mark.parametrize(
    "marks",
    [((0, 3), (2, 5)), ((4, 2),), ((-5, 3),), ((100, 200),), ((5, 9), (0, 2)), ((0, 0),), ((0, 10**9),)],
)
def test_strange_marks_lose_no_text(marks: tuple[tuple[int, int], ...]) -> None:
    excerpt = Excerpt("Armed forces", marks)
    quote = page(mail(excerpt=excerpt)).select_one(".quote")
    assert quote is not None
    assert quote.get_text() == "Armed forces"


def test_a_long_sentence_is_cut_around_its_first_mark() -> None:
    sentence = "a " * 2000 + "Rutte" + " b" * 2000
    message = slack(excerpt=make_excerpt(sentence, "Rutte"))
    assert "*Rutte*" in mrkdwn(message)
    assert check({"text": message.text, "blocks": list(message.blocks)}) == []


def test_an_alert_without_a_sentence_still_says_why() -> None:
    alert = make_alert(excerpt=Excerpt(""))
    assert page(mail(alert)).select_one(".quote") is None
    assert "Matched" in mrkdwn(slack(alert))


def test_a_match_in_the_headline_is_called_so() -> None:
    excerpt = make_excerpt("Рютте назвав дві умови", "Рютте", field=Field.TITLE)
    assert "in the headline." in mrkdwn(slack(excerpt=excerpt))


def test_state_media_is_flagged_plainly_and_only_there() -> None:
    alert = make_alert(article=make_coverage(source="TASS", kind="state-media"))
    assert "STATE MEDIA" in mail(alert).text
    assert "State media. A state controls what TASS publishes." in words(mail(alert)).replace(" .", ".")
    assert "*State media.*" in mrkdwn(slack(alert))
    usual = mail().text + words(mail()) + mrkdwn(slack())
    assert "state media" not in usual.lower()


def test_a_partial_article_is_flagged_and_only_that() -> None:
    sentence = "nly the feed"
    for alert in (make_alert(cut=Cut.FEED), make_alert(cut=None)):
        for told in (mail(alert).text, words(mail(alert)), mrkdwn(slack(alert))):
            assert (sentence in told) is (alert.cut is not None)


def test_every_kind_of_source_has_a_name() -> None:
    assert set(KINDS) == set(SourceKind)


def test_an_alert_alone_says_that_nobody_else_reports_it() -> None:
    for alert in (make_alert(), make_alert(coverage=(make_coverage(),))):
        for told in (mail(alert).text, words(mail(alert)), mrkdwn(slack(alert))):
            assert "No other source is recognised with this story so far." in told


def test_the_alerted_article_is_listed_once() -> None:
    alert = replace(covered(), coverage=(*covered().coverage, make_coverage()))
    assert mail(alert).text.count("(this alert)") == 1
    assert mail(alert).text == mail(covered()).text


def test_much_coverage_is_counted_and_not_all_listed() -> None:
    alert = make_alert(coverage=tuple(make_other(n, f"Outlet {n}", f"Title {n}") for n in range(10, 40)))
    assert "31 articles from 31 sources" in mail(alert).text
    assert "and 21 more" in mail(alert).text
    message = slack(alert)
    listed = len(re.findall(r"Title \d+", mrkdwn(message)))
    assert f"and {31 - listed} more" in mrkdwn(message)


# Time


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Kyiv", "23 Nov 2026, 14:02 Kyiv"),
        ("America/New_York", "23 Nov 2026, 07:02 New York"),
        ("America/Argentina/Buenos_Aires", "23 Nov 2026, 09:02 Buenos Aires"),
        ("Asia/Tokyo", "23 Nov 2026, 21:02 Tokyo"),
        ("UTC", "23 Nov 2026, 12:02 UTC"),
        ("Etc/GMT+3", "23 Nov 2026, 09:02 -03"),
    ],
)
def test_times_are_in_the_zone_of_the_reader(zone: str, told: str) -> None:
    email = Destination(id="a", email=EmailTarget(to=("a@example.org",)), timezone=zone)
    desk = Destination(id="a", slack=SlackTarget(webhook="env:W"), timezone=zone)
    assert f"First seen {told}" in render(make_alert(), email, KEY, NOW).text
    assert f"First seen {told}" in mrkdwn(render(make_alert(), desk, KEY, NOW))


@pytest.mark.parametrize(("utc_hour", "local"), [(0, "03:30"), (1, "03:30")])
def test_the_hour_that_comes_twice_in_october_is_told(utc_hour: int, local: str) -> None:
    seen = datetime(2026, 10, 25, utc_hour, 30, tzinfo=UTC)
    assert f"25 Oct 2026, {local} Kyiv" in mail(article=make_coverage(first_seen=seen)).text


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (timedelta(seconds=30), "Kyiv. Alert"),
        (timedelta(minutes=119), ", 119 min before we saw it"),
        (timedelta(hours=5), ", 5 h before we saw it"),
        (timedelta(days=3), ", 3 days before we saw it"),
        (timedelta(minutes=-30), ", by a clock that is ahead of ours"),
    ],
)
def test_the_delay_is_told_in_words(before: timedelta, told: str) -> None:
    article = make_coverage(published=make_coverage().first_seen - before)
    assert told in mail(article=article).text.replace("\n", " ")


def test_a_missing_publication_time_is_said_to_be_missing() -> None:
    alert = make_alert(article=make_coverage(published=None))
    for told in (mail(alert).text, words(mail(alert)), mrkdwn(slack(alert))):
        assert "Publication time not given" in told


def test_an_unknown_language_and_kind_are_said_to_be_unknown() -> None:
    alert = make_alert(article=make_coverage(language=None, kind=""))
    assert "(kind of source unknown, language unknown)" in mail(alert).text.replace("\n", " ")


@pytest.mark.parametrize("reason", list(Decision))
@pytest.mark.parametrize("priority", list(Priority))
def test_every_priority_and_reason_renders(reason: Decision, priority: Priority) -> None:
    alert = make_alert(reason=reason, priority=priority)
    assert mail(alert).subject.startswith(f"[{priority.upper()}]")
    assert priority.upper() in slack(alert).text


# Form


def test_the_text_part_keeps_its_width() -> None:
    lines = mail(replace(covered(), watch_name="long " * 30, terms=("x" * 300,))).text.splitlines()
    assert [line for line in lines if len(line) > 78 and not line.strip().startswith("https://")] == []


def test_every_address_in_the_text_part_stands_alone_on_its_line() -> None:
    for line in mail(covered()).text.splitlines():
        assert not re.search(r"\S\s+https?://|https?://\S+\s", line)


def test_the_html_asks_no_server_for_anything() -> None:
    html = page(mail(covered()))
    assert html.find_all(["img", "script", "link", "iframe", "object"]) == []
    assert not re.search(r"url\(|@import|@font-face", mail(covered()).html)
    assert len(mail(covered()).html.encode()) < 20_000


def test_every_colour_stands_in_a_class_so_that_dark_rules_reach_it() -> None:
    assert [tag for tag in page(mail(covered())).find_all(style=True) if "color" in str(tag["style"])] == []


# Hostile titles, names and addresses are inert everywhere


def hostile(title: str) -> Alert:
    return make_alert(
        article=make_coverage(title=title, source=title, kind=title, language=title or None),
        watch=title, watch_name=title, version=title, terms=(title, title),
        excerpt=Excerpt(title, ((0, max(1, len(title) // 2)),)),
        coverage=(
            make_other(5, title, title, url="https://a.example/1"),
            make_other(6, "Other", title, kind=title, url="https://b.example/2"),
        ),
    )  # fmt: skip


def shape(message: Message) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of the HTML with the names of their attributes; marks vary with the sentence."""
    tags = [tag for tag in page(message).select("*") if tag.name != "mark"]
    return [(tag.name, tuple(sorted(tag.attrs))) for tag in tags]


@pytest.mark.parametrize("title", [title for title in HOSTILE if clean_text(title)])
def test_a_hostile_title_adds_nothing_to_the_html(title: str) -> None:
    assert shape(mail(hostile(title))) == shape(mail(hostile("usual")))
    assert not INVISIBLE.search(mail(hostile(title)).html)


@pytest.mark.parametrize("title", [t for t in HOSTILE if clean_text(t) == t and t and len(t) < 160])
def test_a_hostile_title_is_shown_as_it_is(title: str) -> None:
    heading = page(mail(hostile(title))).h1
    assert heading is not None
    assert heading.get_text() == title


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_keeps_the_text_part_in_form(title: str) -> None:
    usual, text = mail(hostile("usual")).text, mail(hostile(title)).text
    assert not INVISIBLE.search(text)
    assert [line for line in text.splitlines() if line.isupper() and line.istitle() is False and line in usual]
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= 78


LINKS = ["https://a.example/1", "https://b.example/2", make_coverage().url]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_adds_no_link_mention_or_formatting_to_slack(title: str) -> None:
    message = slack(hostile(title))
    assert check({"text": message.text, "blocks": list(message.blocks)}) == []
    told = mrkdwn(replace(message, blocks=message.blocks[1:]))
    assert not INVISIBLE.search(told.replace("\u200b", ""))
    # Every <...> is one of our links, with one label; outside of them stands our own formatting only.
    tokens = re.findall(r"<([^<>]*)>", told)
    assert sorted(token.partition("|")[0] for token in tokens) == sorted(LINKS)
    assert [token.count("|") for token in tokens] == [1, 1, 1]
    outside = re.sub(r"<[^<>]*>", "link", re.sub(r": `varta answer [a-z]+ [0-9a-f]{12}`", "", told))
    assert not set("_~`<") & set(outside)
    assert outside.count("*") <= mrkdwn(slack(hostile("usual"))).count("*")
    assert "**" not in outside


@pytest.mark.parametrize("title", HOSTILE)
def test_the_header_block_is_plain_text_without_angle_brackets(title: str) -> None:
    header: Any = slack(hostile(title)).blocks[0]["text"]
    assert header["type"] == "plain_text"
    assert not set("<>\r\n") & set(header["text"])
    assert header["text"].strip()


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_an_address_that_is_no_web_link_is_plain_text(url: str) -> None:
    alert = make_alert(article=make_coverage(url=url), coverage=(make_other(5, "A", "B", url=url + "x"),))
    links = [str(a["href"]) for a in page(mail(alert)).find_all("a")]
    assert web_link(url) is None
    assert all(link.startswith(("https://", "http://")) for link in links)
    assert page(mail(alert)).select_one("a.button") is None
    assert "No web link was given" in mrkdwn(slack(alert))
    assert "NO WEB LINK" in mail(alert).text
    message = slack(alert)
    assert check({"text": message.text, "blocks": list(message.blocks)}) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.ORG/A?b=1&c=2#d", "https://example.org/A?b=1&c=2#d"),
        ("https://example.org/київ/1", "https://example.org/%D0%BA%D0%B8%D1%97%D0%B2/1"),
        ("https://example.org/%D0%BA?q=%7C|<>\"'", "https://example.org/%D0%BA?q=%7C%7C%3C%3E%22'"),
        ("https://ukrіnform.net/a", "https://xn--ukrnform-vhh.net/a"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
    ],
)
def test_web_links_are_ascii_and_show_the_true_host(url: str, expected: str) -> None:
    assert web_link(url) == expected


def test_the_worst_alert_stays_within_the_limits_of_slack() -> None:
    for filler in ("&", "<", '"', "\\", "|", "*", "&amp;", "й", "🇺🇦"):
        title = filler * 3000
        others = tuple(
            make_other(n, title[:400], title, url="https://example.org/" + "&" * 1800 + str(n)) for n in range(2, 30)
        )
        alert = replace(
            hostile(title), coverage=others, cut=Cut.FEED, terms=(title,) * 20,
            excerpt=Excerpt(title, tuple((n, n + 1) for n in range(0, 3000, 2))),
            article=make_coverage(
                title=title, source=title, kind="state-media", url="https://example.org/?" + "&" * 1900
            ),
        )  # fmt: skip
        message = slack(alert)
        assert check({"text": message.text, "blocks": list(message.blocks)}) == []
        assert len(json.dumps(message.blocks, ensure_ascii=False)) < 12_000


# Cleaning


@pytest.mark.parametrize("title", HOSTILE)
def test_cleaning_is_complete_and_cleaning_again_changes_nothing(title: str) -> None:
    cleaned = clean_text(title)
    assert not INVISIBLE.search(cleaned)
    assert clean_text(cleaned) == cleaned
    cleaned.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("Subject\r\nBcc: x", "Subject Bcc: x"),
        ("\x1b[31mred\x1b[0m \x1b]0;title\x07end", "red end"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("nul\x00byte", "nulbyte"),
        ("👩\u200d🚒", "👩\u200d🚒"),
        ("и\u0306", "й"),
        ("  a \t b\u00a0 c\u2028d ", "a b c d"),
        ("lone \ud800", "lone"),
    ],
)
def test_cleaning_keeps_what_is_read_and_drops_the_rest(raw: str, cleaned: str) -> None:
    assert clean_text(raw) == cleaned


def test_shortening_cuts_between_words_and_never_exceeds_the_limit() -> None:
    assert shorten("one two three", 13) == "one two three"
    assert shorten("alpha beta gamma", 12) == "alpha beta…"
    assert shorten("x" * 20, 10) == "x" * 9 + "…"
    assert shorten("👩\u200d🚒" * 5, 3) == "👩…"


def test_slack_shows_the_words_that_name_the_origin_where_they_stand_last() -> None:
    phrase = "Про це він сказав у Брюсселі 12 лютого після засідання контактної групи з питань оборони України "
    phrase = phrase.ljust(139, ".") + ", повідомляє Dnipro Wire."
    message = render(make_alert(article=make_coverage(after="Dnipro Wire", phrase=phrase[-160:])), DESK, KEY, NOW)
    beware = next(block for block in message.blocks if block.get("block_id") == "beware")
    assert "повідомляє Dnipro Wire.”" in str(beware)
