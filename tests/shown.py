"""Messages as people see them: `python -m tests.shown FOLDER` takes pictures of them with Chromium."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from alerts.links import Links
from alerts.model import (
    Alert,
    Change,
    Decision,
    DigestContent,
    Message,
    News,
    Notice,
    Priority,
    Silence,
    Update,
)
from alerts.rendering import render, render_digest, render_notice, render_update
from flows.demo.mrkdwn import to_html
from flows.web import answers
from flows.web.answers import _HTML
from flows.web.copies import Copy
from tests import browser
from tests.builders_alerts import KEY, NOW, READERS, make_alert, make_coverage, make_excerpt, make_other

LINKS = Links("https://alerts.example.org", "0123456789abcdef0123456789abcdef")


def alert() -> Alert:
    """A story that seven outlets tell in four languages."""
    return make_alert(
        id=7,
        archived=NOW - timedelta(minutes=1),
        coverage=(
            make_other(4, "NATO", "Remarks by the Secretary General in Brussels", kind="official"),
            make_other(3, "Reuters", "NATO's Rutte sets out two conditions for peace in Ukraine", kind="agency"),
            make_other(2, "Mirror", "NATO's Rutte sets out two conditions for peace in Ukraine", independent=False),
            make_other(30, "TASS", "Рютте назвал два условия", kind="state-media", language="ru"),
            make_other(
                1, "Defence24", "Rutte stawia dwa warunki", language="pl", after="Reuters", phrase="podał Reuters"
            ),
            make_other(60 * 20, "Defense News", "What security guarantees for Ukraine could look like", kind="trade"),
        ),
    )


def state_media() -> Alert:
    """A lone report of a state medium, after another one."""
    article = make_coverage(
        source="TASS", kind="state-media", language="ru", title="Рютте назвал условия, сообщили в Брюсселе",
        after="Bild", phrase="как пишет Bild",
    )  # fmt: skip
    sentence = "Генсек НАТО Марк Рютте назвал условия безопасности для Украины, пишет Bild."
    return make_alert(
        article=article, priority=Priority.CRITICAL, terms=("Марк Рютте", "Украины"),
        excerpt=make_excerpt(sentence, "Марк Рютте", "Украины"),
        note="Passed on: desk-slack did not acknowledge it within 20 min.",
    )  # fmt: skip


def update() -> Update:
    """Everything that can be new at once."""
    first = alert()
    now = first.article.title
    changed = Change(
        News.CORRECTION,
        first.article,
        before="Рютте назвав три умови безпеки для України",
        after=now,
        at=NOW - timedelta(minutes=2),
    )
    official = Change(News.OFFICIAL, first.coverage[0], at=NOW - timedelta(minutes=4))
    text = Change(
        News.CORRECTION, first.coverage[1], before="Rutte named 3 conditions on Monday in Brussels, officials said.",
        after="Rutte named 2 conditions on Tuesday in Brussels, officials said.", at=NOW - timedelta(minutes=1),
    )  # fmt: skip
    gone = Change(News.DELETION, first.coverage[3], at=NOW - timedelta(minutes=1))
    return Update(first, (official, changed, text, gone), outlets=4, independent=2)


def stories(
    count: int, watch: str = "drones", name: str = "Drones over the front", priority: Priority = Priority.NORMAL
) -> tuple[Alert, ...]:
    """Small stories of one watch."""
    return tuple(
        make_alert(
            watch=watch, watch_name=name, priority=priority, story=1000 + number, terms=("дронів",),
            article=make_other(
                60 + 7 * number, f"Outlet {number % 7}", f"Збито {number + 10} дронів над Одесою", language="uk"
            ),
            excerpt=make_excerpt(
                f"Сили ППО збили {number + 10} дронів над Одеською областю, повідомило командування.", "дронів"
            ),
            coverage=tuple(make_other(50 + n, f"Other {n}", "Drones over Odesa") for n in range(number % 4)),
        )
        for number in range(count)
    )  # fmt: skip


def digest() -> DigestContent:
    """A usual morning with two broken sources."""
    second = replace(alert(), watch="ukraine-aid", watch_name="Aid to Ukraine", priority=Priority.NORMAL)
    return DigestContent(
        name="daily",
        start=NOW - timedelta(days=1),
        end=NOW,
        alerts=(*stories(5), alert(), second),
        silences=(
            Silence("Koordshtab", NOW - timedelta(hours=9), "503 Service Unavailable"),
            Silence("Defense Express", NOW - timedelta(hours=30), "the page is a check for robots"),
        ),
        quiet=("Black Sea fleet", "Patriot deliveries"),
    )


def storm() -> DigestContent:
    """A term that suddenly matches everything."""
    note = "The watch `drones` matched 2,000 articles within 5 min; its query was changed at 14:01."
    return replace(
        digest(),
        alerts=stories(60),
        why=Decision.THROTTLED,
        note=note,
        more=1940,
        silences=(),
        quiet=(),
        start=NOW - timedelta(minutes=5),
    )


def calm() -> DigestContent:
    """Nothing found, nothing broken."""
    return replace(digest(), alerts=(), silences=())


NOTICE = Notice(
    key="silent:ukrinform",
    headline="Ukrinform has been silent for 9 h",
    lines=(
        "The longest pause between its last 40 articles was 2 h.",
        "It answers, but with nothing new.",
        "Look: varta sources verify ukrinform",
    ),
    since=NOW - timedelta(hours=9),
)
CANARY = Notice(
    key="canary", headline="Varta is alive: 412 articles, 9 alerts, 0 failed",
    lines=("148 of 150 sources answer.", "This message comes once a day. When it does not come, something is broken."),
    since=NOW - timedelta(days=1), is_canary=True,
)  # fmt: skip


def mails() -> dict[str, Message]:
    """One mail of every kind, by name."""
    to = READERS["editor"]
    over = replace(NOTICE, is_over=True)
    return {
        "alert": render(alert(), to, KEY, NOW, LINKS),
        "alert-commands": render(alert(), to, KEY, NOW),
        "state-media": render(state_media(), to, KEY, NOW, LINKS),
        "update": render_update(update(), to, KEY, NOW, LINKS),
        "digest": render_digest(digest(), to, KEY, NOW, LINKS),
        "storm": render_digest(storm(), to, KEY, NOW, LINKS),
        "calm": render_digest(calm(), to, KEY, NOW, LINKS),
        "notice": render_notice(NOTICE, to, KEY, NOW),
        "over": render_notice(over, to, KEY, NOW),
        "canary": render_notice(CANARY, to, KEY, NOW),
    }


def slack_messages() -> dict[str, Message]:
    """One Slack message of every kind, by name."""
    to = READERS["desk"]
    return {
        "alert": render(alert(), to, KEY, NOW, LINKS),
        "alert-commands": render(state_media(), to, KEY, NOW),
        "update": render_update(update(), to, KEY, NOW, LINKS),
        "digest": render_digest(digest(), to, KEY, NOW, LINKS),
        "storm": render_digest(storm(), to, KEY, NOW, LINKS),
        "notice": render_notice(NOTICE, to, KEY, NOW),
    }


def web_pages() -> dict[str, str]:
    """The pages behind the links, by name."""
    about = {"headline": alert().article.title, "watch": "nato-on-ukraine", "destination": "editor"}
    asked = {"title": "Mute this story for 24 hours?", "button": "Mute the story", "subject": about, "story": ""}
    lines = [
        "Nothing more of this story comes until 24 Nov 2026, 14:05 Kyiv.",
        "To take it back: varta unmute story 48213 --destination editor",
    ]
    copy = Copy(
        alert().article.title, "Ukrinform", alert().article.url, alert().article.url, "uk",
        (alert().excerpt.text,) * 4, NOW, NOW, "<html>",
    )  # fmt: skip
    return {
        "question": _HTML.get_template("question.html.j2").render(asked, since="23 Nov 2026, 14:05 Kyiv"),
        "told": _HTML.get_template("told.html.j2").render(title="Muted", lines=lines, subject=about, is_good=True),
        "refused": answers.refused(410, "This address has ended", "A newer message has a fresh one.").body.decode(),
        "copy": _HTML.get_template("copy.html.j2").render(copy=copy, kept="23 Nov 2026, 14:02 Kyiv", has_source=True),
    }


def main(folder: Path) -> None:
    """Every mail wide and narrow, the Slack messages, the pages behind links; in light and dark."""
    folder.mkdir(parents=True, exist_ok=True)
    for dark in (False, True):
        mode = "dark" if dark else "light"
        for name, message in mails().items():
            pages = [(message.html, browser.WIDE), (message.html, browser.NARROW)]
            browser.picture(pages, folder / f"mail-{name}-{mode}.png", dark=dark)
        pages = [(page, 420) for page in web_pages().values()]
        browser.picture(pages, folder / f"pages-{mode}.png", dark=dark)
    for name, message in slack_messages().items():
        browser.picture([(slack_page(message), 640)], folder / f"slack-{name}.png", dark=False)


def slack_page(message: Message) -> str:
    """The message as the demo's page shows it."""
    blocks = to_html([dict(block) for block in message.blocks])
    return _SLACK.replace("POST", str(blocks))


_SLACK = """<!doctype html><html lang="en"><head><meta charset="utf-8"><style>
body{margin:0;background:#fff;color:#1d1c1d;font:15px/1.47 Lato,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{padding:14px 22px 18px}h3{margin:0 0 4px;font-size:18px}p{margin:8px 0;overflow-wrap:anywhere}
.context{color:#616061;font-size:13px}q{display:block;quotes:none;border-left:4px solid #ddd;padding-left:12px}
code{background:#f6f6f6;border:1px solid #ddd;border-radius:3px;padding:1px 4px;color:#c01343;font-size:12px}
a{color:#1264a3}
</style></head><body><main>POST</main></body></html>"""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
