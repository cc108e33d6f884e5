"""Split text into folded tokens that know where they stand in the original (pure).

Case, apostrophes, soft hyphens, stress marks, zero-width and direction marks never keep a name from being
found; й and ї keep their marks. A word splits at hyphens, and between letters and digits or scripts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_MARKS = "\u0300-\u036f\u0483-\u0487"
_BASE = {  # á, decomposed or not, is a: newspapers write Orban and Orbán of one man
    code: base
    for code in (*range(0x00E0, 0x0250), *range(0x1E00, 0x1F00))
    if (base := unicodedata.normalize("NFD", chr(code))[0]).isascii()
}
_SAME_LENGTH = _BASE | str.maketrans("łøđıёѐѝ", "lodiееи") | {ord(mark): "'" for mark in "’ʼ‘`´ʹ′＇"}
_BASE_OF = {chr(code): base if isinstance(base, str) else chr(base) for code, base in _SAME_LENGTH.items()}
_CHANGED = re.compile(f"[{re.escape(''.join(_BASE_OF))}]")
_ODD = re.compile(f"[{_INVISIBLE}{_MARKS}\ufb00-\ufb06\uff01-\uff5eßİŉǰ]")
_DROPPED = re.compile(f"[{_INVISIBLE}{_MARKS}]")
_STRANGE = re.compile("[^\x00-\x7f\u0400-\u045f][\u0300-\u036f]*|.[\u0300-\u036f]+", re.DOTALL)  # see `_plain`
_KEPT_MARKS = "\u0306\u0308"  # the breve of й and the dots of ї
_LATIN = r"a-z\u00df-\u024f\u1e00-\u1eff"
_CYRILLIC = r"\u0400-\u052f"
_TOKEN = re.compile(
    rf"\d+|[{_LATIN}]+(?:'(?!s\b)[{_LATIN}]+)*|[{_CYRILLIC}]+(?:'[{_CYRILLIC}]+)*"
    r"|(?:(?=[^\W\d_])[\u0370-\u03ff\u0530-\u10ff])+"  # Greek to Georgian: words, too
    r"|[^\W\d_]"  # scripts without spaces: each sign
)


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word or number; `start` and `end` are offsets in the original text."""

    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """Every token of `text`, in order, in time linear in its length."""
    folded, spans = fold(text)
    if spans is None:
        return [Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(folded)]
    return [Token(found[0], spans[found.start()][0], spans[found.end() - 1][1]) for found in _TOKEN.finditer(folded)]


def words(text: str) -> list[str]:
    """The texts of all tokens, for who needs no places: 0.1 to 0.2 ms CPU for 3,100 letters, half of `tokens`."""
    if not _ODD.search(text):
        folded = _same(text.casefold())
        if len(folded) == len(text):
            return _TOKEN.findall(folded)
    letters: list[str] = []
    start = 0
    for strange in _STRANGE.finditer(text):
        letters += (text[start : strange.start()].casefold(), _plain(strange[0]))
        start = strange.end()
    letters.append(text[start:].casefold())
    return _TOKEN.findall(_same("".join(letters)))


def fold(text: str) -> tuple[str, list[tuple[int, int]] | None]:
    """The folded text, and the (start, end) of each of its characters, None when all stand where they stood."""
    if not _ODD.search(text):
        folded = _same(text.casefold())
        if len(folded) == len(text):
            return folded, None
    letters: list[str] = []
    spans: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and "\u0300" <= text[end] <= "\u036f":
            end += 1
        for letter in _plain(text[start:end]):
            letters.append(letter)
            spans.append((start, end))
        start = end
    return _same("".join(letters)), spans


def _same(folded: str) -> str:
    """With the letters of `_SAME_LENGTH` replaced: a text has few, and `translate` would look up each that it has."""
    for letter in set(_CHANGED.findall(folded)):
        folded = folded.replace(letter, _BASE_OF[letter])
    return folded


def _plain(cluster: str) -> str:
    """The folded letters of a character without marks that only stress it."""
    base, marks = cluster[0], "".join(mark for mark in cluster[1:9] if mark in _KEPT_MARKS)
    if _DROPPED.match(base):
        return ""
    whole = unicodedata.normalize("NFC", base + marks) if marks else unicodedata.normalize("NFKC", base)
    return "".join(letter for letter in whole.casefold() if not _DROPPED.match(letter))
