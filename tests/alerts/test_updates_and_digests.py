from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from alerts.destinations import Destination, EmailTarget
from alerts.links import Action, LinkFault, Links
from alerts.model import (
    Alert,
    Change,
    Decision,
    DigestContent,
    Excerpt,
    Message,
    News,
    Notice,
    Priority,
    Silence,
    Update,
)
from alerts.rendering import render, render_digest, render_notice, render_update
from alerts.slack_contract import check
from tests import shown
from tests.builders_alerts import EDITOR, KEY, NOW, READERS, make_alert, make_coverage, make_excerpt, make_other

LINKS = shown.LINKS
MAIL, DESK = READERS["editor"], READERS["desk"]


def words(message: Message) -> str:
    return " ".join(BeautifulSoup(message.html, "html.parser").get_text(" ").split())


def blocks(message: Message) -> str:
    return json.dumps(message.blocks, ensure_ascii=False)


def everywhere(mail: Message, slack: Message) -> list[str]:
    return [re.sub(r"\s+(?:> )?", " ", mail.text), words(mail), blocks(slack)]


def update(*changes: Change, **more: Any) -> list[str]:
    told = Update(make_alert(), changes, **more)
    return everywhere(render_update(told, MAIL, KEY, NOW), render_update(told, DESK, KEY, NOW))


# Updates


def test_an_update_counts_outlets_and_independent_texts() -> None:
    for told in update(outlets=4, independent=2):
        assert "Also reported by 4, of which 2 independent" in told


def test_an_update_names_the_first_official_source() -> None:
    nato = make_other(4, "NATO", "Remarks by the Secretary General", kind="official")
    for told in update(Change(News.OFFICIAL, nato, at=NOW - timedelta(minutes=3))):
        assert "First official source: NATO at 14:00" in told
        assert "Remarks by the Secretary General" in told
        assert nato.url in told or "href" not in told


def test_a_changed_headline_is_shown_word_by_word() -> None:
    article = make_coverage()
    change = Change(News.CORRECTION, article, article.title.replace("дві", "три"), article.title, NOW)
    told = Update(make_alert(), (change,))
    mail, slack = render_update(told, MAIL, KEY, NOW), render_update(told, DESK, KEY, NOW)
    page = BeautifulSoup(mail.html, "html.parser")
    assert [[tag.get_text() for tag in page.select(name)] for name in ("del", "ins")] == [["три"], ["дві"]]
    assert "Рютте назвав [-три-] {+дві+} умови безпеки для України" in mail.text
    assert "Рютте назвав ~три~ *дві* умови безпеки для України" in blocks(slack)
    assert "Ukrinform changed the headline at 14:03" in mail.text


def test_a_change_of_marks_only_is_shown_whole() -> None:
    change = Change(News.CORRECTION, make_coverage(), "Kyiv, says Rutte", "Kyiv says Rutte!")
    mail = render_update(Update(make_alert(), (change,)), MAIL, KEY, NOW)
    assert "[-Kyiv, says Rutte-] {+Kyiv says Rutte!+}" in mail.text


def test_a_deletion_comes_first_and_names_the_outlet() -> None:
    article = make_coverage()
    for told in update(
        Change(News.OFFICIAL, article), Change(News.DELETION, article, at=NOW), outlets=1, independent=1
    ):
        gone = told.index("Ukrinform took the article down, noticed at 14:03")
        assert gone < told.index("First official source") < told.index("Also reported by 1")


def test_the_subject_of_an_update_is_that_of_the_first_mail() -> None:
    first = render(make_alert(), MAIL, KEY, NOW)
    assert render_update(Update(make_alert(), ()), MAIL, KEY, NOW).subject == f"Re: {first.subject}"
    reworded = make_coverage(title="Нові слова")
    change = Change(News.CORRECTION, reworded, make_coverage().title, reworded.title)
    later = render_update(Update(make_alert(article=reworded), (change,)), MAIL, KEY, NOW)
    assert later.subject == f"Re: {first.subject}"
    assert "Нові слова" in later.text


# Digests


def digest(*alerts: Alert, **changes: Any) -> DigestContent:
    return replace(DigestContent("daily", NOW - timedelta(days=1), NOW, alerts), **changes)


def story(number: int, title: str, independent: int = 1, **changes: Any) -> Alert:
    article = make_other(60, f"Outlet {number}", title, url=f"https://a.example/{number}")
    others = tuple(make_other(50 - n, f"Other {number}.{n}", "x") for n in range(independent - 1))
    settled: dict[str, Any] = {"story": number, "article": article, "coverage": others, "priority": Priority.NORMAL}
    return make_alert(**(settled | changes))


def order(text: str, *titles: str) -> bool:
    places = [text.index(title) for title in titles]
    return places == sorted(places)


def test_stories_come_by_urgency_then_by_weight() -> None:
    old = make_other(60 * 40, "Old", "x")
    content = digest(
        story(1, "Lone"),
        story(2, "Six texts", 6),
        story(3, "Six texts, but old news", 6, coverage=(old, *(make_other(n, f"O{n}", "x") for n in range(2, 7)))),
        story(4, "Urgent", priority=Priority.HIGH, watch="urgent"),
        story(5, "Two texts", 2),
    )
    for told in everywhere(render_digest(content, MAIL, KEY, NOW), render_digest(content, DESK, KEY, NOW)):
        assert order(told, "Urgent", "Six texts", "Six texts, but old news", "Two texts", "Lone")


def test_a_story_of_two_watches_stands_once_under_the_more_urgent() -> None:
    one = story(1, "Once", watch="a", watch_name="Aid")
    content = digest(one, replace(one, watch="b", watch_name="Borders", priority=Priority.HIGH))
    mail = render_digest(content, MAIL, KEY, NOW)
    assert mail.subject == "[DIGEST] Daily digest: 1 story"
    assert words(mail).count("Once") == 1
    assert "HIGH Borders" in words(mail)
    assert "also Aid" in words(mail)


def test_a_story_has_three_lines_at_most() -> None:
    long = make_excerpt("Рютте " + "говорив про безпеку " * 80, "Рютте")
    mail = render_digest(digest(story(1, "Title " * 60, 3, excerpt=long)), MAIL, KEY, NOW)
    entry = BeautifulSoup(mail.html, "html.parser").select(".entry p")
    assert [tag["class"] for tag in entry] == [["head"], ["from"], ["why"]]
    assert all(len(tag.get_text()) <= 200 for tag in entry)


@pytest.mark.parametrize(("count", "listed"), [(40, 40), (41, 40), (500, 40)])
def test_forty_stories_are_listed_and_the_others_counted(count: int, listed: int) -> None:
    content = digest(*(story(n, f"Title {n}.") for n in range(1, count + 1)), more=7)
    mail = render_digest(content, MAIL, KEY, NOW)
    assert len(BeautifulSoup(mail.html, "html.parser").select(".entry")) == listed
    assert f"and {count - listed + 7} more" in words(mail)
    assert mail.subject == f"[DIGEST] Daily digest: {count + 7} stories"


def test_a_digest_stays_below_what_gmail_cuts_off() -> None:
    title, words_of = "&" * 200, Excerpt("&" * 200, tuple((n, n + 1) for n in range(0, 200, 2)))
    content = digest(*(story(n, title, 9, excerpt=words_of, watch=f"w{n}", watch_name=title) for n in range(1, 60)))
    mail = render_digest(content, MAIL, KEY, NOW, LINKS)
    shown_entries = len(BeautifulSoup(mail.html, "html.parser").select(".entry"))
    assert len(mail.html.encode()) <= 80_000
    assert 5 < shown_entries < 40
    assert f"and {59 - shown_entries} more" in words(mail)


def test_an_empty_digest_of_dead_sources_is_not_calm() -> None:
    down = (Silence("Koordshtab", NOW - timedelta(hours=9), "503"), Silence("Wire", None, "no route"))
    content = digest(silences=down)
    mail, slack = render_digest(content, MAIL, KEY, NOW), render_digest(content, DESK, KEY, NOW)
    assert mail.subject == "[DIGEST] Daily digest: 0 stories, 2 sources could not be read"
    for told in everywhere(mail, slack):
        assert "No story in this time." in told
        assert "2 sources could not be read for a part of this time." in told
        assert "Koordshtab: nothing read since 05:03 (503)" in told
        assert "Wire: nothing read (no route)" in told
    assert "could not be read" in slack.text
    calm = render_digest(digest(), MAIL, KEY, NOW)
    assert "could not be read" not in calm.subject + calm.text


def test_quiet_watches_are_named() -> None:
    content = digest(quiet=("Black Sea fleet", "Patriots"))
    for told in everywhere(render_digest(content, MAIL, KEY, NOW), render_digest(content, DESK, KEY, NOW)):
        assert "Black Sea fleet, Patriots" in told


def test_a_storm_says_why_and_what_to_do() -> None:
    mail, slack = (render_digest(shown.storm(), to, KEY, NOW) for to in (MAIL, DESK))
    for told in everywhere(mail, slack):
        assert "Too many alerts at once: 2,000 stories in one message" in told
        assert "its query was changed at 14:01" in told
        assert "Matched most often: дронів (60×)." in told
        assert "varta watches try drones" in told
        assert "varta mute watch drones --for 24h" in told


@pytest.mark.parametrize("why", list(Decision))
def test_every_cause_of_a_digest_renders(why: Decision) -> None:
    content = digest(story(1, "One"), why=why, note="Because.")
    assert "1 story" in render_digest(content, MAIL, KEY, NOW).subject
    slack = render_digest(content, DESK, KEY, NOW)
    assert check({"text": slack.text, "blocks": list(slack.blocks)}) == []


# Slack's limits, whatever is told


@pytest.mark.parametrize("filler", ["&", "<", '"', "\\", "|", "*", "`", "й", "🇺🇦", "&amp; "])
def test_the_worst_update_and_digest_stay_within_the_limits_of_slack(filler: str) -> None:
    title = filler * 3000
    far = "https://example.org/" + "&" * 1800
    others = tuple(make_other(n, title[:400], title, url=f"{far}{n}", kind="state-media") for n in range(2, 60))
    alert = make_alert(
        article=make_coverage(title=title, source=title, url=far, after=title, phrase=title, kind="state-media"),
        coverage=others, terms=(title,) * 20, watch=title, watch_name=title, note=title, archived=NOW,
        excerpt=Excerpt(title, tuple((n, n + 1) for n in range(0, 3000, 2))),
    )  # fmt: skip
    changes = tuple(Change(news, other, title, title[::-1] + "x") for news in News for other in others[:9])
    content = digest(
        *(replace(alert, story=n, watch=f"w{n}") for n in range(1, 90)), why=Decision.THROTTLED, note=title,
        silences=(Silence(title, NOW, title),) * 60, quiet=(title,) * 90, more=10**6,
    )  # fmt: skip
    notice = Notice("k", title, (title,) * 30, NOW)
    for links in (LINKS, None):
        for message in (
            render(alert, DESK, KEY, NOW, links),
            render_update(Update(alert, changes, 9, 9), DESK, KEY, NOW, links),
            render_digest(content, DESK, KEY, NOW, links),
            render_notice(notice, DESK, KEY, NOW),
        ):
            assert check({"text": message.text, "blocks": list(message.blocks)}) == []


# What a reader can do


def test_every_link_of_a_message_is_signed_for_its_delivery() -> None:
    for message in shown.mails().values():
        for tag in BeautifulSoup(message.html, "html.parser").select(f'[href^="{LINKS.base}"]'):
            action, token = str(tag["href"]).rsplit("/", 2)[1:]
            claim = LINKS.read(action, token, NOW)
            assert not isinstance(claim, LinkFault)
            assert claim.key == KEY


def test_an_alert_offers_every_action_and_a_notice_none() -> None:
    mails = shown.mails()
    found = set(re.findall(rf"{LINKS.base}/(\w+)/", mails["alert"].text))
    assert found == set(Action)
    assert f"{LINKS.base}" not in mails["notice"].text
    assert "varta answer" not in mails["alert"].text
    assert LINKS.base not in mails["alert-commands"].text


def test_the_digest_is_offered_only_where_there_is_one() -> None:
    assert "digest" not in render(make_alert(), EDITOR, KEY, NOW, LINKS).text
    assert f"{LINKS.base}/digest/" in render(make_alert(), MAIL, KEY, NOW, LINKS).text


def test_one_click_unsubscribing_needs_https() -> None:
    mail = render(make_alert(), MAIL, KEY, NOW, LINKS)
    assert mail.headers["List-Unsubscribe"].startswith(f"<{LINKS.base}/unsubscribe/{KEY}")
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    digest_mail = render_digest(digest(), MAIL, KEY, NOW, LINKS)
    assert "List-Unsubscribe" in digest_mail.headers
    local = Links("http://127.0.0.1:8030", LINKS.secret)
    for links in (local, None):
        assert "List-Unsubscribe" not in render(make_alert(), MAIL, KEY, NOW, links).headers


def test_times_of_updates_and_digests_are_in_the_zone_of_the_reader() -> None:
    tokyo = Destination(id="t", email=EmailTarget(to=("t@example.org",)), timezone="Asia/Tokyo")
    change = Change(News.DELETION, make_coverage(), at=NOW)
    assert "noticed at 21:03" in render_update(Update(make_alert(), (change,)), tokyo, KEY, NOW).text
    content = digest(silences=(Silence("Wire", NOW - timedelta(hours=1), "x"),))
    text = render_digest(content, tokyo, KEY, NOW).text
    assert "22 Nov 2026, 21:03 Tokyo to 23 Nov 2026, 21:03 Tokyo" in text
    assert "Wire: nothing read since 20:03" in text


def test_a_notice_says_since_when_and_that_it_is_over() -> None:
    begun, ended = (render_notice(replace(shown.NOTICE, is_over=over), MAIL, KEY, NOW) for over in (False, True))
    assert begun.subject == "[VARTA] Ukrinform has been silent for 9 h"
    assert "Since 23 Nov 2026, 05:03 Kyiv" in begun.text
    assert ended.subject == "[VARTA] Over: Ukrinform has been silent for 9 h"
    assert "From 23 Nov 2026, 05:03 Kyiv to 23 Nov 2026, 14:03 Kyiv" in ended.text
