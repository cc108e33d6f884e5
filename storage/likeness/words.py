"""Read a text as the stems and numbers by which stories are compared (pure)."""

from __future__ import annotations

import functools
import importlib.resources
import math
import re
from collections.abc import Mapping
from typing import NamedTuple

SHORTEST = 3  # letters of a word that counts, and of a stem
_UNLISTED, _YEAR = 0.002, 0.1  # shares of articles that hold a word
_LOG_UNLISTED, _LOG_YEAR = math.log(_UNLISTED), math.log(_YEAR)

_TOKEN = re.compile(
    r"(\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?!\d)|\d+(?:[.,]\d+)*)"
    r"|([^\W\d_]+(?:['’ʼ‘`-][^\W\d_]+)*)"
    r"|([.!?…:»”\n])"
)
_INVISIBLE = re.compile("[\u0301\u00ad\u200b-\u200d\u2060\ufeff]")  # stress marks, soft hyphens, joiners
_MARKS = re.compile("['’ʼ‘`]")
_POSSESSIVE = ("'s", "’s")
_GROUPED = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+")
_FIRST_SIGN, _LAST_SIGN = "\u3040", "\u9fff"  # of Japanese and Chinese, written without spaces
_CYRILLIC_END = re.compile(r"(?:ами|ями|ого|его|ому|ему|ими|ыми|[аяое][мх]|[оеє][вм]|[ыи][мх]|[аеєиіїоуюяэыёйьъ])+$")
_LATIN_END = re.compile(
    r"(?:owi|ami|ach|ech|ích|ům|ým|ého|ému|ego|emu|iem|em|om|ów|ov|ou|ym|im|ych|mi|[aeiouyąęáéíóúýěů])+$"
)
_WEST_SLAVIC = re.compile("[ąęłśźżćńěščřžůťďň]")


class Token(NamedTuple):  # a frozen dataclass costs three times as much, 300 times an article
    """A word or number where it stands."""

    word: str  # its stem, or the digits of a number
    raw: str
    place: int  # 1 is the first word of its part
    before: str  # the word before it in the same sentence
    is_number: bool
    is_capital: bool
    opens: bool  # a sentence


def read(text: str) -> list[Token]:
    """Words of three letters or more and numbers of two digits or more, in order."""
    is_slavic = len(_WEST_SLAVIC.findall(text)) > 0.01 * len(text)
    opens, before, place = True, "", 0
    tokens: list[Token] = []
    for number, word, _ in _TOKEN.findall(_INVISIBLE.sub("", text)):
        if word:
            place += 1
            if _FIRST_SIGN <= word[0] <= _LAST_SIGN:
                for pair in (word[at : at + 2] for at in range(max(1, len(word) - 1))):
                    tokens.append(Token(pair, pair, place, before, is_number=False, is_capital=False, opens=opens))
                    opens, before = False, pair
                continue
            stem, folded, is_capital = _form(word, is_slavic)
            if stem:
                tokens.append(_new(Token, (stem, folded, place, before, False, is_capital, opens)))
            opens, before = False, folded
        elif number:
            place += 1
            digits = re.sub(r"\D", "", number) if _GROUPED.fullmatch(number) else number.replace(",", ".")
            if len(digits) > 1:
                tokens.append(Token(digits, digits, place, before, is_number=True, is_capital=False, opens=opens))
            opens, before = False, digits
        else:
            opens, before = True, ""
    return tokens


_new = tuple.__new__  # a third of the time of Token(...), 300 times an article


@functools.lru_cache(maxsize=32_768)  # 10 MB; to fold a word and to cut its ending takes 3 us
def _form(word: str, is_slavic: bool) -> tuple[str, str, bool]:  # noqa: FBT001 - a key of the cache
    """The stem of a word, "" where it is too short to count, the folded word, and whether it has a capital."""
    folded = word.casefold().replace("ё", "е")
    if not folded.isalpha():
        folded = _MARKS.sub("", folded[:-2] if folded.endswith(_POSSESSIVE) else folded)
    counts = len(folded) >= SHORTEST or folded[0] >= _FIRST_SIGN
    return _stem(folded, is_slavic=is_slavic) if counts else "", folded, word[0].isupper()


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
    return _YEAR if is_year(word) else _commonness().get(word, _UNLISTED)


def log_share(word: str) -> float:
    """The natural logarithm of its share."""
    return _LOG_YEAR if is_year(word) else _logs().get(word, _LOG_UNLISTED)


@functools.cache
def _logs() -> Mapping[str, float]:
    return {word: math.log(value) for word, value in _commonness().items()}


@functools.cache
def _commonness() -> Mapping[str, float]:
    text = importlib.resources.files("storage.likeness").joinpath("commonness.txt").read_text("utf-8")
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {word: float(share) for share, *words in lines for word in words}
