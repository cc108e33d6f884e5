"""Find the title of an article among all that its page calls one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml.html import HtmlElement

from scrapers.page import authors
from scrapers.page.jsonld import Linked
from scrapers.page.markup import Gathered, content, words

_SEPARATOR = re.compile(r"\s+[|\-–—·•:»«/]+\s+|\s*[|»：ㅣ]\s*|:\s+(?=[^:]*$)")
_WORD = re.compile(r"\w+")
_CUT = re.compile(r"(?:…|\.\.\.)\s*$")
# A heading that readers hardly see: the last crumb of a trail, or words that are there for search engines.
_UNSEEN = re.compile(r"breadcrumb|seo[-_]?title", re.IGNORECASE)
_KICKER = re.compile(
    r"kicker|over-?line|topline|eyebrow|dachzeile|roofline|spitzmarke|(?:super|pre|over)-?title|off-?screen"
    r"|visually-?hidden|sr-only|screen-reader",
    re.IGNORECASE,
)
# What each place is worth. A <title> is written for search engines, and what repeats it word by word is likelier so
# too. Fitted on halves of fundus, each tried on the other; twitter:title told nothing that og:title does not.
_HEADLINE, _HEADING, _SHARED, _PAGE, _SHOWN = 0.8, 1.1, 1.0, -0.4, 0.6
# The heading of a page that is still being written changes with every update; what is shared stays.
_LIVE = re.compile(r"\bLIVE\b|\blive-?(?:blog|ticker|updates?)\b|\ben direct\b|^live\s*[:|]|онлайн-трансляц")
_TELLING = 3  # letters of a name that can be recognised by its beginning
_ALIKE = 1 / 3  # share of words that a heading has in common with another title
_LONG = 15  # letters of a heading that can be no section
_LONGEST = 500  # letters of a heading in which kickers are looked for
_SEVERAL = 60  # headings that are looked at


def find(found: Gathered, linked: Linked, sites: set[str]) -> str:
    """The title without the names of site and section; `sites` are those names as keys.

    The first level heading, og:title and the headline of JSON-LD vote, and a second level heading that shows one
    of them; the <title> votes against. Where all differ it is what readers see. Right on .92 of fundus and .89 of
    WCXB, where each place alone is right on at most .73 and .83.
    """
    sections = {authors.key(words(name)) for name in (*found.meta.get("article:section", ()), *linked.sections)} - {""}
    visible = [element for element in found.headings[:_SEVERAL] if not _UNSEEN.search(_marks(element))]
    shown = [forms for element in visible if (forms := _forms(element, sites))]
    headings = {authors.key(text) for forms in shown for text in forms}

    def stripped(text: str) -> str:
        short = _without_site(words(text), sites, sections, headings)
        return "" if authors.key(short) in sites else short

    headline, page = stripped(linked.headline), stripped(found.title)
    shared = stripped(found.first("og:title", "twitter:title", "title"))
    stated = [text for text in (shared, headline, page) if text]
    heading = stripped(_nearest(shown, stated) or _lone(visible))
    votes: dict[str, float] = {}
    for text, weight in ((shared, _SHARED), (headline, _HEADLINE), (heading, _HEADING), (page, _PAGE)):
        vote = weight / 2 if _LIVE.search(text) else weight
        votes[authors.key(text)] = votes.get(authors.key(text), 0) + vote
    if seen := _second_level(found, {authors.key(text) for text in (headline, shared)} - headings):
        votes[seen] += _SHOWN
    candidates = [text for text in (shared, headline, heading, page) if text and not _CUT.search(text)]
    return max(candidates or stated, key=lambda text: votes[authors.key(text)], default="")


def _forms(heading: HtmlElement, sites: set[str]) -> tuple[str, ...]:
    """The text of a heading, and first, where a kicker stands in it, the text without that."""
    forms = [content(heading)]
    kickers = [child for child in heading.iterdescendants("span", "div", "p", "em", "small") if _is_kicker(child)]
    if kickers and len(forms[0]) <= _LONGEST:
        left = [text for text in heading.itertext() if text.strip()]
        for kicker in kickers:
            for text in kicker.itertext():
                if text in left:
                    left.remove(text)
        forms.insert(0, words(" ".join(left)).lstrip(" :-–—|"))
    return tuple(text for text in forms if authors.key(text) not in sites | {""})


def _is_kicker(element: HtmlElement) -> bool:
    return element.get("aria-hidden") == "true" or bool(_KICKER.search(element.get("class") or ""))


def _nearest(shown: list[tuple[str, ...]], stated: list[str]) -> str:
    """The heading that shares most words with what else is called title, in the form that others use."""
    near = {forms: max((_overlap(text, other) for text in forms for other in stated), default=1) for forms in shown}
    best = max(shown, key=lambda forms: near[forms], default=())
    if not best or near[best] < _ALIKE:
        return ""
    keys = {authors.key(other) for other in stated}
    return next((text for text in best if authors.key(text) in keys), best[0])


def _lone(visible: list[HtmlElement]) -> str:
    """The only long first level heading within an <article>, though nothing else on the page is like it."""
    within = [element for element in visible if next(element.iterancestors("article"), None) is not None]
    long = [text for text in map(content, within) if len(authors.key(text)) > _LONG]
    return long[0] if len(long) == 1 else ""


def _marks(element: HtmlElement) -> str:
    return " ".join((*element.keys(), *element.values()))


def _second_level(found: Gathered, keys: set[str]) -> str:
    """That of `keys` which a second level heading shows, with or without a kicker."""
    for element in found.subheadings[:_SEVERAL] if keys else ():
        if element.find(".//a") is not None or next(element.iterancestors("a"), None) is not None:
            continue  # the teaser of another article, or of this one elsewhere
        for part in (element, *element.iterdescendants("span", "strong")):
            if (key := authors.key(content(part))) in keys:
                return key
    return ""


def _without_site(title: str, sites: set[str], sections: set[str], headings: Iterable[str]) -> str:
    cuts = list(_SEPARATOR.finditer(title))
    is_seen = authors.key(title) in headings
    for cut in cuts:
        is_whole = is_seen and ":" in cut[0]
        head, tail = title[: cut.start()].strip(), title[cut.end() :].strip()
        if head and authors.key(head) in headings:
            return head
        if head and is_site(tail, sites) and not (is_whole and authors.key(tail) not in sites):
            # beside the headline stand the sections, parted as the site is
            return _without_section(max(head.split("|"), key=len).strip() if "|" in cut[0] else head, sections)
        # "Kyiv: two killed" is no name of kyivindependent.com where readers see all of it
        if tail and cut is cuts[0] and is_site(head, sites) and not (is_whole and authors.key(head) not in sites):
            return tail
    return _without_section(title, sections)


def _without_section(title: str, sections: set[str]) -> str:
    cut = next(reversed(list(_SEPARATOR.finditer(title))), None)
    head, tail = (title[: cut.start()], title[cut.end() :]) if cut and ":" not in cut[0] else (title, "")
    return head.strip() if authors.key(tail) in sections and len(head) > len(tail) else title


def is_site(text: str, sites: set[str]) -> bool:
    """Whether `text` is a name of the site, perhaps with more behind it; `sites` are such names as keys."""
    name = authors.key(text)
    return name in sites or any(
        name.startswith(site) or site.startswith(name) for site in sites if min(len(name), len(site)) >= _TELLING
    )


def _overlap(one: str, other: str) -> float:
    a, b = (set(_WORD.findall(text.casefold())) for text in (one, other))
    return len(a & b) / max(1, len(a | b))
