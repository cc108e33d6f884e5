"""Tell whether the address that a page gives as its own can be that of this very page."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

_WORDY = 3  # words of a slug; sections have one or two
_INDEX = re.compile(r"(?:index|default)\.\w{2,5}")
_ENDING = re.compile(r"\.(?:s?html?|php\d?|aspx?|jsp|amp)$")
_NOTICE = re.compile(
    r"40[0-9]|410|error(?:-?\d+)?|(?:page-?)?not-?found|log-?in|sign-?in|sign-?up|register|auth|account|subscribe"
    r"|subscription|paywall|(?:cookie-?)?consent(?:-page)?|home(?:page)?|privacy-gate|captcha|maintenance"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
# Forms of one page, which name the page without them as their own.
_FORM = re.compile(r"amp|amphtml|print|printable|full|all|single|page|comments|embed|\d{1,2}")


def names(address: str, url: str) -> bool:
    """Whether the page at `url`, which calls itself `address`, may be believed; both are of one site.

    Templates send all pages of a section, or of the whole site, to one address. To believe it would make
    one article of them all; to doubt a right one costs little, because texts are compared as well.
    """
    own, given = _steps(url), _steps(address)
    if own[-1:] == given[-1:]:
        told = {step for step in own if _is_slug([step])}
        return _is_slug(own) or (told <= set(given) and _numbers(url) <= _numbers(address))
    if not own and not _numbers(url):
        return True
    if own[: len(given)] == given:
        return _is_slug(given) and all(map(_FORM.fullmatch, own[len(given) :]))
    if _is_slug(given) or _numbers(address):
        return _are_akin(own, given)
    return len(given) >= len(own) and not _is_slug(own, digits=1) and not _numbers(url)


def leads_away(final: str, asked: str) -> bool:
    """Whether a redirect from `asked` to `final`, of one site, ends where no article is.

    A server is believed when it renames an article; to doubt it would lose the page. So only what surely
    is none counts: the front page, the section above, a login, a notice.
    """
    own, given = _steps(asked), _steps(final)
    if not given:
        return bool(own or _numbers(asked)) and not _numbers(final)
    if any(_NOTICE.fullmatch(step) for step in given):
        return not any(_NOTICE.fullmatch(step) for step in own)
    is_above = len(given) < len(own) and own[: len(given)] == given
    return is_above and not _is_slug(given) and not all(map(_FORM.fullmatch, own[len(given) :]))


def _steps(url: str) -> list[str]:
    """The parts of the path in lower case, without those that say only how the page is served."""
    parts = [part for part in unquote(urlsplit(url).path).lower().split("/") if part and not _INDEX.fullmatch(part)]
    return [*parts[:-1], _ENDING.sub("", parts[-1])] if parts else []


def _numbers(url: str) -> set[tuple[str, str]]:
    """The parameters that may say which article it is."""
    return {pair for pair in parse_qsl(urlsplit(url).query) if re.search(r"\d", pair[1])}


def _is_slug(steps: list[str], digits: int = 3) -> bool:
    """Whether a path ends as those of articles do: in a number that is no year, or in several words."""
    last = _YEAR.sub("", steps[-1]) if steps else ""
    return bool(re.search(rf"\d{{{digits}}}", last)) or len(_words(last)) >= _WORDY


def _are_akin(own: list[str], given: list[str]) -> bool:
    """False for two headlines without a common word."""
    one, other = (_words(steps[-1]) if steps else set() for steps in (own, given))
    return min(len(one), len(other)) < _WORDY or bool(one & other)


def _words(step: str) -> set[str]:
    return {word for word in re.split(r"[\W_]+", step) if word}
