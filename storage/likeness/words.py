"""Read a text as the stems and numbers by which stories are compared (pure)."""

from __future__ import annotations

import functools
import importlib.resources
import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

SHORTEST = 3  # letters of a word that counts, and of a stem
_FIGURE = 2  # digits of a number that counts
_KEPT, _LONG = 65_536, 40  # words that are kept, 25 MB for each of two; a longer one hardly comes again
UNLISTED, _YEAR = 0.002, 0.1  # shares of articles that hold a word

_WORD = r"[^\W\d_]+(?:['’ʼ‘`-][^\W\d_]+)*"
_NUMBER = r"\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?!\d)|\d+(?:[.,]\d+)*"
_TOKEN = re.compile(rf"{_WORD}|{_NUMBER}|[.!?…:»”\n]")
_INVISIBLE = re.compile("[\u0301\u00ad\u200b-\u200d\u2060\ufeff]")  # stress marks, soft hyphens, joiners
_MARKS = re.compile("['’ʼ‘`]")
_POSSESSIVE = ("'s", "’s")
_GROUPED = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+")
_GAP = re.compile(r"\D")
_FIRST_SIGN, _LAST_SIGN = "\u3040", "\u9fff"  # of Japanese and Chinese, written without spaces
_SIGN = re.compile(f"[{_FIRST_SIGN}-{_LAST_SIGN}]")
_CYRILLIC_END = re.compile(r"(?:ами|ями|ого|его|ому|ему|ими|ыми|[аяое][мх]|[оеє][вм]|[ыи][мх]|[аеєиіїоуюяэыёйьъ])+$")
_LATIN_END = re.compile(
    r"(?:owi|ami|ach|ech|ích|ům|ým|ého|ému|ego|emu|iem|em|om|ów|ov|ou|ym|im|ych|mi|[aeiouyąęáéíóúýěů])+$"
)
_WEST_SLAVIC = re.compile("[ąęłśźżćńěščřžůťďň]")


class Token(NamedTuple):  # a frozen dataclass takes three times as long to make
    """A word, a number or the end of a sentence, the same one wherever it stands."""

    word: str  # its stem, or the digits of a number; "" of a short word, of a digit and of an end
    raw: str  # folded; "" of an end
    share: float = 0.0  # of the articles that hold a name or number, as far as we counted
    is_number: bool = False
    is_capital: bool = False
    is_telling: bool = False  # a name or a figure, if it does not open a sentence
    is_end: bool = False
    follows: bool = False  # it is a part of the word before it, in a script without blanks


_new = tuple.__new__  # half the time of Token(...), 100 times an article
_END = Token("", "", is_end=True)


def read(text: str) -> list[Token]:
    """Every word, number and end of a sentence, in order."""
    known = _SLAVIC if len(_WEST_SLAVIC.findall(text)) > 0.01 * len(text) else _OTHER
    parts = _TOKEN.findall(_INVISIBLE.sub("", text))
    if _SIGN.search(text):
        return [token for part in parts for token in _pairs(part) or (known[part],)]
    return list(map(known.__getitem__, parts))


def reach(tokens: Sequence[Token], words: int) -> int:
    """How many of `tokens` it takes to hold so many words and numbers."""
    for place, token in enumerate(tokens):
        if not token.is_end and not token.follows:
            if not words:
                return place
            words -= 1
    return len(tokens)


class _Known(dict[str, Token]):
    """Words as they were written, with their tokens: to fold one and to cut its ending takes 3 us."""

    def __init__(self, *, is_slavic: bool) -> None:
        super().__init__()
        self._is_slavic = is_slavic

    def __missing__(self, part: str) -> Token:
        token = _token(part, is_slavic=self._is_slavic)
        if len(part) <= _LONG:
            if len(self) >= _KEPT:
                self.clear()
            self[part] = token
        return token


_SLAVIC, _OTHER = _Known(is_slavic=True), _Known(is_slavic=False)


def _token(part: str, *, is_slavic: bool) -> Token:
    folded = part.casefold().replace("ё", "е")
    if not folded.isalpha():
        if part[0].isdecimal():
            return _number(part)
        if not part[0].isalnum():
            return _END
        folded = _MARKS.sub("", folded[:-2] if folded.endswith(_POSSESSIVE) else folded)
    is_capital = part[0].isupper()
    if len(folded) < SHORTEST and folded[0] < _FIRST_SIGN:
        return _new(Token, ("", folded, 0.0, False, is_capital, False, False, False))
    stem = _stem(folded, is_slavic=is_slavic)
    held = share(stem) if is_capital else 0.0
    return _new(Token, (stem, folded, held, False, is_capital, is_capital, False, False))


def _number(part: str) -> Token:
    digits = _GAP.sub("", part) if _GROUPED.fullmatch(part) else part.replace(",", ".")
    if len(digits) < _FIGURE:
        return Token("", digits, is_number=True)
    return Token(digits, digits, share(digits), is_number=True, is_telling=not is_year(digits))


def _pairs(part: str) -> list[Token]:
    """The pairs of signs of a word of Japanese or Chinese, which is a sentence; none of any other word."""
    if not _FIRST_SIGN <= part[0] <= _LAST_SIGN:
        return []
    pairs = [part[at : at + 2] for at in range(max(1, len(part) - 1))]
    return [Token(pair, pair, share(pair), follows=at > 0) for at, pair in enumerate(pairs)]


def _stem(word: str, *, is_slavic: bool) -> str:
    """Cut after the root: found .95 of the pairs of forms of one uk or ru name (`matching` data), six letters .68."""
    if "\u0400" <= word[0] <= "\u052f":
        ending = _CYRILLIC_END.search(word, SHORTEST)
    else:
        ending = _LATIN_END.search(word, SHORTEST) if is_slavic else None
    return word[: ending.start()] if ending else word


def is_year(word: str) -> bool:
    """Whether a number reads as a year of our time."""
    return len(word) == 4 and word.isdigit() and word[:2] in ("19", "20")  # noqa: PLR2004 - digits of a year


def share(word: str) -> float:
    """In what share of all articles a stem or number stands, as far as we counted."""
    return shares().get(word, UNLISTED)


@functools.cache
def logs() -> Mapping[str, float]:
    """The natural logarithms of `shares`; for a word that is not listed, that of `UNLISTED`."""
    return {word: math.log(value) for word, value in shares().items()}


@functools.cache
def shares() -> Mapping[str, float]:
    """In what share of all articles stems and numbers stand; a word that is not listed in `UNLISTED` of them."""
    text = importlib.resources.files("storage.likeness").joinpath("commonness.txt").read_text("utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    years = dict.fromkeys(map(str, range(1900, 2100)), _YEAR)
    return {word: float(share) for share, *words in lines for word in words} | years
