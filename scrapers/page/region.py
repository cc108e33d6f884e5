"""Find the part of a page that holds its article."""

from __future__ import annotations

from itertools import accumulate

from lxml.html import HtmlElement

from scrapers.page import blocks
from scrapers.page.blocks import Page

# How much prose counts by where it stands: the article is set in paragraphs, other texts less often.
_WEIGHTS = {"p": 1.0, "blockquote": 1.0, "td": 0.3}
_OTHERWISE = 0.5
_WITHIN = frozenset({"p", "li", "ul", "ol", "blockquote", "dd", "dt", "dl"}) | blocks.HEADINGS
_PURE = 0.4  # share of weighted prose in what a wider element adds; menus and teasers have less
_NEARLY = 0.9  # share of the prose that a narrower element must keep


def find(page: Page) -> tuple[int, int]:
    """The run of blocks that holds the article; the page has some prose.

    It starts from the element with most prose of its own, and grows as long as what a wider element adds is
    mostly prose.
    """
    prose = [0.0 if block.aside else block.prose * _WEIGHTS.get(block.tag, _OTHERWISE) for block in page.blocks]
    below = [0.0, *accumulate(prose)]
    sizes = [0, *accumulate(block.size for block in page.blocks)]
    shares: dict[HtmlElement, float] = {}
    for block, letters in zip(page.blocks, prose, strict=True):
        if letters:
            home = block.home
            while _is_paragraph(home, page) and home.getparent() is not None:
                home = home.getparent()
            shares[home] = shares.get(home, 0.0) + letters
    element = max(shares, key=lambda home: shares[home])
    first, behind = page.runs.get(element, (0, len(page.blocks)))
    for wider in element.iterancestors():
        start, end = page.runs.get(wider, (first, behind))
        added = below[end] - below[start] - (below[behind] - below[first])
        size = sizes[end] - sizes[start] - (sizes[behind] - sizes[first])
        if added > 0 and added >= _PURE * size:
            first, behind = start, end
    goal = _NEARLY * (below[behind] - below[first])
    narrower = [
        (start, end)
        for inner, (start, end) in page.runs.items()
        if not _is_paragraph(inner, page) and first <= start and end <= behind and below[end] - below[start] >= goal
    ]
    return min(narrower, key=lambda run: run[1] - run[0], default=(first, behind))


def _is_paragraph(element: HtmlElement, page: Page) -> bool:
    """Whether it is a paragraph of something, as a <div> that holds nothing but one text often is."""
    if element.tag in _WITHIN:
        return True
    start, end = page.runs.get(element, (0, 0))
    return element.tag == "div" and end - start == 1
