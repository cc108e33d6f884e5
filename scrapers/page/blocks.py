"""Cut the tree of a page into blocks of text that know whether they look like an article."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from lxml.html import HtmlElement

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PARAGRAPHS = frozenset({"p", "li", "blockquote", "dd", "dt", "td", "th"})
_BLOCKS = HEADINGS | frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "dialog", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "html", "li", "main", "menu", "nav", "ol",
    "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
))  # fmt: skip
_WITHIN = frozenset({"li", "blockquote", "td"})  # their text stays theirs when a <div> wraps it
_SILENT = frozenset(
    {"script", "style", "noscript", "template", "iframe", "select", "option", "textarea", "title", "math"}
)
_CONTROLS = frozenset({"svg", "button", "video", "audio", "object", "canvas", "map", "picture"})
_LINE_END = " \n"  # no text has it, for all blanks in it become one
_FEW = 5  # pieces of text between two breaks that hold nothing but blanks
_LABEL = 200  # characters; libxml2 may close such an element only at the end of the page
_APART = frozenset({"aside", "menu", "nav", "footer", "form", "figure", "figcaption", "dialog", "pre"})
_ROLES = frozenset({"complementary", "navigation", "dialog", "banner", "contentinfo", "search"})
_WHOLE = frozenset({"html", "body", "main", "article"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HUMP = re.compile("(?<=[a-z])(?=[A-Z])")
# What outlets call the parts of a page that are not its article.
_NAMES = re.compile(
    r"(?<![a-z])(?:"
    r"(?P<talk>comments?|comment-?[a-z]+|disqus)"
    r"|(?P<footer>footer|cookie[a-z]*)"
    r"|related|recommend(?:ed|ations?)?|more-?on|read-?more|see-?also|(?:also-?read|read-?also)|most-?read|popular|trending"
    r"|teasers?|excerpts?|post-?cards?|cards?|carousel|slideshow|gallery|playlist|next|prev|previous|outbrain|taboola"
    r"|newsletters?|subscribe|subscription|sign-?up|login|donat(?:e|ion)|support-us|feedback|poll|quiz|rating|web-?push"
    r"|share|sharing|socials?|promo|promos|promoted|app-?promo|advert|adverts|advertisement|ads?|sponsor|sponsored|cta"
    r"|side-?bar|breadcrumbs?|menu|nav|navigation|pagination|pager|toolbar|widget|banner|modal|pop-?up|overlay"
    r"|tooltip|alert|skip|privacy|consent|copyright|disclaimer|correction|testimonials?"
    r"|captions?|credits?|photos?|images?|media-?info|content-?image|img|picture|foto|bild|player"
    r"|byline|authors?|bio|biography|timestamp|dateline|tags?|tag-?list"
    r"|(?:body-?)?(?:info|fact)-?box|expandable(?:-?box)?|ai-?summary(?:-?content)?"
    r"|print-?only|sr-only|visually-?hidden|screen-?reader(?:-text)?|hidden(?=$| )"
    r")(?![a-z])",
    re.IGNORECASE,
)
_BELIEVED = 0.5  # share of the prose of a page that a name may take away
_SURE = frozenset({"talk", "footer", "nested"})  # what may well be longer than the article
_MOSTLY = 0.9  # the same share for these
# Scripts that say in one sign what takes two or three letters elsewhere.
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\u0e00-\u0e7f]")
_END = re.compile(r"[.!?…:;。！？۔।»”\"'’)\]]$")
_PROSE, _LINE = 80, 40  # letters
_SENTENCE, _LONG = 60, 120  # letters of a sentence, and of one that may go without a full stop
_OWN = 30  # letters outside links that make a sentence of a list of links
_LINKED = 0.85  # share of letters in links that no sentence has


@dataclass(slots=True)
class Block:
    """One run of text between two breaks of the page.

    `linked` counts the characters inside links; `tag` is the element that makes the break, `home` the innermost
    such element; `aside` tells that the page calls it something else than article.
    """

    text: str
    linked: int
    tag: str
    home: HtmlElement
    aside: bool = False
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = len(self.text) + len(_DENSE.findall(self.text))

    @property
    def is_heading(self) -> bool:
        """Whether it is set as a heading."""
        return self.tag in HEADINGS

    @property
    def is_paragraph(self) -> bool:
        """Whether the page sets it as a paragraph, an entry of a list or a cell of a table."""
        return self.tag in _PARAGRAPHS

    @property
    def is_closed(self) -> bool:
        """Whether it ends as sentences do."""
        return _END.search(self.text) is not None

    @property
    def is_sentence(self) -> bool:
        """Whether it reads like a paragraph of an article."""
        return (
            self.size >= _SENTENCE
            and (self.size >= _LONG or self.is_closed)
            and self.linked <= len(self.text) / 2
            and not self.aside
        )

    @property
    def is_linked(self) -> bool:
        """Whether it is there for its links."""
        length = len(self.text)
        return self.linked > length / 2 and (length - self.linked < _OWN or self.linked > _LINKED * length)

    @property
    def prose(self) -> float:
        """How many letters of it speak for an article."""
        if self.is_heading or self.linked > len(self.text) / 2:
            return 0
        own = self.size - self.linked
        if own >= _PROSE:
            return own
        return own * 0.3 if own >= _LINE and (self.is_paragraph or self.is_closed) else 0


@dataclass(slots=True)
class Page:
    """The blocks of a page in its order, and the run (first, behind the last) of them in each of its elements."""

    blocks: list[Block] = field(default_factory=list)
    runs: dict[HtmlElement, tuple[int, int]] = field(default_factory=dict)


def cut(tree: HtmlElement) -> Page:
    """All visible text of the page, which is left as it is."""
    cutter = _Cutter()
    # some pages close <html> before the article, and libxml2 then begins another root beside the first
    for root in (tree, *tree.itersiblings()):
        cutter.walk(root, "body", root, linked=False)
    _set_aside(cutter.page.blocks, cutter.named)
    return cutter.page


@dataclass(slots=True)
class _Cutter:
    page: Page = field(default_factory=Page)
    named: dict[str, set[int]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    linked: int = 0

    def walk(self, element: HtmlElement, tag: str, home: HtmlElement, *, linked: bool) -> None:
        """Read `element`, which libxml2 never nests deeper than 256."""
        name = element.tag
        if not isinstance(name, str) or name in _SILENT:
            return None
        if name in _CONTROLS and sum(map(len, element.itertext())) < _LABEL:
            return None
        if name not in _BLOCKS:
            if name == "br":
                self._break(tag, home)
            return self._inside(element, tag, home, linked=linked or name == "a")
        self.close(tag, home)
        first = len(self.page.blocks)
        inner = tag if name in ("div", "section") and tag in _WITHIN else name
        self._inside(element, inner, element, linked=linked)
        self.close(inner, element)
        behind = len(self.page.blocks)
        if behind > first:
            self.page.runs[element] = first, behind
            if why := _other(element):
                self.named.setdefault(why, set()).update(range(first, behind))
        return None

    def _inside(self, element: HtmlElement, tag: str, home: HtmlElement, *, linked: bool) -> None:
        self._say(element.text, linked=linked)
        for child in element:
            self.walk(child, tag, home, linked=linked)
            self._say(child.tail, linked=linked)

    def _break(self, tag: str, home: HtmlElement) -> None:
        """Two in a row part paragraphs, as sites do that know no other way."""
        said = "".join(self.waiting[-_FEW:])
        if said.endswith(_LINE_END) or (_LINE_END in said and not said.rpartition(_LINE_END)[2].strip()):
            self.close(tag, home)
        else:
            self.waiting.append(_LINE_END)

    def _say(self, text: str | None, *, linked: bool) -> None:
        if text:
            self.waiting.append(text)
            self.linked += len(text.strip()) if linked else 0

    def close(self, tag: str, home: HtmlElement) -> None:
        """End the block that is being read, if there is one."""
        if self.waiting:
            text = " ".join("".join(self.waiting).replace("\xad", "").split())
            if text:
                self.page.blocks.append(Block(text, min(self.linked, len(text)), tag, home))
            self.waiting, self.linked = [], 0


def _other(element: HtmlElement) -> str:
    """What the page calls `element` where that is not an article; "" otherwise."""
    name = element.tag
    given = element.attrib
    if name == "article" and next(element.iterancestors("article"), None) is not None:
        return "nested"
    if name in _WHOLE or (not given and name not in _APART):
        return ""
    if name in _APART:
        # WordPress sets each table in a figure
        return "" if name == "figure" and next(element.iterdescendants("table"), None) is not None else str(name)
    if "hidden" in given or given.get("aria-hidden") == "true" or _HIDDEN.search(given.get("style") or ""):
        return "hidden"
    role = given.get("role") or ""
    if role in _ROLES:
        return role
    named = _HUMP.sub("-", given.get("class") or "")
    own = _HUMP.sub("-", given.get("id") or "")
    # a longer id is often made of the words of a heading
    if own and len(re.split("[-_ ]+", own)) <= 2:  # noqa: PLR2004 - "main-menu" has two
        named = f"{named} {own}"
    found = _NAMES.search(named) if named else None
    return "" if found is None else found.lastgroup or found[0].lower()


def _set_aside(blocks: list[Block], named: dict[str, set[int]]) -> None:
    """Believe each name, unless it would take away most of the prose of the page."""
    prose = [block.prose for block in blocks]
    whole = sum(prose)
    for name, numbers in named.items():
        if sum(prose[n] for n in numbers) <= whole * (_MOSTLY if name in _SURE else _BELIEVED):
            for n in numbers:
                blocks[n].aside = True
