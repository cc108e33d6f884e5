from __future__ import annotations

import json
import unicodedata

import pytest

from scrapers.page import body, trees
from scrapers.page.metadata import Metadata

LEAD = "Twelve drones were shot down over the river in the night, the command of the air force says in its report."
TEXT = (
    "The first wave came shortly after midnight from the east, and the sirens were heard in all towns of the region.",
    "A second wave followed two hours later and flew along the coast before the crews of the launchers could see it.",
    "Nobody was hurt, according to the governor, although a warehouse burned for three hours in the northern suburb.",
    "Repairs of the power line between both towns began at dawn and are expected to be finished in the evening today.",
)
AD = "Nobody knows the market better than we do, and that is why all your friends have been with us for ten years now."


def page(inner: str, title: str = "Drones over the river") -> str:
    return f"<html><head><title>{title}</title></head><body>{inner}</body></html>"


def paragraphs(*texts: str) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def read(html: str, title: str = "Drones over the river", description: str = "") -> str:
    tree = trees.parse(html)
    assert tree is not None
    return body.read(tree, html, Metadata(title=title, description=description))


ARTICLE = f"<article><h1>Drones over the river</h1>{paragraphs(*TEXT)}</article>"
WHOLE = "\n\n".join(TEXT)


def test_the_text_has_its_paragraphs_and_neither_title_nor_menu() -> None:
    menu = "<nav><ul>" + "<li><a href='/x'>Section</a></li>" * 30 + "</ul></nav>"
    assert read(page(f"{menu}{ARTICLE}<footer>Terms and cookies</footer>")) == WHOLE


@pytest.mark.parametrize(
    "box",
    [
        '<div class="newsletter-box"><p>{}</p></div>',
        '<div class="c-relatedArticles"><p>{}</p></div>',
        "<aside><p>{}</p></aside>",
        '<figure><img src="x"><figcaption>{}</figcaption></figure>',
        '<div id="comments"><p>{}</p></div>',
        '<div role="dialog"><p>{}</p></div>',
        '<div style="display: none"><p>{}</p></div>',
        '<article class="small"><p>{}</p></article>',
        '<p><a href="/other">{}</a></p>',
    ],
)
def test_what_the_page_sets_apart_is_left_out(box: str) -> None:
    inner = f"<article>{paragraphs(*TEXT[:2])}{box.format(AD)}{paragraphs(*TEXT[2:])}</article>"
    assert read(page(inner)) == WHOLE


def test_a_name_that_would_take_most_of_the_page_is_not_believed() -> None:
    assert read(page(f'<div class="sidebar-layout">{paragraphs(*TEXT)}</div>')) == WHOLE


def test_comments_longer_than_the_article_are_left_out() -> None:
    comments = "".join(f"<p>{AD} It was said {number} times.</p>" for number in range(20))
    assert read(page(f'{ARTICLE}<div class="comment-list">{comments}</div>')) == WHOLE


def test_the_words_of_a_heading_in_an_id_set_nothing_apart() -> None:
    inner = f'{paragraphs(*TEXT[:2])}<div id="how-popular-drones-are">{paragraphs(*TEXT[2:])}</div>'
    assert read(page(f"<article>{inner}</article>")) == WHOLE


@pytest.mark.parametrize("lead", ["<p>{}</p>", "<h2>{}</h2>"])
def test_the_lead_between_heading_and_text_belongs_to_the_article(lead: str) -> None:
    top = f"<header><h1>Drones over the river</h1>{lead.format(LEAD)}</header>"
    assert read(page(f"{top}<div>{paragraphs(*TEXT)}</div>")) == f"{LEAD}\n\n{WHOLE}"


def test_a_lead_is_known_by_the_description_wherever_it_stands() -> None:
    top = f'<div class="teaser"><h1>Drones over the river</h1><div class="teaser">{LEAD}</div></div>'
    assert read(page(f"{top}<div>{paragraphs(*TEXT)}</div>"), description=LEAD) == f"{LEAD}\n\n{WHOLE}"


def test_subheadings_lists_and_quotes_stay_in_order() -> None:
    inner = (
        f"{paragraphs(TEXT[0])}<h2>What burned</h2><ul><li>A warehouse of grain.</li><li>Two lorries.</li></ul>"
        f"{paragraphs(TEXT[1])}<blockquote>We shall rebuild it.</blockquote>{paragraphs(TEXT[2])}"
    )
    expected = [
        TEXT[0],
        "What burned",
        "A warehouse of grain.",
        "Two lorries.",
        TEXT[1],
        "We shall rebuild it.",
        TEXT[2],
    ]
    assert read(page(f"<article>{inner}</article>")).split("\n\n") == expected


def test_a_heading_with_nothing_below_it_is_left_out() -> None:
    inner = f'{paragraphs(*TEXT)}<h3>Read also</h3><ul><li><a href="/1">Another article</a></li></ul>'
    assert read(page(f"<article>{inner}</article>")) == WHOLE


def test_bylines_and_dates_around_the_text_are_left_out() -> None:
    inner = f"<h1>Drones over the river</h1><div>12 May 2025, 10:15</div>{paragraphs(*TEXT)}<span>Photo: AFP</span>"
    assert read(page(f"<article>{inner}</article>")) == WHOLE


def test_a_paragraph_full_of_links_is_still_a_paragraph() -> None:
    linked = (
        '<a href="/1">The ministry of defence of the republic</a> promised <a href="/2">a third launcher</a>, no less.'
    )
    plain = "The ministry of defence of the republic promised a third launcher, no less, and it did so on two days."
    inner = f"{paragraphs(TEXT[0])}<p>{linked.removesuffix('.')}, and it did so on two days.</p>{paragraphs(TEXT[1])}"
    assert read(page(f"<article>{inner}</article>")) == f"{TEXT[0]}\n\n{plain}\n\n{TEXT[1]}"


def test_teasers_beside_the_article_are_not_its_text() -> None:
    teaser = f'<div><h3><a href="/x">Another article of today</a></h3><p>{AD}</p><a href="/x">More</a></div>'
    menu = "<ul>" + '<li><a href="/x">A section with a long name</a></li>' * 40 + "</ul>"
    assert read(page(f"<div><div>{ARTICLE}</div><div>{menu}{teaser}</div></div>")) == WHOLE


def test_text_without_paragraph_elements_is_read() -> None:
    inner = "".join(f"<div>{text}</div>" for text in TEXT)
    assert read(page(f"<div>{inner}</div>")) == WHOLE


def test_a_text_that_stands_on_the_page_twice_is_read_once() -> None:
    inner = f"{paragraphs(*TEXT)}<div>{paragraphs(*TEXT)}</div>"
    assert read(page(f"<article>{inner}</article>")) == WHOLE


def test_an_article_behind_a_closed_root_is_found() -> None:
    early = f"<html><head></head><body>Menu</body></html><html><body>{ARTICLE}</body></html>"
    assert WHOLE in read(early)


def test_paragraphs_that_only_scripts_carry_are_read() -> None:
    carried = json.dumps(json.dumps({"content": paragraphs(*TEXT)})).replace("<", "\\u003c").replace(">", "\\u003e")
    assert read(page(f"<div id=root></div><script>self.push([1,{carried}])</script>")) == WHOLE


@pytest.mark.parametrize("language", ["uk", "ja"])
def test_other_scripts_are_read_like_latin(language: str) -> None:
    texts = {
        "uk": (
            "Генеральний секретар прибув до Києва в середу вранці на переговори про протиповітряну оборону та гроші.",
            "Він заявив, що союзники погодили дві умови гарантій безпеки для України, і що обидві можна виконати.",
            "Президент подякував йому за візит і попросив більше пускових установок до початку наступної зими.",
        ),
        "ja": (
            "防衛省は水曜日、北部の沿岸で夜間に十二機の無人機が確認され、地上部隊がすべてを撃墜したと発表した。住民に被害はなかった。",
            "知事によると、二度目の飛来は午前二時ごろで、北部の倉庫が三時間にわたり燃えたが、消防が夜明けまでに火を消し止めた。",
            "両市を結ぶ送電線の復旧作業は夜明けに始まり、夕方までに終わる見込みだと電力会社が記者会見で明らかにした。",
        ),
    }[language]
    menu = "<ul>" + "<li><a href='/'>розділ</a></li>" * 20 + "</ul>"
    assert read(page(f"{menu}<article>{paragraphs(*texts)}</article>")) == "\n\n".join(texts)


def test_the_text_is_in_nfc() -> None:
    decomposed = unicodedata.normalize(
        "NFD", "Україна й Київ їздять електричкою, кажуть у залізниці про цей новий потяг зранку."
    )
    found = read(page(f"<article>{paragraphs(decomposed, *TEXT)}</article>"))
    assert found == unicodedata.normalize("NFC", found)
    assert found.startswith("Україна й Київ їздять")


def test_text_below_fifty_thousand_tags_is_read() -> None:
    assert read("<div>" * 50_000 + paragraphs(*TEXT)) == WHOLE


@pytest.mark.parametrize(
    "html",
    [
        "<p>",
        "<script>" + "u003cp " * 200_000,
        "<script>" + "\\u003cp " * 100_000 + "</script>",
        "<li><a href=x>y</a>" * 50_000,
        f"<div class='{'a-' * 500_000}'>x</div>",
        "".join(f"<p>{number} {'word ' * 250}</p>" for number in range(2000)),
        "<p>Lone \ud800 surrogate</p>",
        "<svg>" * 300 + "x",
    ],
    ids=["empty", "open script", "carried nothing", "links", "long name", "long paragraphs", "surrogate", "svg"],
)
def test_hostile_pages_give_a_text_or_none(html: str) -> None:
    tree = trees.parse(html)
    assert tree is not None
    assert isinstance(body.read(tree, html, Metadata()), str)


@pytest.mark.parametrize(
    "text",
    [
        "The minister said that the…",
        "The minister said that the ...",
        "The minister said that the [...]",
        "The minister said. Read more",
        "Міністр сказав. Читати далі →",
        "Министр сказал. Читать полностью на сайте",
        "Der Minister sagte das. Weiterlesen",
        "Le ministre a parlé. Lire la suite",
    ],
)
def test_a_text_that_breaks_off_is_truncated(text: str) -> None:
    assert body.is_truncated(text)


@pytest.mark.parametrize(
    "text", ["", "The minister said so.", "He asked them to read more books. They did so in the evening.", "Кінець."]
)
def test_a_text_that_ends_is_whole(text: str) -> None:
    assert not body.is_truncated(text)
