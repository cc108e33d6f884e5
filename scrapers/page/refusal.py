"""What a page is that answers 200 and holds no article."""

from __future__ import annotations

import html as references
import re
from collections.abc import Mapping

from scrapers.errors import PageOutcome
from scrapers.page import topic

_LARGEST = 2_000_000  # characters that are looked at
_ARTICLE = 150  # words; who shows so many is no challenge, wall or shell
_LONELY = 150  # words on the whole page, menus included; challenges and walls stand alone
_SHELL = "the page is an empty shell, which a script would have to fill"
_FEW = 20  # words; what a shell or a wall has to show at most
_TITLED = 300  # words; below that a title that says "not found" is believed
_NAME = 5  # words; the name of an outlet is no longer
_SAID, _SHARED = 4, 2  # longer words of a flash, and those of them that its title has, too
_OPENING = 400  # characters in which a page says what it wants
_TAG = re.compile(r"<!--|<(/?)([a-z][a-z0-9]*)\b[^<>]*>|<[/!?][^<>]*>", re.IGNORECASE)
_UNSEEN = {"script", "style", "noscript", "template", "title", "svg", "iframe"}
_PASSWORD = re.compile(r"<input\b[^<>]*\btype\s*=\s*[\"']?password\b", re.IGNORECASE)
_REFRESH = re.compile(
    r"<meta\b[^<>]{0,200}http-equiv\s{0,9}=\s{0,9}[\"']?refresh\b[^<>]{0,200}?url\s*=\s*[\"']?([^\"'<>\s]+)",
    re.IGNORECASE,
)

# What the makers of challenges leave in a page. Some stand on ordinary pages, too: see `_LONELY`.
_VENDORS = {
    "Cloudflare": r"_cf_chl_opt|cf-chl-|/cdn-cgi/challenge-platform/|cf-turnstile|cf-error-details",
    "DDoS-Guard": r"\.well-known/ddos-guard|ddos-guard",
    "Incapsula": r"_Incapsula_Resource|incapsula incident id",
    "Akamai": r"errors\.edgesuite\.net|sec-if-cpt-container|/_sec/cp_challenge|bm-verify",
    "PerimeterX": r"px-captcha|_pxAppId|perimeterx",
    "DataDome": r"captcha-delivery\.com|datadome",
    "AWS WAF": r"awswafcookiedomainlist|gokuprops|awswaf\.com",
    "Sucuri": r"sucuri_cloudproxy_js|sucuri website firewall",
    "Qrator": r"__qrator|qauth\.js",
    "Imperva": r"imperva",
    "Anubis": r"anubis_challenge|/\.within\.website/",
    "Vercel": r"vercel security checkpoint",
    "a captcha": r"g-recaptcha|h-captcha|hcaptcha\.com|recaptcha/api\.js|smartcaptcha|showcaptcha|friendlycaptcha",
}
_VENDOR = re.compile("|".join(f"({pattern})" for pattern in _VENDORS.values()), re.IGNORECASE)
_CHALLENGE = re.compile(
    r"just a moment\.\.\.|attention required!|checking (?:if the site connection is secure|your browser)"
    r"|verify(?:ing)? (?:that )?you are (?:a )?human|are you (?:a )?(?:human|robot)\b|you(?:'| a)re not a (?:ro)?bot"
    r"|enable (?:java ?script|js|cookies) and (?:cookies|java ?script|disable any ad ?blocker)|press (?:&|and) hold"
    r"|pardon our interruption|complete the (?:security check|captcha)|you don'?t have permission to access"
    r"|перевірка (?:вашого )?браузера|перевіряємо (?:ваш )?браузер|підтвердьте,? що ви (?:не робот|людина)"
    r"|ви не робот"
    r"|введіть (?:код|символи) з (?:картинки|зображення)"
    r"|проверка (?:вашего )?браузера|проверяем (?:ваш )?браузер|подтвердите,? что (?:вы|запросы)|вы не робот"
    r"|введите (?:код|символы) с (?:картинки|изображения)"
    r"|sprawdzanie (?:twojej )?przeglądarki|potwierdź,? że (?:nie jesteś robotem|jesteś człowiekiem)"
    r"|ihr browser wird überprüft|bestätigen sie,? dass sie (?:ein mensch|kein roboter)"
    r"|sind sie ein (?:mensch|roboter)",
    re.IGNORECASE,
)
# What articles say as well: believed on a page that says hardly anything else, or that a guard has signed.
_DENIED = re.compile(
    r"access (?:to this page has been )?denied|unusual traffic|security (?:check(?:point)?|verification)\b|ddos-guard"
    r"|request unsuccessful|(?:you have been|your ip (?:address )?(?:is|was|has been)) blocked"
    r"|доступ (?:заборонено|обмежено|запрещ[её]н|ограничен)|dostęp zabroniony|zugriff verweigert",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:sign|log) ?in (?:or (?:register|subscribe|create an account) )?(?:to|for) (?:continue|read|view|access|see)"
    r"|you (?:must|need to) (?:be logged in|log in|sign in)|please (?:log|sign) in|(?:members|subscribers) only"
    r"|увійдіть,? (?:щоб|для|до|в|у)\b|(?:потрібно|необхідно|треба) (?:увійти|авторизуватися)|авторизуйтеся"
    r"|войдите,? (?:чтобы|для|в)\b|(?:нужно|необходимо|требуется) (?:войти|авторизоваться)|авторизуйтесь"
    r"|zaloguj się,? (?:aby|żeby|by)\b|musisz się zalogować|wymagane (?:jest )?logowanie"
    r"|(?:melden sie sich|bitte) an(?:melden)?,? um|bitte (?:melden sie sich an|einloggen)|anmeldung erforderlich",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"(?:enable|turn on|requires?|without) java ?script|java ?script (?:is )?(?:disabled|required|must be)"
    r"|(?:увімкн|ввімкн)\w+ java ?script|включите (?:поддержку )?java ?script"
    r"|(?:włącz|wymaga\w*) (?:obsług\w+ )?java ?script"
    r"|java ?script (?:aktivieren|muss|ist deaktiviert)",
    re.IGNORECASE,
)
_CODE = r"(?:(?:error|http|помилка|ошибка|błąd|fehler)\W*)?404(?:\W+(?:error|помилка|ошибка|błąd|fehler))?"
_MISSING = re.compile(
    rf"{_CODE}|(?:{_CODE}\W+)?(?:(?:oops|sorry|вибачте|извините|ой)\W+)?(?:"
    r"(?:(?:this|the|that) )?(?:page|article|story|content)(?: you(?:(?: a|')re| were)? (?:requested|looking for))?"
    r" (?:(?:was |could |can )?(?:not|n['’]t) (?:be )?found|can(?:not|['’]t) be found|(?:does not|doesn['’]t) exist"
    r"|is (?:gone|missing|not available)|no longer exists|not available)"
    r"|(?:(?:цю|таку|ця|така|запитувану) )?(?:сторінк[ау]|статтю) не (?:знайдено|існує)"
    r"|(?:(?:эта|такая|запрашиваемая) )?(?:страница|статья) не (?:найдена|существует)"
    r"|(?:(?:ta|taka) )?strona nie (?:istnieje|została znaleziona)|nie znaleziono(?: (?:takiej )?strony)?"
    r"|(?:(?:die|diese) )?seite (?:wurde )?nicht gefunden|(?:diese )?seite existiert nicht"
    r"|not found|не знайдено|не найдено|nicht gefunden)",
    re.IGNORECASE,
)
_SIGN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")
_CUTS = re.compile(r"\s+[|–—·•:»-]\s+|\s*[|»•]\s*")


def recognise(html: str, text: str, title: str, headers: Mapping[str, str]) -> tuple[PageOutcome, str] | None:
    """What stands in place of an article, and a sentence that says so; None where the page may be one.

    `text` is what was read as the article ("" for nothing), `title` that of the page; `headers` have lower-case
    names. A word is never enough: the page must be short or its title must say nothing else.
    """
    if headers.get("cf-mitigated") == "challenge" or "x-amzn-waf-action" in headers:
        return PageOutcome.CHALLENGE, "the server wants to see a browser"
    title, read = title[:_OPENING], _count(text)
    if read < _TITLED and _is_missing(title):
        return PageOutcome.ELSEWHERE, f"the page says that there is none: '{title[:80]}'"
    # a sentence or two on a lean page are an article, whatever its forms and comments ask for
    if read >= _ARTICLE or _is_flash(title, text):
        return None
    html = html[:_LARGEST]
    shown = _shown(html)
    words = _count(shown)
    opening = f"{title}\n{shown[:_OPENING]}"
    if words < _LONELY:
        challenge = _challenge(html, opening, words, read)
        return challenge or _wall(html, opening, words, read) or _shell(html, shown, words, read)
    if read < _FEW and (said := _LOGIN.search(f"{title}\n{text}")):
        return PageOutcome.LOGIN_WALL, f"readers have to log in: '{said[0]}'"
    return None


def _is_flash(title: str, text: str) -> bool:
    """Whether `text` tells in a sentence what `title` announces; walls and challenges speak of something else."""
    said = f"{title}\n{text}"
    if any(pattern.search(said) for pattern in (_CHALLENGE, _DENIED, _LOGIN, _SCRIPT)):
        return False
    announced, told = topic.stems(title), topic.stems(text)
    is_sentence = any(line.endswith((".", "!", "»", "”", "…")) for line in text.split("\n"))
    return is_sentence and len(told) >= _SAID and len(announced & told) >= _SHARED


def _is_missing(title: str) -> bool:
    """Whether a part of `title` says that there is no such page, and the other is no more than a name."""
    parts = [part.strip(" .!…") for part in _CUTS.split(f" {' '.join(title.split())} ")]
    others = sum(len(part.split()) for part in parts if not _MISSING.fullmatch(part))
    return any(_MISSING.fullmatch(part) for part in parts) and others <= _NAME


def _challenge(html: str, opening: str, words: int, read: int) -> tuple[PageOutcome, str] | None:
    vendor = _VENDOR.search(html)
    said = _CHALLENGE.search(opening) if read < _LONELY // (2 if vendor else 3) else None
    if not said and read < (3 * _FEW if vendor else _FEW):
        said = _DENIED.search(opening)
    if not said and not (vendor and read < _FEW and words < 2 * _FEW):
        return None
    by = f" of {list(_VENDORS)[vendor.lastindex - 1]}" if vendor and vendor.lastindex else ""
    wording = said[0] if said else " ".join(opening.split())[:80]
    return PageOutcome.CHALLENGE, f"the page is a challenge{by}, not an article: '{wording}'"


def _wall(html: str, opening: str, words: int, read: int) -> tuple[PageOutcome, str] | None:
    said = _LOGIN.search(opening)
    if said and (read < _FEW or words < 2 * _FEW):
        return PageOutcome.LOGIN_WALL, f"readers have to log in: '{said[0]}'"
    if _PASSWORD.search(html) and words < 2 * _FEW:
        return PageOutcome.LOGIN_WALL, "the page is a form to log in, and little else"
    return None


def _shell(html: str, shown: str, words: int, read: int) -> tuple[PageOutcome, str] | None:
    if read >= _FEW or words >= _FEW:
        asks = words < 2 * _FEW and read < _FEW and _SCRIPT.search(shown)
        return (PageOutcome.EMPTY_SHELL, _SHELL) if asks else None
    if moved := _REFRESH.search(html):
        return PageOutcome.ELSEWHERE, f"the page only sends readers on to {references.unescape(moved[1])[:200]}"
    return PageOutcome.EMPTY_SHELL, f"{_SHELL}: it shows {words} words"


def _count(text: str) -> int:
    """How many words; two signs of a script without spaces count as one."""
    return len(text.split()) + len(_SIGN.findall(text)) // 2


def _shown(html: str) -> str:
    """The text that a browser without scripts and styles of its own would show, in linear time on any input."""
    pieces: list[str] = []
    at, hidden = 0, ""
    for tag in _TAG.finditer(html):
        if tag.start() < at:
            continue  # within a comment
        if not hidden:
            pieces.append(html[at : tag.start()])
        at = tag.end()
        name = (tag[2] or "").lower()
        if tag[0] == "<!--":
            end = html.find("-->", at)
            at = len(html) if end < 0 else end + 3
        elif hidden:
            hidden = "" if tag[1] and name == hidden else hidden
        elif name in _UNSEEN and not tag[1] and not tag[0].endswith("/>"):
            hidden = name
    if not hidden:
        pieces.append(html[at:])
    return " ".join(references.unescape(" ".join(pieces)).split())
