"""Names of people, made from what feeds and pages write where an author should stand."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from scrapers.clean import line

_LONGEST = 60  # characters of one name
_MOST = 20  # names of one article
_WORDS = 6  # a name with more words is a sentence
_MAIL = re.compile(r"\S+@\S+\s*\(([^()]+)\)|([^<>]+)<\S+@\S+>")
_BY = re.compile(
    r"^(?:.{0,30}\b(?:written|posted|reported|story|words|published|updated|reviewed) by|by|the author|authors?"
    r"|von|par|por|di|autor(?:en|a)?|auteur|автор(?:и|ы)?|текст|text|texte|av|af|door|tekst|przez"
    r"|quelle|source|foto|photo|фото)(?:\s*:\s*|\s+|$)",
    re.IGNORECASE,
)
# what follows a name in a byline: a date, a time, a dash with anything behind it
_AFTER = re.compile(r"\s+[-–—|•·]\s.*|\s+(?:on|am|le)?\s*(?:\w{3,9}\.?\s)?\d{1,2}\b.*|\s*\(.*?\)|\s+기자\b.*")
_AND = re.compile(
    r"\s*[;|•\n&]\s*|\s+/\s+"
    r"|,?\s+(?:and|und|et|y|en|og|och|та|і|й|и|i|with|mit|avec)\s+(?=[^\W\d_a-zа-яіїєґ])"
)
_NO_NAME = re.compile(
    r"https?:|www\.|@|[{}<>=]|^\W*$|\d{3}|\w{3}\.\w{3,}\.\w|twitter|facebook|telegram"
    r"|^(?:admin|administrator|webmaster|editors?|staff|guest|user|unknown|none|null|n/a|authors?|by|share"
    r"|redaktion|redakcja|redazione|redacción|la rédaction|редакция|редакція)$",
    re.IGNORECASE,
)


def clean(names: Iterable[str], sites: Iterable[str] = ()) -> tuple[str, ...]:
    """Single names in NFC, each once, in order: no addresses, no "By".

    One text may hold several names. A comma parts names where both sides look like one ("Ann Lee, Bo
    Ek"), and cuts off a role or a place otherwise ("Ann Lee, Kyiv"). A name of the site stays only where
    nobody else is named.
    """
    found: dict[str, str] = {}
    for text in names:
        for name in _single(text):
            if (found_key := key(name)) and not _NO_NAME.search(name) and len(name.split()) <= _WORDS:
                found.setdefault(found_key, name)
    own = {key(site) for site in sites}
    people = [name for found_key, name in found.items() if found_key not in own]
    return tuple(people or found.values())[:_MOST]


def key(name: str) -> str:
    """The letters and digits of `name`, for comparing names."""
    return re.sub(r"[\W_]+", "", name.casefold())


def _single(text: str) -> Iterator[str]:
    text = line(html.unescape(text[:1000]))
    if mail := _MAIL.search(text):
        text = mail[1] or mail[2]
    if "://" in text:
        return
    for part in _AND.split(_BY.sub("", text)):
        pieces = [piece.strip() for piece in part.split(",")]
        several = all(" " in piece for piece in pieces)
        for piece in pieces if several else pieces[:1]:
            name = _AFTER.sub("", _BY.sub("", piece)).strip(" .,:;-–—*\"'«»")
            if 1 < len(name) <= _LONGEST:
                yield name
