from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path

import pytest

from scrapers.charset import decode
from scrapers.errors import PageOutcome
from scrapers.page import refusal
from scrapers.page.refusal import recognise

DATA = Path(__file__).parents[3].parent / "shared" / "data" / "pages"
NONE: Mapping[str, str] = {}
SENTENCE = "The secretary general of the alliance arrived in the capital for talks about air defence and money. "
MENU = "<nav>" + "".join(f"<a href='/{n}'>Section number {n}</a>" for n in range(60)) + "</nav>"
PASSWORD = "<form><input name=user><input type=password name=p><button>Go</button></form>"


def page(body: str, title: str = "", head: str = "") -> str:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def outcome(html: str, text: str = "", title: str = "") -> PageOutcome | None:
    found = recognise(html, text, title, NONE)
    return found[0] if found else None


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Just a moment...", "<script>window._cf_chl_opt={}</script><noscript>Enable JavaScript</noscript>"),
        ("Attention Required! | Cloudflare", "<h1>Sorry, you have been blocked</h1>"),
        ("outlet.example", "<p>Checking your browser before accessing the site.</p>"),
        ("DDOS-GUARD", "<p>Перевірка браузера перед переходом на сайт</p>"),
        ("", "<script src='/_Incapsula_Resource?a'></script><iframe>Incapsula incident ID: 1</iframe>"),
        ("Access Denied", "<p>You don't have permission to access this on this server. errors.edgesuite.net</p>"),
        ("Access to this page has been denied", "<div id='px-captcha'></div><p>Press & Hold to confirm</p>"),
        ("outlet.example", "<script src='https://ct.captcha-delivery.com/c.js'></script>"),
        ("Перевірка", "<p>Підтвердьте, що ви не робот</p><div class='g-recaptcha'></div>"),
        ("Проверка", "<p>Подтвердите, что запросы отправляли вы, а не робот</p>"),
        ("Ой!", "<p>Доступ ограничен: введите символы с картинки</p>"),
        ("Uwaga", "<p>Potwierdź, że nie jesteś robotem</p>"),
        ("Moment", "<p>Bitte bestätigen Sie, dass Sie kein Roboter sind</p>"),
        ("", "<p>Please enable JavaScript and cookies to continue</p>"),
    ],
)
def test_a_check_for_robots_is_a_challenge(title: str, body: str) -> None:
    assert outcome(page(body, title), title=title) is PageOutcome.CHALLENGE


@pytest.mark.parametrize("headers", [{"cf-mitigated": "challenge"}, {"x-amzn-waf-action": "captcha"}])
def test_a_header_alone_proves_a_challenge(headers: dict[str, str]) -> None:
    found = recognise(page(f"<p>{SENTENCE * 20}</p>"), SENTENCE * 20, "Talks", headers)
    assert found is not None
    assert found[0] is PageOutcome.CHALLENGE


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("Sign in", f"<h1>Sign in to continue</h1>{PASSWORD}"),
        ("Outlet", f"<p>Увійдіть, щоб читати далі</p>{PASSWORD}"),
        ("Outlet", "<p>Войдите, чтобы продолжить чтение</p>"),
        ("Outlet", "<p>Zaloguj się, aby czytać dalej</p>"),
        ("Outlet", "<p>Bitte melden Sie sich an, um weiterzulesen</p>"),
        ("Welcome", f"<p>Outlet</p>{PASSWORD}"),
    ],
)
def test_a_page_that_wants_an_account_is_a_login_wall(title: str, body: str) -> None:
    assert outcome(page(body, title), title=title) is PageOutcome.LOGIN_WALL


def test_a_login_wall_within_the_frame_of_the_outlet_is_one() -> None:
    said = "You must be logged in."
    assert outcome(page(f"{MENU}<p>{said}</p>"), said, "Outlet") is PageOutcome.LOGIN_WALL


@pytest.mark.parametrize(
    "body",
    [
        "<div id='root'></div><script src='/main.js'></script>",
        "<noscript>You need to enable JavaScript to run this app.</noscript><div id='root'></div>",
        "<app-root></app-root>",
        "<p>Щоб читати наш сайт, увімкніть JavaScript у своєму браузері та оновіть сторінку.</p><div id='app'></div>",
        "",
    ],
)
def test_a_page_that_a_script_would_fill_is_an_empty_shell(body: str) -> None:
    assert outcome(page(body, "Outlet"), title="Outlet") is PageOutcome.EMPTY_SHELL


def test_a_page_that_only_sends_readers_on_says_where_to() -> None:
    refresh = "<meta http-equiv='refresh' content='0; url=https://wire.example/?a=1&amp;b=2'>"
    found = recognise(page("", head=refresh), "", "", NONE)
    assert found == (
        PageOutcome.ELSEWHERE,
        "the page only sends readers on to https://wire.example/?a=1&b=2",
    )


@pytest.mark.parametrize(
    "title",
    [
        "404",
        "Page not found",
        "404 Not Found",
        "Page not found - The Wire",
        "404: This page could not be found | The Wire",
        "Error 404",
        "Помилка 404",
        "Сторінку не знайдено | Українська правда",
        "404 - Сторінка не існує",
        "Страница не найдена — Агентство",
        "Nie znaleziono strony - PAP",
        "Strona nie istnieje | PAP",
        "Seite nicht gefunden | Zeitung",
        "Oops! That page can't be found",
    ],
)
def test_a_title_that_says_not_found_is_another_page_in_spite_of_teasers(title: str) -> None:
    teasers = "Rutte arrives in Kyiv. Talks go on. " * 20
    assert outcome(page(f"{MENU}<p>{teasers}</p>", title), teasers, title) is PageOutcome.ELSEWHERE


@pytest.mark.parametrize(
    "title",
    [
        "Page not found: how Russia wipes its archives from the web",
        "Зниклі сторінки: 404 дні у полоні пережив боєць",
        "404 drones shot down over Ukraine in one night",
        "Access denied: inspectors turned away at the Zaporizhzhia plant",
        "Are you a robot? Turing test passed by a machine",
        "Just a moment... how the front changed within a day",
        "Сторінку не знайдено: що стоїть за блокуванням сайтів",
        "Тіла зниклих не знайдено",
        "Missing children not found after strike",
    ],
)
@pytest.mark.parametrize("sentences", [1, 3, 12])
def test_an_article_that_mentions_such_words_stays_one(title: str, sentences: int) -> None:
    text = f"{title}. " + SENTENCE * sentences
    assert outcome(page(f"{MENU}<article><h1>{title}</h1><p>{text}</p></article>", title), text, title) is None


@pytest.mark.parametrize("said", ["Access denied", "Доступ обмежено", "Доступ запрещён", "Unusual traffic"])
def test_a_flash_that_denies_access_to_a_place_stays_one_on_a_bare_page(said: str) -> None:
    text = f"{said}: inspectors were turned away at the gates of the plant. {SENTENCE}"
    assert outcome(page(f"<h1>{said}: inspectors</h1><p>{text}</p>"), text, f"{said}: inspectors") is None


def test_an_article_about_captchas_on_a_bare_page_stays_one() -> None:
    text = "Researchers say that every captcha which asks whether you are a human can be passed. " + SENTENCE * 10
    html = page(f"<p>{text}</p><script src='/cdn-cgi/challenge-platform/h.js'></script>{PASSWORD}")
    assert outcome(html, text, "Captchas are dead") is None


def test_a_flash_on_a_page_with_guards_and_a_login_form_stays_an_article() -> None:
    guards = "<script src='/cdn-cgi/challenge-platform/h.js'></script><div class='g-recaptcha'></div>"
    html = page(f"{MENU}<p>{SENTENCE}</p>{guards}<div hidden>Please log in {PASSWORD}</div>")
    assert outcome(html, SENTENCE, "Rutte in Kyiv") is None


def test_a_short_flash_on_a_bare_page_stays_an_article() -> None:
    assert outcome(page(f"<h1>Rutte in Kyiv</h1><p>{SENTENCE}{SENTENCE}</p>"), SENTENCE * 2, "Rutte in Kyiv") is None


def test_a_text_without_spaces_counts_its_signs() -> None:
    text = "北大西洋条約機構の事務総長が水曜日の朝に首都に到着し防空と資金について協議を始めたと発表した。" * 2
    assert outcome(page(f"<p>{text}</p>"), text, "到着") is None


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not here")
def test_no_real_page_that_shows_an_article_is_refused() -> None:
    refused = []
    for path in sorted(DATA.rglob("*.html.gz")):
        html = decode(gzip.decompress(path.read_bytes()))
        found = re.search(r"<title[^<>]*>([^<]*)</title>", html, re.IGNORECASE)
        title = unescape(found[1]) if found else ""
        shown = refusal._shown(html)
        refused += [path.name for text in ("", shown) if shown and recognise(html, text, title, NONE)]
    assert refused == []


@pytest.mark.parametrize(
    "piece", ["<", "<script", "<!--", "<input ", "<meta http-equiv=refresh;", "&", "\x00", "\ud800"]
)
def test_hostile_pages_end_in_an_answer(piece: str) -> None:
    recognise(piece * (500_000 // len(piece)), "", piece * 1000, NONE)


FLASH = "У Сумах пролунали вибухи, повідомляє обласна влада."


@pytest.mark.parametrize(
    "beside",
    [
        "",
        PASSWORD,
        "<p>Увійдіть, щоб залишити коментар</p>",
        "<p>You must be logged in to post a comment.</p>",
        "<script src='https://www.google.com/recaptcha/api.js'></script>",
        "<script>/cdn-cgi/challenge-platform/scripts/jsd/main.js</script>",
    ],
)
def test_a_flash_on_a_lean_page_is_an_article(beside: str) -> None:
    title = "Вибухи пролунали у Сумах"
    assert outcome(page(f"<h1>{title}</h1><p>{FLASH}</p>{beside}", title), FLASH, title) is None


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Access denied to this website", "Access is denied to this website for your address."),
        ("Log in to read: explosions heard in Sumy", "Please log in to read about explosions heard in Sumy."),
    ],
)
def test_a_wall_that_repeats_its_title_stays_one(title: str, text: str) -> None:
    assert outcome(page(f"<h1>{title}</h1><p>{text}</p>", title), text, title) is not None
