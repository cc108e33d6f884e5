from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scrapers.article import Article, Cut, DateOrigin, FeedEntry, FetchedPage
from scrapers.errors import ExtractionError
from scrapers.page import extraction
from scrapers.source import ArticleRule, Route, RouteType, Source

URL = "https://wire.example/world/rutte?utm_source=rss"
NOW = datetime(2025, 2, 12, 18, 0, tzinfo=UTC)
PARAGRAPHS = {
    "en": (
        "The secretary general of NATO arrived in Kyiv on Wednesday morning for talks about air defence and money.",
        "He said that the allies had agreed on two conditions for security guarantees, and that both could be met.",
        "The president thanked him for the visit and asked for more launchers before the next winter comes.",
        "It was the third visit of the secretary general since he took office in October of the previous year.",
    ),
    "uk": (
        "Генеральний секретар НАТО прибув до Києва в середу вранці на переговори про протиповітряну оборону та гроші.",
        "Він заявив, що союзники погодили дві умови гарантій безпеки для України, і що обидві можна виконати.",
        "Президент подякував йому за візит і попросив більше пускових установок до початку наступної зими.",
        "Це був третій візит генерального секретаря після того, як він обійняв посаду в жовтні минулого року.",
    ),
    "ru": (
        "Генеральный секретарь НАТО прибыл в Киев в среду утром на переговоры о противовоздушной обороне и деньгах.",
        "Он заявил, что союзники согласовали два условия гарантий безопасности, и что оба можно выполнить.",
        "Президент поблагодарил его за визит и попросил больше пусковых установок до начала следующей зимы.",
        "Это был третий визит генерального секретаря после того, как он вступил в должность в октябре прошлого года.",
    ),
}


def html(language: str = "en", title: str = "Rutte arrives in Kyiv", head: str = "", paragraphs: int = 4) -> str:
    text = "".join(f"<p>{text}</p>" for text in PARAGRAPHS[language][:paragraphs])
    return (
        f'<!doctype html><html lang="{language}"><head><title>{title} | The Wire</title>'
        f'<meta property="og:site_name" content="The Wire">{head}</head><body><nav><a href="/">Home</a></nav>'
        f"<main><article><h1>{title}</h1>{text}</article></main><footer>Cookies and terms</footer></body></html>"
    )


def page(body: str | bytes, kind: str = "text/html; charset=utf-8", final: str = URL) -> FetchedPage:
    raw = body.encode() if isinstance(body, str) else body
    return FetchedPage(URL, final, 200, raw, NOW, {"content-type": kind})


def source(article: ArticleRule | None = None, language: str | None = None) -> Source:
    routes = (Route(RouteType.FEED, "https://wire.example/rss"),)
    return Source(
        id="wire", name="The Wire", homepage="https://wire.example", routes=routes, article=article, language=language
    )


def entry(summary: str = "", published: datetime | None = None, title: str = "From the feed") -> FeedEntry:
    return FeedEntry("wire", URL, title=title, summary=summary, published=published, authors=("Bo Ek",), language="en")


def time(text: str) -> str:
    return f'<meta property="article:published_time" content="{text}">'


@pytest.mark.parametrize("language", PARAGRAPHS)
def test_an_article_is_read_with_its_paragraphs_and_in_its_language(language: str) -> None:
    head = time("2025-02-12T10:00:00+02:00") + '<link rel="canonical" href="/world/rutte">'
    found = extraction.extract(page(html(language, head=head)), source())
    assert found == Article(
        source="wire",
        url="https://wire.example/world/rutte",
        title="Rutte arrives in Kyiv",
        text="\n\n".join(PARAGRAPHS[language]),
        published=datetime(2025, 2, 12, 8, 0, tzinfo=UTC),
        date_origin=DateOrigin.META,
        language=language,
        aliases=(URL, "https://wire.example/world/rutte"),
    )


def test_the_text_tells_the_language_and_not_the_page_or_the_source() -> None:
    lying = html("ru").replace('lang="ru"', 'lang="uk"')
    assert extraction.extract(page(lying), source(language="uk")).language == "ru"


def test_all_addresses_that_led_here_are_kept() -> None:
    final, canonical = "https://wire.example/world/rutte-in-brussels-1", "https://wire.example/2025/rutte-in-brussels-1"
    body = html(head=f'<link rel="canonical" href="{canonical}">')
    found = extraction.extract(page(body, final=final), source())
    assert (found.url, found.aliases) == (canonical, (URL, final, canonical))


@pytest.mark.parametrize("final", ["https://wire.example/", "https://wire.example/world/"])
def test_a_page_that_leads_to_its_section_is_no_article(final: str) -> None:
    with pytest.raises(ExtractionError, match="another page"):
        extraction.extract(page(html(), final=final), source())


@pytest.mark.parametrize(
    ("written", "told", "published", "origin"),
    [
        ("2025-02-12T10:00:00+02:00", "2025-02-12T09:30", "2025-02-12T08:00", DateOrigin.META),
        ("2025-02-12T10:00:00", "2025-02-12T08:00", "2025-02-12T08:00", DateOrigin.FEED),
        ("2025-02-12", "2025-02-12T17:00", "2025-02-12T17:00", DateOrigin.FEED),
        ("2025-02-12T10:00:00", "2025-02-14T08:00", "2025-02-12T10:00", DateOrigin.META),
        ("2025-02-12T10:00:00", "", "2025-02-12T10:00", DateOrigin.META),
        ("", "2025-02-12T08:00", "2025-02-12T08:00", DateOrigin.FEED),
        ("2026-01-01T00:00:00Z", "2025-02-12T08:00", "2025-02-12T08:00", DateOrigin.FEED),
        ("2025-02-12T10:00:00", "2026-01-01T00:00", "2025-02-12T10:00", DateOrigin.META),
    ],
)
def test_the_page_tells_the_time_and_the_feed_its_zone(
    written: str, told: str, published: str, origin: DateOrigin
) -> None:
    when = datetime.fromisoformat(told).replace(tzinfo=UTC) if told else None
    found = extraction.extract(page(html(head=time(written) if written else "")), source(), entry(published=when))
    assert (found.published, found.date_origin) == (datetime.fromisoformat(published).replace(tzinfo=UTC), origin)


def test_the_feed_fills_in_what_the_page_does_not_say() -> None:
    body = "<html><body><div>" + "".join(f"<p>{text}</p>" for text in PARAGRAPHS["en"]) + "</div></body></html>"
    found = extraction.extract(page(body), source(), entry())
    assert (found.title, found.authors, found.partial) == ("From the feed", ("Bo Ek",), False)


def test_a_short_page_is_completed_from_json_ld() -> None:
    body = " ".join(PARAGRAPHS["en"])
    head = f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "articleBody": body})}</script>'
    found = extraction.extract(page(html(head=head, paragraphs=1)), source())
    assert (found.text, found.partial) == (body, False)


@pytest.mark.parametrize("where", ["description", "summary"])
def test_a_teaser_makes_a_partial_article(where: str) -> None:
    teaser = "The secretary general of NATO arrived in Kyiv on Wednesday morning. Subscribe to read on."
    head = f'<meta property="og:description" content="{teaser}">' if where == "description" else ""
    told = entry(teaser if where == "summary" else "")
    found = extraction.extract(page(html(head=head, paragraphs=0)), source(), told)
    assert (found.text, found.partial, found.title) == (teaser, True, "Rutte arrives in Kyiv")


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-u", "utf-8"])
def test_the_charset_of_the_page_is_respected(charset: str) -> None:
    body = html("uk", head=f'<meta charset="{charset}">').encode(charset, "replace")
    assert "протиповітряну" in extraction.extract(page(body, "text/html"), source()).text


def test_text_is_composed_and_free_of_control_characters() -> None:
    body = html().replace("Wednesday", "Wedne\x00s\x0bday Zürich").replace("ü", "u\u0308")
    assert "Wednesday Zürich" in extraction.extract(page(body), source()).text


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("", "text/html", "empty"),
        (b"%PDF-1.7 ...", "text/html", "binary"),
        ('{"a": 1}', "application/json", "application/json, not HTML"),
        ('{"a": 1}', "", "not HTML"),
        ("<rss><channel><title>T</title><item><p>x</p></item></channel></rss>", "text/xml", "a feed or a sitemap"),
        ("<html><title>Just a moment...</title><body>Checking your browser</body></html>", "text/html", "a challenge"),
        ("<html><body><div id=root></div><script>x</script></body></html>", "text/html", "an empty shell"),
        ("<html><title>Rutte</title><body></body></html>", "text/html", "an empty shell"),
    ],
)
def test_what_is_no_article_says_what_it_is(body: str | bytes, kind: str, said: str) -> None:
    with pytest.raises(ExtractionError) as error:
        extraction.extract(page(body, kind), source())
    assert said in str(error.value)


@pytest.mark.parametrize(
    "body",
    [
        "<html><body>" + "<div>" * 50_000 + "<p>deep</p>",
        "<html><body>" + "<b>" * 50_000 + "deep",
        "<" * 500_000,
        "<html><p>" + "<a " * 100_000,
        "<html><body " + "a=1 " * 100_000 + "><p>x</p>",
        '<html><script type="application/ld+json">' + "[" * 50_000 + "</script><p>x</p>",
        "<html><title>" + " | a" * 2000 + "</title><p>x</p>",
        "<html><body>" + "<h1>Title</h1>" * 5000,
        "<!-- x",
    ],
)
def test_hostile_pages_end_in_an_article_or_an_extraction_error(body: str) -> None:
    assert isinstance(extraction.extract_html(body, URL).text, str)
    try:
        assert extraction.extract(page(body), source()).source == "wire"
    except ExtractionError as error:
        assert str(error).startswith("the page")  # noqa: PT017 - both ends are right


def test_an_article_below_300_nested_elements_is_read() -> None:
    text = "".join(f"<p>{text}</p>" for text in PARAGRAPHS["en"])
    body = "<html><body><h1>Deep</h1>" + "<div>" * 300 + text + "</div>" * 300
    assert PARAGRAPHS["en"][3] in extraction.extract(page(body), source()).text


def test_a_rule_of_the_outlet_comes_first() -> None:
    body = html().replace("<footer>", f"<section class=story><p>{' '.join(PARAGRAPHS['en'])}</p></section><footer>")
    rule = ArticleRule(body=".story", title="title")
    found = extraction.extract(page(body), source(rule))
    assert (found.text, found.title) == (" ".join(PARAGRAPHS["en"]), "Rutte arrives in Kyiv | The Wire")


def test_a_rotten_rule_falls_back_to_the_generic_text_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="scrapers.page.extraction"):
        found = extraction.extract(page(html()), source(ArticleRule(body=".gone")))
    assert found.text == "\n\n".join(PARAGRAPHS["en"])
    assert [record.message for record in caplog.records] == ["rule broken"]


def test_an_entry_alone_makes_a_partial_article() -> None:
    when = datetime(2025, 2, 12, 8, 0, tzinfo=UTC)
    found = extraction.partial_article(entry(PARAGRAPHS["en"][0], when))
    assert found == Article(
        source="wire",
        url="https://wire.example/world/rutte",
        title="From the feed",
        text=PARAGRAPHS["en"][0],
        published=when,
        date_origin=DateOrigin.FEED,
        authors=("Bo Ek",),
        language="en",
        aliases=(URL,),
        cut=Cut.FEED,
    )


def test_an_entry_without_a_title_makes_no_article() -> None:
    assert extraction.partial_article(entry(title="")) is None


@pytest.mark.parametrize("ahead", [timedelta(days=3), timedelta(days=20_000)])
def test_an_entry_from_the_future_gives_no_time(ahead: timedelta) -> None:
    odd = entry(published=NOW + ahead)
    alone = extraction.partial_article(odd, NOW)
    assert alone is not None
    read = extraction.extract(page(html(head=time((NOW + ahead).isoformat()))), source(), odd)
    assert [(one.published, one.date_origin) for one in (alone, read)] == [(None, None)] * 2


def test_no_string_of_an_article_holds_what_cannot_be_stored() -> None:
    bad = "\ud800\x00\u202e\x9b"
    said = {"@type": "NewsArticle", "headline": f"Rutte{bad} arrives", "author": f"Ann{bad} Lee", "url": f"/x{bad}"}
    said["articleBody"] = f"{bad}\n\n".join(PARAGRAPHS["en"])
    head = f'<script type="application/ld+json">{json.dumps(said)}</script>'
    bare = f"<html><head>{head}</head><body><h1>Rutte&#x202e;&#x7f; arrives</h1></body></html>"
    told = replace(entry(f"B{bad}", title=f"A{bad}\nC"), url=f"{URL}{bad}", authors=(f"Ann{bad}",))
    read, alone = extraction.extract(page(bare), source(), told), extraction.partial_article(told)
    assert alone is not None
    words = " ".join(PARAGRAPHS["en"]).split()
    assert (read.title, read.text.split(), read.authors) == ("Rutte arrives", words, ("Ann Lee",))
    assert (alone.title, alone.text, alone.authors) == ("A C", "B", ("Ann",))
    for article in (read, alone):
        assert "\x00" not in "".join((article.url, *article.aliases)).encode().decode()


def test_a_title_of_nothing_but_controls_is_none() -> None:
    assert extraction.partial_article(entry(title="\u202e\x00")) is None
    found = extraction.extract(page(html(title="&#x202e;")), source(), entry())
    assert found.title != ""
    assert "\u202e" not in found.title


def test_pages_that_call_their_section_their_own_address_stay_apart() -> None:
    head = '<link rel="canonical" href="/e/news/"><meta property="og:url" content="https://wire.example/e/news/">'
    finals = [f"https://wire.example/e/news/{name}" for name in ("101", "102", "rutte-visits-kyiv", "third")]
    found = [extraction.extract(page(html(head=head), final=final), source()) for final in finals]
    assert [article.url for article in found] == finals
    assert not any("https://wire.example/e/news/" in article.aliases for article in found)


SLOGAN = "The latest stories of today: politics, business, sport, culture, technology, video and photographs online"


def test_the_slogan_of_an_outlet_does_not_replace_its_flash() -> None:
    head = f'<meta property="og:description" content="{SLOGAN}">'
    text = "<h1>Rutte arrives in Kyiv</h1><p>Rutte has arrived in Kyiv by train, his office says.</p>"
    page = f"<html><head><title>Rutte arrives in Kyiv</title>{head}</head><body>{text}</body></html>"
    fetched = FetchedPage(URL, URL, 200, page.encode(), NOW, {"content-type": "text/html; charset=utf-8"})
    found = extraction.extract(fetched, source())
    assert (found.text, found.cut) == ("Rutte has arrived in Kyiv by train, his office says.", None)


def test_the_time_of_the_feed_goes_before_a_date_in_words_on_the_page() -> None:
    head = "<html><head><title>Rutte arrives in Kyiv</title></head><body><h1>Rutte arrives in Kyiv</h1>"
    text = "".join(f"<p>{text}</p>" for text in PARAGRAPHS["en"])
    page = f"{head}{text}<div class='box'><span class='date'>3 February 2025</span></div></body></html>"
    fetched = FetchedPage(URL, URL, 200, page.encode(), NOW, {"content-type": "text/html; charset=utf-8"})
    told = FeedEntry(source="wire", url=URL, title="Rutte arrives in Kyiv", published=NOW - timedelta(hours=1))
    assert extraction.extract(fetched, source(), told).published == NOW - timedelta(hours=1)
