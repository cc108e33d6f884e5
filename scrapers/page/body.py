"""Find the text of the article on a page."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter

import trafilatura
from lxml.html import HtmlElement

from scrapers.page import authors, blocks, region, selling, topic, trees
from scrapers.page.blocks import Block, Page
from scrapers.page.metadata import Metadata

ENOUGH = 60  # words; a shorter text is a teaser, a caption, or a failed extraction
_LONGEST = 400_000  # characters, a book of 150 pages
_LARGEST = 1_500_000  # characters of a page that is worth a second opinion
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
_TOP = 3  # paragraphs among which the title may stand
_SHARED = 2  # longer words of a heading that its article has
_RUN = 3  # paragraphs beside each other
_LEADS = 3  # blocks between the heading and the text
_TITLE = 20  # letters of a title that are no coincidence
_TELLING = 6  # words that a lead shares with the description
_LEAD = 60  # letters
_SHORT = 40  # letters of a line that is no paragraph
_WORDS = 4  # words of a sentence
_REPEATING = 1000  # characters of a block that may hold the whole text once more
_DOUBLED = 60  # characters of a paragraph that nobody writes twice
_MANY = 10_000  # blocks, of which no article has so many; trafilatura takes ten seconds for 50,000 linked lines
_MOST = 0.5  # share of the prose of the page; with less, another reader is asked
_CUT = re.compile(
    r"(?:\.\.\.|…|\[\s*(?:…|\.\.\.)\s*\])[\s»”\"')]*$"
    r"|(?:read (?:more|on|the (?:full|rest))|continue reading|subscribe to (?:read|continue)"
    r"|читати (?:далі|більше|повністю)|читать (?:далее|дальше|полностью)|докладніше|подробнее|детальніше"
    r"|weiterlesen|mehr lesen|lire la suite|czytaj (?:dalej|więcej)|leer más|sigue leyendo|continua a leggere"
    r"|leggi tutto)[^.!?\n]{0,60}[.…>»→]*\s*$",
    re.IGNORECASE,
)
_PROSE = re.compile(r"^.{40,}[.!?…:;»”\"')]$|^.{80,}$", re.MULTILINE)
_MARKUP = re.compile(r"(?:<|u003c)p\b", re.IGNORECASE)
_ESCAPES = tuple(
    (re.compile(pattern, re.IGNORECASE), character)
    for pattern, character in (
        (r"\\+u003c", "<"),
        (r"\\+u003e", ">"),
        (r"\\+u0026", "&"),
        (r"\\+[nrt]", " "),
        (r"\\+(?=[\"'/])", ""),
    )
)
_log = logging.getLogger(__name__)


def read(tree: HtmlElement, html: str, facts: Metadata) -> str:
    """The article on the page, with a blank line between paragraphs, in NFC; "" where none is found. Never raises.

    `tree` is the page as parsed from `html`, and `facts` is what its metadata says.
    """
    text, doubtful = _attempt(tree, facts)
    if count(text) < ENOUGH and (flat := trees.flattened(html)) != html:
        text, doubtful = max((text, doubtful), _parsed(flat, facts), key=lambda found: len(found[0]))
    if doubtful and len(html) <= _LARGEST:
        second = _below(facts.title, _second(html))
        # of a page without any sentence it reads the menus
        text = max(text, second, key=len) if _PROSE.search(second) else text
    if count(text) < ENOUGH and (carried := _carried(tree)):
        text = max(text, _parsed(carried, facts)[0], key=len)
    return text[:_LONGEST]


def is_truncated(text: str) -> bool:
    """Whether `text` breaks off, or ends by asking to read on elsewhere."""
    return _CUT.search(text[-200:]) is not None


def count(text: str) -> int:
    """How many words; two signs of a script without spaces count as one."""
    return len(text.split()) + len(_SIGN.findall(text)) // 2


def _attempt(tree: HtmlElement, facts: Metadata) -> tuple[str, bool]:
    try:
        return _own(blocks.cut(tree), facts)
    except Exception:  # noqa: BLE001 - and facts are better than nothing
        _log.exception("text unreadable")
        return "", True


def _parsed(html: str, facts: Metadata) -> tuple[str, bool]:
    tree = trees.parse(html)
    return _attempt(tree, facts) if tree is not None else ("", True)


def _carried(tree: HtmlElement) -> str:
    """The paragraphs that scripts of the page carry for the browser to show, as HTML."""
    scripts = "\n".join(text for script in tree.iter("script") if _MARKUP.search(text := script.text or ""))[:_LARGEST]
    for pattern, character in _ESCAPES:
        scripts = pattern.sub(character, scripts)
    # split, because a pattern from <p> to </p> takes quadratic time where the second is missing
    inner = (part.partition("</p>")[0] for part in re.split(r"<p(?=[\s>])", scripts)[1:])
    return "".join(f"<p{part}</p>" for part in inner)


def _second(html: str) -> str:
    """The text as trafilatura reads it."""
    try:
        found = trafilatura.bare_extraction(html, include_comments=False, with_metadata=False)
    except Exception:  # noqa: BLE001 - and facts are better than nothing
        _log.exception("text unreadable")
        return ""
    text = getattr(found, "text", None) or ""
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return unicodedata.normalize("NFC", "\n\n".join(line for line in lines if line))


def _below(title: str, text: str) -> str:
    """`text` without the title, where that is one of its first paragraphs."""
    paragraphs = text.split("\n\n")
    same = [n for n, words in enumerate(paragraphs[:_TOP]) if title and authors.key(words) == authors.key(title)]
    return "\n\n".join(paragraphs[same[0] + 1 :]) if same and len(paragraphs) > same[0] + 1 else text


def _own(page: Page, facts: Metadata) -> tuple[str, bool]:
    """The text, and whether there may be a better one on the page."""
    _part(page, _plain(facts.title))
    all_prose = sum(block.prose for block in page.blocks if not block.aside)
    is_sane = len(page.blocks) <= _MANY
    kept = _once(_article(page.blocks, region.find(page), facts)) if all_prose else []
    if alone := _below_heading(page, kept, facts):
        return unicodedata.normalize("NFC", "\n\n".join(block.text for block in alone)), False
    kept = kept or _flash(page.blocks, facts.title)
    text = unicodedata.normalize("NFC", "\n\n".join(block.text for block in kept))
    # of a flash of one sentence it is most, too: another reader would only add menus and teasers to it
    is_most = sum(block.prose for block in kept) >= _MOST * all_prose
    return text, is_sane and not (text and is_most)


def _flash(found: list[Block], title: str) -> list[Block]:
    """The short sentences below the heading of a page that has no longer ones; of a photo story, its captions."""
    tops = [n for n, block in enumerate(found) if _is_title(block, _plain(title))]
    below = found[tops[-1] + 1 :] if tops else []
    lines = [block for block in below if block.is_closed and not block.linked and not selling.asks(block.text)]
    captions = [block for block in lines if block.tag == "figcaption" and block.size >= _SHORT]
    is_gallery = len(captions) > 1
    return [block for block in lines if (block.tag == "p" and not block.aside) or (is_gallery and block in captions)]


def _below_heading(page: Page, kept: list[Block], facts: Metadata) -> list[Block]:
    """The flash that stands with its heading where what was `kept` elsewhere speaks of something else."""
    announced = topic.stems(facts.title)
    top = next((block for block in page.blocks if block.tag == "h1" and _is_title(block, _plain(facts.title))), None)
    for element in top.home.iterancestors() if top else ():
        first, behind = page.runs.get(element, (0, 0))
        flash = _flash(page.blocks[first:behind], facts.title)
        if not flash:
            continue
        within = set(map(id, page.blocks[first:behind]))
        inside, outside = ([block for block in kept if (id(block) in within) is own] for own in (True, False))
        inside = inside or flash
        told, elsewhere = (" ".join(block.text for block in some) for some in (inside, outside))
        is_flash = count(told) < ENOUGH and len(announced & topic.stems(told)) >= _SHARED
        known = announced | topic.stems(told)
        is_other = bool(outside) and len(known & topic.stems(elsewhere)) < _SHARED + len(outside) // 2
        return inside if is_flash and is_other and not _is_run(outside) else []
    return []


def _is_run(some: list[Block]) -> bool:
    """Whether three of the blocks stand side by side, as the paragraphs of an article and no teasers or notices do."""
    beside = Counter(block.home.getparent() for block in some if block.is_sentence)
    return max(beside.values(), default=0) >= _RUN


def _part(page: Page, title: str) -> None:
    """Set aside the further articles of a page to scroll through: each stands in an element like the first."""
    tops = [block for block in page.blocks if block.tag == "h1" and not block.aside]
    own = next((block for block in tops if _is_title(block, title)), None)
    if own is None or len(tops) == 1:
        return
    around = [own.home, *own.home.iterancestors()]
    for other in tops:
        beside = next((one for one in (other.home, *other.home.iterancestors()) if one.getparent() in around), None)
        if other is own or beside is None:
            continue
        like = around[around.index(beside.getparent()) - 1]
        if like is not own.home and (like.tag, like.get("class")) == (beside.tag, beside.get("class")):
            for block in page.blocks[slice(*page.runs.get(beside, (0, 0)))]:
                block.aside = True


def _article(found: list[Block], run: tuple[int, int], facts: Metadata) -> list[Block]:
    """The blocks of the region that are text, and the lead above them."""
    start, end = run
    sentences = [n for n in range(start, end) if found[n].is_sentence]
    if not sentences:
        return []
    first, last = sentences[0], sentences[-1]
    title = _plain(facts.title)
    told = set(_plain(facts.description).split())
    tops = [n for n in range(first) if found[n].tag == "h1"]
    tops = tops or [n for n in range(first) if title and _plain(found[n].text) == title]
    homes = {found[n].home.getparent() for n in sentences}
    kept: list[Block] = []
    if tops and tops[-1] < start:
        kept = [block for block in found[tops[-1] + 1 : start] if _is_lead(block, title, told)][:_LEADS]
    elif tops:
        start = tops[-1] + 1
    for n in range(start, end):
        block = found[n]
        if block.tag == "h1" or _is_title(block, title) or selling.asks(block.text):
            continue
        if (n <= first and _tells(block, told)) or (
            not block.aside
            and not block.is_linked
            and (
                _belongs(block, outside=not first <= n <= last, top=n < first and bool(tops))
                # "Yes." answers a question, however short it is
                or (block.is_paragraph and block.is_closed and block.home.getparent() in homes)
                or (n > last and bool(kept) and kept[-1] is found[n - 1] and _lists(block, kept[-1]))
            )
        ):
            kept.append(block)
    return kept


def _belongs(block: Block, *, outside: bool, top: bool) -> bool:
    """Whether a block of the region is text; `outside` is before its first or behind its last sentence."""
    if outside:
        if top and block.is_heading and block.size >= _LEAD:
            return True
        return block.is_paragraph and block.is_closed and len(block.text.split()) >= _WORDS
    return block.is_paragraph or block.is_heading or block.is_closed or len(block.text) >= _SHORT


def _lists(block: Block, previous: Block) -> bool:
    """Whether it is a line of the list that `previous` announces or is itself a line of."""
    if block.linked or block.is_heading:
        return False
    is_beside = previous.tag == block.tag and previous.home.getparent() is block.home.getparent()
    return previous.text.endswith(":") or (is_beside and (block.tag == "li" or not previous.is_closed))


def _is_lead(block: Block, title: str, told: set[str]) -> bool:
    if _tells(block, told):
        return True
    if block.aside or (len(title) >= _TITLE and title in _plain(block.text)):
        return False
    is_set = block.tag in ("h2", "p") and (
        block.size >= _LEAD or (block.is_closed and len(block.text.split()) >= _WORDS)
    )
    return block.is_sentence or (is_set and block.linked < len(block.text) / 3)


def _tells(block: Block, told: set[str]) -> bool:
    """Whether it says what the description says."""
    words = _plain(block.text).split()
    if len(words) < _TELLING or len(told) < _TELLING or block.linked > len(block.text) / 2:
        return False
    return sum(word in told for word in words) >= 0.8 * len(words)


def _is_title(block: Block, title: str) -> bool:
    words = _plain(block.text) if block.size < 2 * len(title) + 100 else ""
    return bool(title) and (words == title or (block.is_heading and len(title) >= _TITLE and title in words))


def _once(kept: list[Block]) -> list[Block]:
    """Without what stands on the page twice, for narrow screens or for reading aloud."""
    said: set[str] = set()
    single: list[Block] = []
    for block in kept:
        if len(block.text) >= _DOUBLED and block.text in said:
            continue
        said.add(block.text)
        single.append(block)
    whole = sum(len(block.text) for block in single)
    single = [block for block in single if 3 * len(block.text) < whole or not _repeats(block.text, single)]
    return [block for n, block in enumerate(single) if not _is_empty(block, single[n + 1 : n + 2])]


def _is_empty(block: Block, following: list[Block]) -> bool:
    """Whether it is a heading with nothing below it."""
    return block.is_heading and (not following or (following[0].is_heading and following[0].tag <= block.tag))


def _repeats(text: str, others: list[Block]) -> bool:
    if len(text) < _REPEATING:
        return False
    held = (len(other.text) for other in others if _DOUBLED <= len(other.text) < len(text) and other.text in text)
    return sum(held) > len(text) / 2


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
