"""Spell URLs: one readable form to click, one key to compare."""

from __future__ import annotations

import hashlib
import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, quote, unquote_plus, urljoin, urlsplit

import idna
import tld

MAX_LENGTH = 2000  # longer ones do not fit into a database index, and no outlet writes them
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535

# Names that say how a reader came, after ClearURLs, courlan and miniflux. Short prefixes are spelled
# out: an outlet may call its own parameter `at_id`, and a dropped id would merge two articles.
_TRACKING = re.compile(
    r"(utm|mtm|matomo|piwik|hsa|itm|stm|vero|gad|wt|fb_action|guce)[._].+|_hs(enc|mi)|__hs\w+|hsctatracking"
    r"|pk_(campaign|kwd|keyword|source|medium|content|cid)|oly_(enc|anon)_id|ga_(source|medium|campaign|content|term)"
    r"|at_(medium|campaign|custom\d|link\w*|ptr_name|bbc_team|format|point|variant|creation|emailtype|recipient\w*)"
    r"|ns_(mchannel|source|campaign|linkname|fee)|fb_(source|ref|comment_id)"
    r"|fbclid|gclid|gclsrc|yclid|ysclid|msclkid|twclid|ttclid|rb_clickid|dclid|[wg]braid|irclickid|li_fat_id"
    r"|mc_[ce]id|mkt_tok|ml_subscriber(_hash)?|igsh(id)?|cmp(id)?|xtor|smid|smtyp|ncid|ocid|cvid|nlid|ftag|itid"
    r"|epik|srsltid|reflink|ref_(src|url)|traffic_source|__twitter_impression|guccounter|soc_(src|trk)|sref"
    r"|sr_share|dicbo|tblci|__s|_ga|_gl|_openstat|_branch_match_id|sfmc_(id|sub)|et_[cr]id|hss_channel"
    r"|trkcampaign|feed(name|type)|amp_(js_v|gsa)|usqp|unlocked_article_code|phpsessid|jsessionid|aspsessionid\w*",
    re.IGNORECASE,
)
# Names that track on these sites and mean something on others.
_TRACKING_AT = {
    "forbes.com": {"sh"},
    "youtube.com": {"si", "feature", "pp", "ab_channel"},
    "youtu.be": {"si", "feature"},
    "x.com": {"s", "t"},
    "twitter.com": {"s", "t"},
    "t.me": {"single", "embed"},
    "nytimes.com": {"emc", "smprod"},
    "wsj.com": {"st"},
    "dw.com": {"maca"},
    "reuters.com": {"rpc"},
    "medium.com": {"sk"},
    "dailymail.co.uk": {"ito"},
    "linkedin.com": {"trk", "trackingid"},
    "newyorker.com": {"mbid"},
    "wired.com": {"mbid"},
}
# Names that track when the value is a channel, and are part of the address otherwise.
_SOMETIMES = {
    *(
        "ref",
        "referrer",
        "referer",
        "source",
        "src",
        "from",
        "via",
        "partner",
        "mod",
        "origin",
        "medium",
        "share",
    ),
}
_CHANNEL = re.compile(
    r"(rss|atom|feeds?|twitter|facebook|fb|telegram|viber|whatsapp|instagram|linkedin|flipboard|reddit|e?mail"
    r"|newsletter|push|social|share|app|google|googlenews|yandex|ukrnet|smartnews|applenews|feedly|feedburner)"
    r"([-_.: ].*)?|.*[-_.]rss",
    re.IGNORECASE,
)
_AMP_VALUES = {"amp": {"", "1", "true"}, "outputtype": {"amp"}, "output": {"amp"}, "noamp": {"mobile"}}
_INDEX = re.compile(r"/(index|default)\.(html?|php\d?|shtml|aspx?|jsp|cfm|amp)$", re.IGNORECASE)
_SESSION = re.compile(r";(jsessionid|phpsessid)=[^/;]*", re.IGNORECASE)
_FRONT = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.])")
_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_SAFE = "%/:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    host: str
    port: int | None
    path: str
    query: tuple[str, ...]
    fragment: str


def canonical(url: str, base: str = "") -> str | None:
    """The URL that people click: absolute, without tracking parameters and fragment (`#!` stays).

    Wrappers of Google and Facebook are taken off. None when it is no web address, carries
    credentials or is longer than 2000 characters.
    """
    parts = _parse(url, base)
    if parts is None:
        return None
    query = "?" + "&".join(parts.query) if parts.query else ""
    port = f":{parts.port}" if parts.port is not None else ""
    whole = f"{parts.scheme}://{_shown(parts.host)}{port}{parts.path}{query}{parts.fragment}"
    return whole if len(whole) <= MAX_LENGTH else None


def url_key(url: str) -> str:
    """The same for spellings of one address, different for different articles; no URL itself.

    Without scheme, www, mobile and AMP forms, index names, session ids; the query is sorted. Case of
    path and query stays: video and feed ids depend on it. What is no web address is its own key.
    """
    parts = _parse(url) or _parse(f"http://{url.strip()}" if re.match(r"\s*[\w-]+(\.[\w-]+)+(/|$)", url) else "")
    if parts is None:
        return url.strip()
    query = sorted(_meaning(pair) for pair in parts.query if not _is_amp(pair))
    port = f":{parts.port}" if parts.port is not None else ""
    key = _key_host(parts.host) + port + _key_path(parts.path)
    key += ("?" + "&".join(query) if query else "") + parts.fragment
    if len(key) > MAX_LENGTH // 2:
        key = key[: MAX_LENGTH // 4] + hashlib.sha256(key.encode()).hexdigest()
    return key


def host_of(url: str) -> str:
    """The host in lower case, IDNA-encoded, without port; "" when there is none."""
    parts = _parse(url)
    return parts.host if parts else ""


def same_site(a: str, b: str) -> bool:
    """Whether two URLs belong to one registrable domain, by the public suffix list."""
    one, other = host_of(a), host_of(b)
    return bool(one) and (one == other or (_domain(one) == _domain(other) != ""))


def host_and_port(netloc: str) -> tuple[str, int | None]:
    """Take `host:port` apart; raises ValueError for all that parsers could read in different ways."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[^@\[\]:\\]+)(?::([0-9]{0,5}))?", netloc)
    host = ascii_host(found[1]) if found else ""
    port = int(found[2]) if found and found[2] else None
    if not host or (port or 0) > _LAST_PORT:
        raise ValueError("names no valid host")
    return host, port


def ascii_host(host: str) -> str:
    """`host` in lower case, IDNA-encoded, without brackets and final dot; "" when it is no host name."""
    name = host.strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except UnicodeError:
            return ""
    return name if re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name) else ""


@lru_cache(maxsize=4096)
def _domain(host: str) -> str:
    found = tld.get_fld(f"http://{host}", fail_silently=True, search_private=True)
    return str(found) if found else ""


def _parse(url: str, base: str = "", depth: int = 0) -> _Parts | None:
    try:
        parts = urlsplit(urljoin(base, _mended(url)) if base else _mended(url))
        host, port = host_and_port(parts.netloc)
    except ValueError:
        return None
    if parts.scheme not in _PORTS:
        return None
    inner = _unwrapped(host, parts.path, parts.query) if depth == 0 else ""
    if inner and (found := _parse(inner, depth=1)):
        return found
    path = re.sub(r"&(utm_\w+=|fbclid=).*$", "", parts.path)
    # `?id=5?utm_source=rss` is what a careless feed generator makes of a URL with a query.
    pairs = [pair for pair in re.sub(r"\?(?=utm_|fbclid=)", "&", parts.query).split("&") if pair]
    return _Parts(
        scheme=parts.scheme,
        host=host,
        port=None if port == _PORTS[parts.scheme] else port,
        path=spelled(_without_dots(path)),
        query=tuple(spelled(pair, "?") for pair in pairs if not _is_tracking(pair, host)),
        fragment="#" + spelled(parts.fragment, "?") if parts.fragment.startswith("!") else "",
    )


def _mended(url: str) -> str:
    """Undo what hands and templates do to URLs, as browsers do, and a doubled or half-written scheme."""
    text = url.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    text = re.sub(r"^[\x00-\x20\xa0\ufeff]+|[\x00-\x20\xa0]+$|[\t\r\n]", "", text)
    text = re.sub(r"&(amp|#0*38|#x0*26);", "&", text, flags=re.IGNORECASE)
    text = re.sub(r"^(https?:[/\\]*)+(?=https?:?[/\\]{2})", "", text, flags=re.IGNORECASE)
    text = re.sub(r"^(https?):?[/\\]+", r"\1://", text, flags=re.IGNORECASE)
    head, mark, tail = re.match(r"([^?#]*)([?#]?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    text = head.replace("\\", "/") + mark + tail
    return "https:" + text if text.startswith("//") else text


def _unwrapped(host: str, path: str, query: str) -> str:
    """The address inside a redirector of Google Alerts, Facebook or an AMP cache; "" when there is none."""
    if re.search(r"(^|\.)google\.[a-z.]+$", host):
        if path == "/url":
            given = parse_qs(query)
            return next((v[0] for n in ("url", "q") if (v := given.get(n)) and is_web(v[0])), "")
        if found := re.match(r"/amp/(s/)?([^/]+\.[^/]+/.*)", path):
            return f"http{'s' if found[1] else ''}://{found[2]}" + (f"?{query}" if query else "")
    if host in {"l.facebook.com", "lm.facebook.com"} and path == "/l.php":
        return next((v for v in parse_qs(query).get("u", []) if is_web(v)), "")
    if host.endswith(".cdn.ampproject.org") and (found := re.match(r"/[cvw]/(s/)?([^/]+\.[^/]+/.*)", path)):
        return f"http{'s' if found[1] else ''}://{found[2]}" + (f"?{query}" if query else "")
    return ""


def is_web(text: str) -> bool:
    """Whether `text` begins as an http or https address, in letters of any case."""
    return text[:8].lower().startswith(("http://", "https://"))


def _is_tracking(pair: str, host: str) -> bool:
    raw_name, _, raw_value = pair.partition("=")
    name, value = unquote_plus(raw_name).lower(), unquote_plus(raw_value).strip()
    if _TRACKING.fullmatch(name):
        return True
    site = next((names for site, names in _TRACKING_AT.items() if host == site or host.endswith("." + site)), ())
    if name in site:
        return True
    return name in _SOMETIMES and bool(_CHANNEL.fullmatch(value) or _bare(value) == _bare(host))


def _is_amp(pair: str) -> bool:
    name, _, value = pair.partition("=")
    return value.lower() in _AMP_VALUES.get(name.lower(), ())


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


def _key_host(host: str) -> str:
    stripped = _FRONT.sub("", host)
    return re.sub(r"^([a-z]{2})\.m\.(?=[^.]+\.[^.])", r"\1.", stripped)  # en.m.wikipedia.org


def _key_path(path: str) -> str:
    path = re.sub(r"/{2,}", "/", _SESSION.sub("", path))
    path = _plain(path, ":@!$'()*,")
    path = re.sub(r"\.amp(?=\.html?$)|(?<=\.html)\.amp$|(?<=\.htm)\.amp$", "", path)
    path = re.sub(r"/amp/?$", "/", path)
    return _INDEX.sub("/", path).rstrip("/")


def _meaning(pair: str) -> str:
    name, _, value = _plain(pair.replace("+", "%20"), ":@!$'()*,/?").partition("=")
    return f"{name}={value}" if value else name


def _plain(text: str, chars: str) -> str:
    """Unescape those characters that mean the same written out."""
    for char in chars:
        text = text.replace(f"%{ord(char):02X}", char)
    return text


def spelled(text: str, more: str = "") -> str:
    """Percent-encoding in one form: NFC, UTF-8, upper-case hex, nothing escaped without need."""
    opened = re.sub(r"(?:%[0-9a-fA-F]{2})+", _opened, text)
    # Between the escapes only: an accent after %5C would melt with the C into another letter.
    parts = re.split(r"(%[0-9A-F]{2})", opened)
    return quote("".join(unicodedata.normalize("NFC", part) for part in parts), safe=_SAFE + more)


def _opened(escapes: re.Match[str]) -> str:
    decoded = bytes.fromhex(escapes[0].replace("%", "")).decode("utf-8", "surrogateescape")
    return "".join(
        char if char in _UNRESERVED or not (char.isascii() or _is_byte(char)) else f"%{ord(char) & 0xFF:02X}"
        for char in decoded
    )


def _is_byte(char: str) -> bool:
    return "\udc80" <= char <= "\udcff"


def _without_dots(path: str) -> str:
    if not path:
        return "/"
    kept: list[str] = []
    steps = path.split("/")
    for step in steps:
        low = step.lower().replace("%2e", ".")
        if low == "..":
            kept[1:] = kept[1:-1]
        elif low != ".":
            kept.append(step)
    if steps[-1].lower().replace("%2e", ".") in {".", ".."}:
        kept.append("")
    return "/".join(kept) or "/"


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
