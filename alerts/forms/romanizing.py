"""Latin spellings of Ukrainian and Russian names, as states and newspapers write them (pure).

Ukrainian follows the Cabinet's table of 2010 and BGN/PCGN 1965, Russian BGN/PCGN 1947 and ICAO 9303; newspapers
shorten what these write at length (Zelenskyi, Zelenskyy, Zelensky).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import islice, pairwise, product

from alerts.normalize import tokens

MOST = 24  # spellings of one name
_SHORTEST = 4  # letters; a shorter spelling is too often an English word
_WORDS = 3  # of a longer name none is made: it is a description, which English translates

_LATIN = "a b v d e zh z k l m n o p r s t u f kh ts ch sh shch"
_SHARED = dict(zip("абвдежзклмнопрстуфхцчшщ", _LATIN.split(), strict=True)) | dict.fromkeys("ьъ'", "")
_SHARED |= {"ґ": "g", "є": "ie", "і": "i", "ї": "i", "й": "i", "ё": "e", "ы": "y", "э": "e", "ю": "iu", "я": "ia"}
_UKRAINIAN = _SHARED | {"г": "h", "и": "y"}
_RUSSIAN = _SHARED | {"г": "g", "и": "i"}
_WITH_Y = {"є": "ye", "ї": "yi", "й": "y", "ю": "yu", "я": "ya", "ё": "yo"}
_VOWELS = "аеєёиіїоуыэюя"
_OPENINGS = {"є": "ye ie e", "ю": "yu iu", "я": "ya ia", "ї": "yi i", "й": "y i", "ё": "yo e", "е": "e", "х": "kh h"}
_ENDS = {
    "uk": {
        "ий": "yi yy y iy ii i",
        "ій": "ii iy i y",
        "ей": "ei ey",
        "ай": "ai ay",
        "ой": "oi oy",
        "ія": "iia iya ia",
        "ея": "eia eya ea",
        "я": "ia ya",
    },
    "ru": {
        "ый": "yi yy y iy",
        "ий": "ii iy y i",
        "ей": "ei ey",
        "ай": "ai ay",
        "ой": "oi oy",
        "ия": "iia iya ia",
        "ея": "eia eya ea",
        "ьев": "yev iev ev",
        "ьева": "yeva ieva eva",
        "ьёв": "yov yev iev",
        "ьёва": "yova yeva ieva",
        "ёв": "yov ev ov",
        "ёва": "yova eva ova",
        "я": "ia ya",
    },
}


def latin(name: str, language: str) -> tuple[str, ...]:
    """Spellings of a Ukrainian or Russian name with its capitals; none when it is no name or not Cyrillic.

    The most official one comes first. A name of several words gets the same system in each.
    """
    if language not in _ENDS or name.isascii():
        return ()
    name = unicodedata.normalize("NFC", name)
    words = [name[token.start : token.end] for token in tokens(name)]
    if not 1 <= len(words) <= _WORDS or not all(map(_is_name, words)):
        return ()
    spelled = [_spellings(word, language) for word in words]
    found: dict[str, None] = {}
    for one in range(max(map(len, spelled))):  # the first spellings side by side, the second ...
        found[_joined(name, words, [each[min(one, len(each) - 1)] for each in spelled])] = None
    for choice in islice(product(*spelled), MOST if len(words) > 1 else 0):
        found[_joined(name, words, choice)] = None
    return tuple(one for one in islice(found, MOST) if len(one) >= _SHORTEST)


def _is_name(word: str) -> bool:
    """Whether `word` is of known letters with a capital; of an abbreviation four letters, or it says anything."""
    known = all(letter in _RUSSIAN or not letter.isalpha() for letter in word.lower())
    return known and word[0].isupper() and (len(word) >= _SHORTEST or not word.isupper())


def _joined(name: str, words: list[str], spelled: tuple[str, ...] | list[str]) -> str:
    between = "-" if "-" in name else " "
    return between.join(
        new.upper() if old.isupper() and len(old) > 1 else new.capitalize()
        for old, new in zip(words, spelled, strict=True)
    )


@lru_cache(maxsize=65536)
def _spellings(word: str, language: str) -> tuple[str, ...]:
    """The spellings of one word in small letters, each once."""
    small = word.lower().translate({ord(mark): "'" for mark in "’ʼ‘`"})
    table, ends = (_UKRAINIAN if language == "uk" else _RUSSIAN), _ENDS[language]
    end = next((small[-n:] for n in (4, 3, 2, 1) if small[-n:] in ends and len(small) > n + 1), "")
    openings = _OPENINGS | ({"е": "ye e ie"} if language == "ru" else {})
    first = openings.get(small[0], table.get(small[0], "")).split() or [""]
    middle = _middles(small[: len(small) - len(end)], table)
    last = ends[end].split() if end else [""]
    found: dict[str, None] = {}
    for opening, inner, closing in product(first, middle, last):
        found[opening + inner + closing] = None
    for one in list(found):
        found[one.replace("aleks", "alex")] = None
    if language == "uk" and "г" in small:  # Sergii, Oleg: newspapers keep the Russian letter in first names
        found |= dict.fromkeys(_with_g(one) for one in list(found))
    return tuple(islice(found, MOST))


def _with_g(spelled: str) -> str:
    """The same with g for г; kh, sh, zh and ch stay."""
    letters = [
        "g" if letter == "h" and (at == 0 or spelled[at - 1] not in "kszc") else letter
        for at, letter in enumerate(spelled)
    ]
    return "".join(letters)


def _middles(small: str, table: dict[str, str]) -> list[str]:
    """What stands after the first letter, with i and with y before vowels (Kyianyn, Kyyanyn)."""
    with_i, with_y, plain = [], [], []
    for before, letter in pairwise(small):
        official = table.get(letter, "")
        if letter == "е" and before in _VOWELS + "ьъ'" and table is _RUSSIAN:
            with_i.append("e" if before in _VOWELS else "ie")
            with_y.append("ye")
            plain.append("e")
            continue
        if letter == "г" and before == "з" and table is _UKRAINIAN:
            official = "gh"  # згh would read as ж
        if letter == "о" and before == "ь":
            with_i.append("io")
            with_y.append("yo")
            plain.append("o")
            continue
        with_i.append(official)
        with_y.append(_WITH_Y.get(letter, official))
        plain.append("e" if letter in "єё" else official)
    return list(dict.fromkeys("".join(way) for way in (with_i, with_y, plain)))
