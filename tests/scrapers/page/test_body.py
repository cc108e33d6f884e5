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


MENU = "<nav><a href='/war'>War</a></nav>"
TEASERS = (
    "<div class='box'><h3>Latest</h3><ul><li><a href='/1'>Air raid alert in all regions of Ukraine</a></li>"
    "<li><a href='/2'>Rutte says that members must spend more on defence</a></li></ul></div>"
)


def flash(*texts: str, tag: str = "p") -> str:
    inner = "".join(f"<{tag}>{text}</{tag}>" for text in texts)
    return read(page(f"{MENU}<div><h1>Drones over the river</h1><div class='text'>{inner}</div></div>{TEASERS}"))


_HEARD = "Explosions were heard in the town"


@pytest.mark.parametrize(
    ("texts", "tag"),
    [
        ((f"{_HEARD}, the local council has written this evening.", "An alert is on."), "p"),
        ((f"{_HEARD}, the local council has written this evening.", "An alert is on."), "div"),
        ((f"{_HEARD}.",), "p"),  # nothing tells such a line in a <div> from a label
    ],
)
def test_a_flash_of_a_sentence_has_no_menu_and_no_teasers(texts: tuple[str, ...], tag: str) -> None:
    assert flash(*texts, tag=tag).split("\n\n")[0] == texts[0]
    assert "Rutte" not in flash(*texts, tag=tag)


def test_a_photo_story_is_told_by_its_captions() -> None:
    captions = ("A soldier hugs his mother after the exchange.", "Relatives hold portraits while the buses arrive.")
    figures = "".join(f"<figure><img src='x'><figcaption>{text}</figcaption></figure>" for text in captions)
    assert read(page(f"{MENU}<article><h1>Drones over the river</h1>{figures}</article>")) == "\n\n".join(captions)


def test_every_line_of_a_daily_list_of_losses_is_kept() -> None:
    lines = ("personnel - about 853 580 (+1 140) men", "tanks - 10 027 (+11) units", "submarines - 1 (0) units")
    items = "".join(f"<li>{line}</li>" for line in lines)
    inner = f"{paragraphs(*TEXT)}<p>The losses of the enemy from 24.02.22 to 12.02.25:</p><ul>{items}</ul>"
    assert read(page(f"<article><h1>Drones over the river</h1>{inner}</article>")).endswith("\n\n".join(lines))


def test_a_table_of_wordpress_stands_in_a_figure_and_is_text() -> None:
    table = "<figure class='wp-block-table'><table><tr><td>Tanks</td><td>112</td></tr></table></figure>"
    text = read(page(f"<article><h1>Drones</h1>{paragraphs(*TEXT[:2])}{table}{paragraphs(*TEXT[2:])}</article>"))
    assert "Tanks\n\n112" in text


def test_two_line_breaks_part_paragraphs() -> None:
    inner = "<br>\n<br>".join(TEXT)
    assert read(page(f"<h1>Drones over the river</h1><div class='text'>{inner}</div>")) == WHOLE


def test_of_a_page_to_scroll_through_only_its_own_article_is_read() -> None:
    others = f"<h1>Denmark buys guns</h1>{paragraphs(*(f'{AD} {n}' for n in range(6)))}"
    first = f"<h1>Drones over the river</h1>{paragraphs(*TEXT)}"
    inner = f"<main><div class='story'>{first}</div><div class='story'>{others}</div></main>"
    assert read(page(inner)) == WHOLE


def test_answers_of_an_interview_are_kept_however_short() -> None:
    talk = ("QUESTION: Were the Ukrainians consulted?", "SECRETARY: Yes.", TEXT[0], "SECRETARY: No.")
    assert read(page(f"<article><h1>Drones</h1>{paragraphs(*talk)}</article>"), title="Drones") == "\n\n".join(talk)


@pytest.mark.parametrize(
    "line",
    [
        "Термінові повідомлення про війну Росії проти України читайте на каналі «Вістей» у Telegram.",
        "Підписуйтесь на наш Telegram-канал, щоб першими дізнаватися про найважливіше",
        "- Advertisement -",
        "Follow us on Google News so that you never miss a story about the war.",
        "Get unlimited access to all our journalism from 1 pound a week. Cancel at any time.",
    ],
)
def test_what_an_outlet_says_of_itself_is_no_text(line: str) -> None:
    assert read(page(f"<article><h1>Drones</h1>{paragraphs(*TEXT[:2], line, *TEXT[2:])}</article>")) == WHOLE


@pytest.mark.parametrize(
    "line",
    [
        "Two in three Ukrainians subscribe to Telegram channels that report on attacks.",
        "The inspectors were given full access to the plant, the agency said in its statement.",
        "The minister wrote on Telegram that the reserve would be called up in the spring.",
    ],
)
def test_what_an_article_says_of_channels_is_text(line: str) -> None:
    assert line in read(page(f"<article><h1>Drones</h1>{paragraphs(*TEXT[:2], line, *TEXT[2:])}</article>"))


NOTICE = "<div class='x1'><p>We keep small files on your device to make this site better for you.</p></div>"
LEGAL = "<div class='x2'><p>The opinion of the editors may differ from that of the authors, as ever.</p></div>"


@pytest.mark.parametrize(
    ("above", "below"),
    [(NOTICE, ""), ("", LEGAL), (NOTICE, LEGAL)],
)
def test_a_flash_is_not_drowned_by_what_stands_around_it(above: str, below: str) -> None:
    texts = ("Drones were seen over the river near the town, the governor said.", "An alert is on.")
    inner = f"{above}{MENU}<div class='c'><h1>Drones over the river</h1>{paragraphs(*texts)}</div>{below}"
    assert read(page(inner)) == "\n\n".join(texts)
