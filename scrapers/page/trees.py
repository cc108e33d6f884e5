"""Parse the HTML of a page into a tree, however broken it is."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

DEEPEST = 200  # nested elements; libxml2 drops what lies below 256
_TAGS = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^<>]*?(/?)>", re.IGNORECASE)
# Tags that open no level, and tags that HTML closes by itself.
_FLAT = re.compile(
    r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
    r"|p|li|dt|dd|option|tr|td|th|thead|tbody|tfoot"
)


def parse(html: str) -> HtmlElement | None:
    """The tree of `html` without comments; None where there is nothing in it."""
    # the settings of trafilatura.utils.load_html: others lower its F1 by .002 to .004
    parser = HTMLParser(remove_comments=True, remove_pis=True, collect_ids=False, encoding="utf-8")
    try:
        return document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return None


def flattened(html: str) -> str:
    """`html` without the tags that nest deeper than libxml2 follows."""
    if html.count("<") < DEEPEST:
        return html
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        name = tag[2].lower()
        if tag[3] or _FLAT.fullmatch(name):
            return tag[0]
        if tag[1]:
            depth = max(0, depth - 1)
            return tag[0] if depth < DEEPEST else " "
        depth += 1
        return tag[0] if depth <= DEEPEST else " "

    return _TAGS.sub(keep, html)
