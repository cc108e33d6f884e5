"""What a page tells of the ways to the articles of its site: feeds, sitemaps, listings, its name."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, quote_plus, urljoin, urlsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from scrapers import clean, language, urls
from scrapers.charset import decode
from scrapers.source import Route, RouteType

FEED_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")
SITEMAP_PATHS = ("/sitemap-news.xml", "/sitemap.xml")
WORDPRESS_PATH = "/wp-json/wp/v2/posts"
_LARGEST = 5_000_000  # characters of a page that are looked at
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
_FEW = 3  # links below which a group is chance
_MOST_LINKS = 3000
_MOST_LISTINGS = 2
_PRECISE = 0.8  # share of the links of a selector that lead to articles
_HEADLINE = 3  # words
_WORDY = 4  # words of a path that is a headline
_CLASS = re.compile(r"[A-Za-z][A-Za-z_-]*[A-Za-z]")  # digits are ids, positions or a build's hash
_STATE = re.compile(
    r"(?:^|[-_])(?:active|current|first|last|odd|even|hidden|visible|lazy(?:load)?|hover)(?:$|[-_])"
    r"|^(?:css|sc|jss|jsx|styled)-|_(?=[A-Za-z]{5}$)[A-Za-z][a-z]*[A-Z]"  # names that the next build changes
)
_ASIDE = {"nav", "footer", "aside"}
_NO_ARTICLE = re.compile(
    r"/(?:tags?|topics?|themes?|authors?|categor(?:y|ies)|page|search|login|users?|account|wp-content|wp-json)(?:/|$)"
    r"|\.(?:jpe?g|png|gif|webp|svg|pdf|docx?|zip|mp[34]|xml|rss|css|js)$",
    re.IGNORECASE,
)
_DAY = re.compile(r"/20\d\d[/-]?(?:0?[1-9]|1[0-2])(?:[/-]|\d\d/)")
_ID = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?!\d))\d{4,}")
_TELEGRAM = re.compile(r"/(?:s/)?([A-Za-z]\w{3,31})(?:/|$)", re.ASCII)
_CHANNEL = re.compile(r"UC[\w-]{22}", re.ASCII)
_TITLE_PARTS = re.compile(r"\s+[|\u2013\u2014\u00b7\u2022»:-]\s+|\s*[|]\s*")
_CODE = re.compile(r"([A-Za-z]{2})(?:[-_][A-Za-z]{2,4})?")

_LETTERS = dict(zip("абвгґдезиіїйклмнопрстуфыэў", "abvhgdezyiiiklmnoprstufyeu", strict=True)) | {
    "є": "ie",
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ю": "iu",
    "я": "ia",
    "ё": "io",
    "ь": "",
    "ъ": "",
    # letters that do not come apart into a base and an accent
    "ł": "l",
    "ß": "ss",
    "ø": "o",
    "đ": "d",
    "æ": "ae",
    "œ": "oe",
    "ı": "i",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What one page tells. `feeds` and `listings` are best first; `language` is None where nothing tells it."""

    name: str
    language: str | None = None
    feeds: tuple[str, ...] = ()
    is_wordpress: bool = False
    listings: tuple[Route, ...] = ()


@dataclass(slots=True)
class _Group:
    """The links that one selector finds."""

    all: set[str] = field(default_factory=set)
    articles: set[str] = field(default_factory=set)
    headlines: set[str] = field(default_factory=set)


def look(body: bytes, url: str, content_type: str = "") -> Site:
    """What the page at `url` tells of its site; a page that is no HTML gives the host as the name alone."""
    html = decode(body, content_type)[:_LARGEST].replace("\x00", "")
    try:
        parser = HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8")
        tree = document_fromstring(html.encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return Site(urls.host_of(url))
    links = list(_links(tree, url))
    listings = _listings(links, url)
    return Site(
        _named(tree, url),
        _spoken(tree),
        tuple(_feeds(tree, url)),
        "/wp-content/" in html or "/wp-json" in html or "wordpress" in _meta(tree, "generator").lower(),
        tuple(listings),
    )


def known_route(url: str) -> Route | None:
    """The route of an address whose form tells it: a Telegram channel, a Google News search, a YouTube channel."""
    parts = urlsplit(url)
    host = urls.host_of(url).removeprefix("www.")
    if host in ("t.me", "telegram.me") and (found := _TELEGRAM.match(parts.path)):
        return None if found[1] in ("joinchat", "share") else Route(RouteType.TELEGRAM, channel=found[1])
    if host == "news.google.com":
        return _google_news(url)
    if host in ("youtube.com", "m.youtube.com") and (channel := _CHANNEL.search(parts.path)):
        return Route(RouteType.FEED, f"https://www.youtube.com/feeds/videos.xml?channel_id={channel[0]}")
    return None


def _google_news(url: str) -> Route | None:
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    if parts.path.startswith("/rss"):
        return Route(RouteType.FEED, url)
    if not parts.path.startswith("/search") or not asked.get("q"):
        return None
    wanted = {name: asked[name][0] for name in ("q", "hl", "gl", "ceid") if asked.get(name)}
    query = "&".join(f"{name}={quote_plus(value, safe=':')}" for name, value in wanted.items())
    return Route(RouteType.FEED, f"https://news.google.com/rss/search?{query}")


def slug(title: str, taken: Collection[str] = ()) -> str:
    """An id for a source called `title`, in Latin letters, that is none of `taken`."""
    plain = unicodedata.normalize("NFKC", title).lower()
    # before accents come off: й and ї are letters of their own
    latin = "".join(_LETTERS.get(letter, letter) for letter in plain)
    latin = "".join(sign for sign in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(sign))
    base = re.sub(r"[^a-z0-9]+", "-", re.sub(r"['\u2019\u02bc]", "", latin)).strip("-")[:48].strip("-") or "source"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _feeds(tree: HtmlElement, url: str) -> Iterator[str]:
    """The feeds that the page names, those of comments and of single articles last."""
    found: dict[str, bool] = {}
    for link in tree.iter("link"):
        rel, kind = (link.get("rel") or "").lower().split(), (link.get("type") or "").lower().partition(";")[0].strip()
        is_json = kind == "application/json" and "feed" in (link.get("href") or "").lower()
        if "alternate" in rel and (kind in _FEED_TYPES or is_json):
            address = _joined(_base(tree, url), link.get("href") or "")
            aside = re.search(r"comment|коментар|комментар", f"{link.get('title') or ''} {address}", re.IGNORECASE)
            if address:
                found.setdefault(address, aside is not None)
    yield from sorted(found, key=lambda address: found[address])


def _links(tree: HtmlElement, url: str) -> Iterator[tuple[HtmlElement, str]]:
    base = _base(tree, url)
    here = urls.url_key(url)
    for number, link in enumerate(tree.iter("a")):
        if number >= _MOST_LINKS:
            return
        address = _joined(base, link.get("href") or "")
        if address and urls.same_site(address, url) and urls.url_key(address) != here:
            yield link, address


def _listings(links: list[tuple[HtmlElement, str]], url: str) -> Iterator[Route]:
    """A route for each selector that finds links to articles and hardly anything else, the fullest first."""
    groups: dict[str, _Group] = defaultdict(_Group)
    for link, address in links:
        is_article = is_article_like(address)
        is_headline = len("".join(link.itertext()).split()) >= _HEADLINE
        for selector in dict.fromkeys(_selectors(link)):
            group = groups[selector]
            group.all.add(address)
            if is_article:
                group.articles.add(address)
                if is_headline:
                    group.headlines.add(address)
    good = {
        selector: group
        for selector, group in groups.items()
        if len(group.headlines) >= _FEW and len(group.articles) >= _PRECISE * len(group.all)
    }
    # of selectors that find the same, the one that says most of the site's own words, then the shortest
    ranked = sorted(
        good, key=lambda s: (-len(good[s].headlines), len(good[s].all), "." not in s and "#" not in s, len(s), s)
    )
    taken: set[str] = set()
    listed = 0
    for selector in ranked:
        fresh = good[selector].headlines - taken
        if listed < _MOST_LISTINGS and len(fresh) >= _FEW and len(fresh) * 2 > len(good[selector].headlines):
            taken |= good[selector].headlines
            listed += 1
            yield Route(RouteType.LISTING, url, selector)


def is_article_like(url: str) -> bool:
    """Whether an address looks as those of articles do: a day, an id, or a headline in it."""
    parts = urlsplit(url)
    path = parts.path
    if _NO_ARTICLE.search(path):
        return False
    last = [step for step in path.split("/") if step][-1:]
    if not last:
        return bool(re.search(r"(?:^|&)(?:p|id|newsid|article|story)=\d{2,}", parts.query, re.IGNORECASE))
    words = [word for word in re.split(r"[-_.,]+|%20", last[0]) if word]
    return len(words) >= _WORDY or bool(_ID.search(last[0]) or (_DAY.search(path) and not last[0].isdigit()))


def _selectors(link: HtmlElement) -> Iterator[str]:
    """Selectors that find this link: its last steps with and without classes, and its place in the page."""
    above = [element for element in link.iterancestors() if isinstance(element.tag, str)]
    if any(element.tag in _ASIDE for element in above):
        return
    own = _step(link)
    parent, grand = (_step(element) for element in [*above[:2], *([None] * 2)][:2])
    for step in own:
        if "." in step:
            yield step
        for second in parent:
            yield f"{second} > {step}"
            for third in grand:
                yield f"{third} > {second} > {step}"
    for element in above:
        if element.tag == "main":
            yield from (f"main {second} > {step}" for step in own for second in parent)
        if name := element.get("id"):
            if _CLASS.fullmatch(name):
                yield from (f"#{name} {second} > {step}" for step in own for second in parent)
            return


def _step(element: HtmlElement | None) -> list[str]:
    """One step of a selector: the tag, and the tag with each of its lasting classes."""
    if element is None or element.tag in ("html", "body"):
        return []
    names = [
        name for name in (element.get("class") or "").split() if _CLASS.fullmatch(name) and not _STATE.search(name)
    ]
    return [element.tag, *(f"{element.tag}.{name}" for name in names[:4])]


def _named(tree: HtmlElement, url: str) -> str:
    """What the site calls itself: as it says, else the part of the title that its host resembles."""
    stated = _meta(tree, "og:site_name") or _meta(tree, "application-name")
    if stated and "://" not in stated:
        return stated[:100]
    host = urls.host_of(url).removeprefix("www.")
    titles = [clean.line(title.text_content()) for title in tree.iter("title")][:1]
    parts = [part for part in _TITLE_PARTS.split(titles[0]) if part] if titles else []
    plain = host.replace("-", "").replace(".", "")
    label = host.replace("-", "").split(".")[0]
    squashed = {part: slug(part).replace("-", "") for part in parts}
    akin = [part for part in parts if label in squashed[part] or squashed[part][:6] in plain]
    return next(iter(akin or parts), host)[:100]


def _spoken(tree: HtmlElement) -> str | None:
    stated = [str(tree.get("lang") or ""), _meta(tree, "og:locale"), _meta(tree, "content-language")]
    hint = next((found[1].lower() for text in stated if (found := _CODE.match(text.strip()))), None)
    words = " ".join(text for link in tree.iter("a", "p", "h1", "h2", "h3") for text in link.itertext())
    return language.detect(" ".join(words.split())[:5000], hint) or hint


def _meta(tree: HtmlElement, name: str) -> str:
    for element in tree.iter("meta"):
        told = element.get("property") or element.get("name") or element.get("http-equiv") or ""
        if told.lower() == name:
            return clean.line(element.get("content") or "")
    return ""


def _base(tree: HtmlElement, url: str) -> str:
    for element in tree.iter("base"):
        if element.get("href"):
            return _joined(url, element.get("href") or "") or url
    return url


def _joined(base: str, href: str) -> str:
    try:
        url = urljoin(base, href.strip()).partition("#")[0]
    except ValueError:
        return ""
    return url if urls.is_web(url) and urls.canonical(url) else ""
