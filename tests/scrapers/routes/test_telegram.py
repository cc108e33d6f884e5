from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from scrapers.article import FeedEntry
from scrapers.errors import FeedError
from scrapers.routes import telegram
from scrapers.routes.listed import Listed

URL = "https://t.me/s/staff_ua"
REPLY = (
    '<a class="tgme_widget_message_reply user-color-3" href="https://t.me/staff_ua/40">'
    '<div class="tgme_widget_message_author"><span class="tgme_widget_message_author_name">Штаб</span></div>'
    '<div class="tgme_widget_message_text js-message_reply_text" dir="auto">Чужий текст</div></a>'
)
PREVIEW = (
    '<a class="tgme_widget_message_link_preview" href="https://outlet.example/news/4711">'
    '<div class="link_preview_site_name">Outlet</div><div class="link_preview_title">Заголовок у виданні</div>'
    '<div class="link_preview_description">Опис чужої сторінки</div></a>'
)
FORWARD = (
    '<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from '
    '<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/kpszsu/4271"><span>Повітряні сили</span></a>'
    "</div>"
)
VIDEO = (
    '<a class="tgme_widget_message_video_player js-message_video_player" href="https://t.me/staff_ua/41">'
    '<i class="tgme_widget_message_video_thumb"></i><time class="message_video_duration" datetime="2001-01-01">0:42'
    '</time><div class="message_media_not_supported_wrap"><div class="message_media_not_supported_label">Media is too '
    "big</div></div></a>"
)
PHOTO = '<a class="tgme_widget_message_photo_wrap 5109 grouped_media_wrap" href="https://t.me/staff_ua/41?single"></a>'
MORE = (
    '<div class="tgme_widget_message_centered js-messages_more_wrap"><a href="/s/staff_ua?before=41"'
    ' class="tme_messages_more js-messages_more" data-before="41"></a></div>'
)


def text(markup: str) -> str:
    return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{markup}</div>'


def message(inside: str, number: int = 41, view: str = "", classes: str = "", edited: str = "") -> str:
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message
 text_not_supported_wrap {classes} js-widget_message" data-post="staff_ua/{number}" data-view="{view}">
<div class="tgme_widget_message_user"><a href="https://t.me/staff_ua"><i class="tgme_widget_message_user_photo"></i></a>
</div><div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author accent_color">
<a class="tgme_widget_message_owner_name" href="https://t.me/staff_ua"><span dir="auto">Штаб</span></a></div>{inside}
<div class="media_supported_cont"><div class="tgme_widget_message_reactions js-message_reactions">
<span class="tgme_reaction"><i class="emoji"><b>🤣</b></i>34</span></div></div>
<div class="tgme_widget_message_footer compact js-message_footer"><div class="tgme_widget_message_info short">
<span class="tgme_widget_message_views">4.85K</span><span class="copyonly"> views</span>
<span class="tgme_widget_message_meta">{edited}<a class="tgme_widget_message_date" href="https://t.me/staff_ua/{number}">
<time datetime="2025-02-12T10:00:00+02:00" class="time">10:00</time></a></span></div></div></div></div></div>"""


def page(*messages: str, more: str = "", head: str = "") -> bytes:
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Штаб – Telegram</title>{head}</head><body>
<div class="tgme_channel_info"><div class="tgme_channel_info_header_title"><span dir="auto">Штаб</span></div>
<div class="tgme_channel_info_description">Опис каналу</div></div>
<section class="tgme_channel_history js-message_history">{more}{"".join(messages)}</section></body></html>""".encode()


def read(*messages: str) -> tuple[FeedEntry, ...]:
    return telegram.parse(page(*messages), URL, "staff_ua", "staff").entries


def one(markup: str, around: str = "") -> FeedEntry:
    (entry,) = read(message(around + text(markup)))
    return entry


def view(number: object) -> str:
    token = json.dumps({"c": number, "p": 41, "t": 1739347200, "h": "f0dff1b8"}, separators=(",", ":"))
    return base64.b64encode(token.encode()).decode().rstrip("=")


def test_a_message_is_an_article_without_a_page() -> None:
    (entry,) = read(message(text("Сили оборони збили 71 дрон."), view=view(-1591537674)))
    assert entry == FeedEntry(
        source="staff",
        url="https://t.me/staff_ua/41",
        id="1591537674/41",
        title="Сили оборони збили 71 дрон.",
        summary="Сили оборони збили 71 дрон.",
        published=datetime(2025, 2, 12, 8, 0, tzinfo=UTC),
        has_page=False,
    )


@pytest.mark.parametrize("token", ["", "x", "!!!!", "e30", "W10", base64.b64encode(b"[" * 100_000).decode(), view("a")])
def test_without_the_number_of_the_channel_its_name_is_in_the_id(token: str) -> None:
    (entry,) = read(message(text("Текст"), view=token))
    assert entry.id == "staff_ua/41"


def test_lines_paragraphs_emoji_and_linked_words_are_kept() -> None:
    entry = one(
        '<i class="emoji" style="background-image:url(\'//x\')"><b>⚡️</b></i> <b>Удар по</b> <a href="https://a.example/'
        'x">Одесі</a><br/>Є   постраждалі:<br/><br/>— <tg-spoiler>двоє</tg-spoiler>\n осіб<blockquote expandable>Цитата'
        "</blockquote>кінець"
    )
    assert entry.summary == "⚡️ Удар по Одесі\nЄ постраждалі:\n\n— двоє осіб\nЦитата\nкінець"
    assert entry.title == "⚡️ Удар по Одесі"


def test_replies_and_previews_are_not_own_text() -> None:
    entry = one(
        'Свій текст <a href="https://outlet.example/news/4711">тут</a>', REPLY + FORWARD.replace("href", "data")
    )
    assert entry.summary == "Свій текст тут"
    (entry,) = read(message(text("Свій текст") + PREVIEW))
    assert (entry.summary, entry.credit) == ("Свій текст", "")


def test_an_album_has_its_text_once() -> None:
    grouped = f'<div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap">{PHOTO * 4}</div>'
    assert one(text("Підпис до <b>чотирьох</b> фото"), grouped).summary == "Підпис до чотирьох фото"


def test_the_length_of_a_video_is_no_time_and_its_notice_no_text() -> None:
    entry = one("Кадри удару", VIDEO)
    assert (entry.summary, entry.published) == ("Кадри удару", datetime(2025, 2, 12, 8, 0, tzinfo=UTC))


def test_an_edited_message_keeps_its_time_and_id() -> None:
    (first,), (second,) = read(message(text("Було"))), read(message(text("Стало"), edited="edited &nbsp;"))
    assert (first.id, first.published, first.url) == (second.id, second.published, second.url)
    assert second.summary == "Стало"


def test_a_forward_credits_the_message_that_it_comes_from() -> None:
    assert one("Пускав ракети Ту-95", FORWARD).credit == "https://t.me/kpszsu/4271"


def test_a_forward_of_a_hidden_author_credits_nobody() -> None:
    name = '<span class="tgme_widget_message_forwarded_from_name">X</span>'
    hidden = f'<div class="tgme_widget_message_forwarded_from">{name}</div>'
    entry = one("Текст", hidden)
    assert (entry.credit, entry.summary) == ("", "Текст")


@pytest.mark.parametrize("shown", ["https://outlet.example/news/4711", "outlet.example/news/4711"])
def test_a_mere_link_has_the_headline_of_its_page_and_credits_it(shown: str) -> None:
    (entry,) = read(message(text(f'<a href="https://outlet.example/news/4711">{shown}</a>') + PREVIEW))
    assert (entry.title, entry.summary) == ("Заголовок у виданні", shown)
    assert entry.credit == "https://outlet.example/news/4711"


def test_a_mere_link_without_a_preview_credits_its_address() -> None:
    entry = one("https://outlet.example/news/4711")
    assert (entry.title, entry.credit) == (entry.summary, "https://outlet.example/news/4711")


@pytest.mark.parametrize("inside", [PHOTO, VIDEO, text(""), PHOTO + text("#фото"), text("@handle 🇺🇦"), text("🕯")])
def test_a_message_without_a_word_is_left_out(inside: str) -> None:
    assert [entry.id for entry in read(message(inside), message(text("Слово"), 42))] == ["staff_ua/42"]


def test_service_messages_are_left_out() -> None:
    assert read(message(text("Штаб pinned a photo"), classes="service_message")) == ()


def test_a_message_with_media_that_the_page_cannot_show_keeps_its_text() -> None:
    notice = (
        '<div class="message_media_not_supported_wrap"><div class="message_media_not_supported_label">Open</div></div>'
    )
    assert one("Слово", notice).summary == "Слово"


def test_a_poll_has_its_question_and_answers() -> None:
    name = "tgme_widget_message_poll"
    answer = f'<div class="{name}_option_percent">5%</div><div class="{name}_option_text">Він</div>'
    poll = f'<div class="{name}"><div class="{name}_question">Хто?</div><div class="{name}_option">{answer}</div></div>'
    (entry,) = read(message(poll))
    assert (entry.title, entry.summary) == ("Хто?", "Хто?\n\nВін")


@pytest.mark.parametrize(
    "footer",
    [
        "➖➖➖➖➖",
        "@staff_ua",
        '<a href="?q=%23Одеса">#Одеса</a> <a href="?q=%23ППО">#ППО</a>',
        "#odesa #air_defence",
        '<a href="https://t.me/staff_ua"><b>Підписатися</b></a>',
        "✅ Підписуйтесь на наш канал",
        "Подписаться на канал | Прислать новость",
        "👉 Subscribe",
        "Join us on Telegram",
        '<a href="https://t.me/staff_ua">Штаб</a> | <a href="https://www.facebook.com/x">Facebook</a>',
        'Генштаб ЗСУ | <a href="https://t.me/+AbCdEf">Підписатись</a>',
        "t.me/staff_ua",
        "➖➖➖<br/>#odesa<br/><br/>@staff_ua",
    ],
)
def test_what_stands_under_every_message_is_stripped(footer: str) -> None:
    assert one(f"Удар по Одесі.<br/><br/>{footer}").summary == "Удар по Одесі."


@pytest.mark.parametrize(
    "last",
    [
        "Finland will join NATO.",
        "Subscribers were not affected.",
        "Президент готовий підписати угоду.",
        "Збито: 71",
        'Докладніше: <a href="https://outlet.example/4711">на сайті</a>',
        'Як повідомляє <a href="https://t.me/kpszsu">командування</a>, збито 71 дрон',
        "📷 Фото: @photographer",
    ],
)
def test_a_last_line_that_says_something_stays(last: str) -> None:
    assert len(one(f"Удар по Одесі.<br/>{last}").summary.splitlines()) == 2


def test_a_message_that_is_only_an_invitation_stays_as_it_is() -> None:
    assert one("Підписатися на нашу розсилку").summary == "Підписатися на нашу розсилку"


@pytest.mark.parametrize(
    ("markup", "title"),
    [
        ("🇺🇦🇺🇦<br/>#новини<br/>Перший рядок.<br/>Другий", "Перший рядок."),
        (
            "<b>Перше речення цілком достатньої довжини.</b> " + "Друге " * 40,
            "Перше речення цілком достатньої довжини.",
        ),
        ("У м. Києві та обл. оголошено тривогу! " + "Друге " * 40, "У м. Києві та обл. оголошено тривогу!"),
        ("слово " * 40, "слово " * 19 + "…"),
        ("я" * 300, "я" * 119 + " …"),
    ],
)
def test_the_title_is_the_first_line_or_sentence_that_says_something(markup: str, title: str) -> None:
    assert one(markup).title == title


def test_the_page_before_is_asked_while_there_is_one() -> None:
    assert telegram.parse(page(more=MORE), URL, "staff_ua", "s").more == (f"{URL}?before=41",)
    head = '<link rel="prev" href="/s/staff_ua?before=41"><link rel="next" href="/s/staff_ua?after=60">'
    assert telegram.parse(page(head=head), f"{URL}?before=61", "staff_ua", "s").more == (f"{URL}?before=41",)
    newer = MORE.replace("before", "after")
    assert telegram.parse(page(message(text("T")), more=newer), URL, "staff_ua", "s").more == ()


def test_the_beginning_of_a_channel_is_an_empty_page() -> None:
    assert telegram.parse(page('<div class="tme_no_messages_found">No posts found</div>'), URL, "x", "s") == Listed(())


def test_messages_keep_the_order_of_the_page() -> None:
    assert [entry.url[-2:] for entry in read(*(message(text("T"), n) for n in (41, 43, 42)))] == ["41", "43", "42"]


LANDING = '<html><body><div class="tgme_page_wrap"><div class="tgme_page">{}</div></div></body></html>'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (LANDING.format('<div class="tgme_page_extra">25 015 subscribers</div>'), "switched off"),
        (LANDING.format('<div class="tgme_page_extra">4 711 members, 12 online</div>'), "a group"),
        (LANDING.format('<a class="tgme_action_button_new" href="tg://join?invite=AbC">Join</a>'), "private"),
        (
            LANDING.format('<div class="tgme_page_description">you can contact @x</div>'),
            "no public channel is called x",
        ),
        ("<html><head><title>Telegram – a new era</title></head></html>", "missing or private.*'Telegram – a new era'"),
        ("", "an empty answer"),
        ("<!-- -->", "an empty answer"),
        ('{"ok":false}', "missing or private"),
    ],
)
def test_a_page_without_a_channel_says_why(body: str, said: str) -> None:
    with pytest.raises(FeedError, match=said):
        telegram.parse(body.encode(), URL, "x", "s")


def test_hostile_pages_are_borne() -> None:
    nested = "<div>" * 50_000 + "глибоко"
    assert len(read(message(text("Раніше"), 1), message(text(nested), 2))) >= 1
    many = read(*(message(text("Т" * 50), n) for n in range(1, 3000)))
    assert len(many) == 2999
    assert read(message(text("T"), 1).replace("staff_ua/1", "../../etc"), message(text("&#xD800;&#0;Слово"), 2))
    assert one("\ue000Слово\ue001").summary == "Слово"
    assert len(one("слово " * 100_000).summary) <= 10_000


def test_a_page_that_breaks_off_keeps_what_came() -> None:
    whole = page(*(message(text("Слово"), n) for n in range(1, 20)))
    assert 5 < len(telegram.parse(whole[: len(whole) // 2], URL, "x", "s").entries) < 12
