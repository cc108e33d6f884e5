"""Split text into folded tokens that know where they stand in the original (pure).

Case, apostrophes, soft hyphens, stress marks, zero-width and direction marks never keep a name from being
found; й and ї keep their marks. A word splits at hyphens, and between letters and digits or scripts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_MARKS = "\u0300-\u036f\u0483-\u0487"
_BASE = {  # á, decomposed or not, is a: newspapers write Orban and Orbán of one man
    code: base
    for code in (*range(0x00E0, 0x0250), *range(0x1E00, 0x1F00))
    if (base := unicodedata.normalize("NFD", chr(code))[0]).isascii()
}
_SAME_LENGTH = _BASE | str.maketrans("łøđıёѐѝґ", "lodiееиг") | {ord(mark): "'" for mark in "’ʼ‘`´ʹ′＇ʻʽ‛ˈ"}
_BASE_OF = {chr(code): base if isinstance(base, str) else chr(base) for code, base in _SAME_LENGTH.items()}
_CHANGED = re.compile(f"[{re.escape(''.join(_BASE_OF))}]")
_ODD = re.compile(f"[{_INVISIBLE}{_MARKS}\ufb00-\ufb06\uff01-\uff5eßİŉǰ]")
_DROPPED = re.compile(f"[{_INVISIBLE}{_MARKS}]")
_STRANGE = re.compile("[^\x00-\x7f\u0400-\u045f][\u0300-\u036f]*|.[\u0300-\u036f]+", re.DOTALL)  # see `_plain`
_SHORT = 100  # letters of a name
_LONGEST = 9  # characters of a letter with its marks; more marks than eight mean nothing
_KEPT_MARKS = "\u0306\u0308"  # the breve of й and the dots of ї
_LATIN = r"a-z\u00df-\u024f\u1e00-\u1eff"
_CYRILLIC = r"\u0400-\u052f"
_ANY_LATIN = "A-Za-z\u00c0-\u024f"
_INSIDE = f"{_INVISIBLE}{_MARKS}"
_CYRILLIC_LETTER = re.compile(f"[{_CYRILLIC}]")
_LATIN_LETTER = re.compile(f"[{_ANY_LATIN}]")
_SCRIPTS_MEET = re.compile(f"[{_ANY_LATIN}](?:(?<=[{_CYRILLIC}{_INSIDE}].)|(?=[{_INSIDE}]*+[{_CYRILLIC}]))")
_MIXED = re.compile(  # a word of both scripts; possessive, so that a word of 5 MB is read once
    f"(?<![{_ANY_LATIN}{_CYRILLIC}{_INSIDE}])"
    f"(?:[{_CYRILLIC}{_INSIDE}]++[{_ANY_LATIN}]|[{_ANY_LATIN}{_INSIDE}]++[{_CYRILLIC}])"
    f"[{_ANY_LATIN}{_CYRILLIC}{_INSIDE}]*+"
)
_LOOK_ALIKE = str.maketrans("ABCEHIKMOPTXYabcehikmoptxyÏïËë", "АВСЕНІКМОРТХУавсенікмортхуЇїЁё")
# before the apostrophe of l'Ukraine, qu'Odessa, dell'Ucraina: an article is no part of the name
_ELIDED = "".join(f"(?<!(?<![\\w']){words})" for words in ("[cdjlmnst]", "qu", "all", "dell", "nell", "sull", "dall"))
_LATIN_NAME_WITH_ENDING = re.compile("[A-Z]{2,}[\u0430-\u045f\u0491]+")
TOKEN = re.compile(
    r"(?=\w)(?:"  # a quarter of the time goes into what stands between words
    rf"\d+|[{_LATIN}]+(?:{_ELIDED}'(?!s\b)[{_LATIN}]+)*|[{_CYRILLIC}]+(?:'[{_CYRILLIC}]+)*"
    r"|(?:(?=[^\W\d_])[\u0370-\u03ff\u0530-\u10ff])+"  # Greek to Georgian: words, too
    r"|[^\W\d_])"  # scripts without spaces: each sign
)


class Token(NamedTuple):  # a frozen dataclass costs twice as much, hundreds of times per article
    """A folded word or number; `start` and `end` are offsets in the original text."""

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Every token of `text`, in order, in time linear in its length."""
    return list(_few(text)) if len(text) <= _SHORT else _tokens(text)


@lru_cache(maxsize=64)  # a name is asked for its words by its forms, its spellings and its capitals, one after another
def _few(text: str) -> tuple[Token, ...]:
    return tuple(_tokens(text))


def _tokens(text: str) -> list[Token]:
    folded, spans = fold(text)
    if spans is None:
        return [Token(found[0], found.start(), found.end()) for found in TOKEN.finditer(folded)]
    return [Token(found[0], spans[found.start()][0], spans[found.end() - 1][1]) for found in TOKEN.finditer(folded)]


def words(text: str) -> list[str]:
    """The texts of all tokens, for who needs no places: 0.1 to 0.2 ms CPU for 3,100 letters, half of `tokens`."""
    text = _unmixed(text)
    if not _ODD.search(text):
        folded = _same(text.casefold())
        if len(folded) == len(text):
            return TOKEN.findall(folded)
    letters: list[str] = []
    start = 0
    for strange in _STRANGE.finditer(text):
        letters += (text[start : strange.start()].casefold(), _plain(strange[0][:_LONGEST]))
        start = strange.end()
    letters.append(text[start:].casefold())
    return TOKEN.findall(_same("".join(letters)))


def fold(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """The folded text, and the (start, end) of each of its characters, None when all stand where they stood."""
    text = _unmixed(text)
    if not _ODD.search(text):
        folded = _same(text.casefold())
        if len(folded) == len(text):
            return folded, None
    letters: list[str] = []
    spans: list[tuple[int, int]] = []
    done = 0
    for strange in _STRANGE.finditer(text):
        start, end = strange.span()
        plain = _plain(strange[0][:_LONGEST])
        letters += (text[done:start].casefold(), plain)
        spans += zip(range(done, start), range(done + 1, start + 1), strict=True)
        spans += [(start, end)] * len(plain)
        done = end
    letters.append(text[done:].casefold())
    spans += zip(range(done, len(text)), range(done + 1, len(text) + 1), strict=True)
    return _same("".join(letters)), spans


def _same(folded: str) -> str:
    """With the letters of `_SAME_LENGTH` replaced: a text has few, and `translate` would look up each that it has."""
    for letter in set(_CHANGED.findall(folded)):
        folded = folded.replace(letter, _BASE_OF[letter])
    return folded


def _unmixed(text: str) -> str:
    """The same text, as long, with Cyrillic letters for the Latin ones that hide in Cyrillic words: Пyтин."""
    if text.isascii() or not _CYRILLIC_LETTER.search(text) or not _SCRIPTS_MEET.search(text):
        return text
    return _MIXED.sub(_cyrillic, text)


def _cyrillic(mixed: re.Match[str]) -> str:
    """A word of both scripts in Cyrillic if it can be so; BMPи stays, a Latin name with a Cyrillic ending."""
    mapped = mixed[0].translate(_LOOK_ALIKE)
    if _LATIN_LETTER.search(mapped) or _LATIN_NAME_WITH_ENDING.fullmatch(mixed[0]):
        return mixed[0]
    return mapped


@lru_cache(maxsize=4096)
def _plain(cluster: str) -> str:
    """The folded letters of a character without marks that only stress it."""
    base, marks = cluster[0], "".join(mark for mark in cluster[1:] if mark in _KEPT_MARKS)
    if _DROPPED.match(base):
        return ""
    whole = unicodedata.normalize("NFC", base + marks) if marks else unicodedata.normalize("NFKC", base)
    return "".join(letter for letter in whole.casefold() if not _DROPPED.match(letter))
