"""Say how likely two articles of two languages tell the same: figures, tracked entities and names agree (pure)."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from storage.likeness.words import is_year

LEAST = 0.7  # the tests' pairs of one event reach .81 and more, look-alikes .61 and less
_TITLE, _LEAD = 300, 900  # characters: later in a text translators shorten
_MOST_NAMES = 3  # consonants that spellings of one name share
_EVIDENCE = 1.4  # two figures of two digits; one alone is chance
_ROUND, _TWO_DIGITS, _LONG = 0.5, 0.75, 1.0  # what a figure says: 100 is an estimate, 1,263 is a count
_FIGURES, _ENTITIES, _NAMES = 0.5, 0.2, 0.3
_OTHER_DATE, _OTHER_TITLE = 0.4, 0.6

_MONTHS = {
    stem: month
    for month, stems in enumerate(
        (
            "january jan січн январ styczn",
            "february feb лютого лютий феврал luteg",
            "march mar берез март marca",
            "april apr квітн апрел kwietn",
            "may травн мая май maja maj",
            "june jun червн июн czerw",
            "july jul липн июл lip",
            "august aug серпн август sierp",
            "september sept sep вересн сентябр wrze",
            "october oct жовтн октябр paźdz",
            "november nov листоп ноябр listop",
            "december dec грудн декабр grud",
        ),
        start=1,
    )
    for stem in stems.split()
}
_MAGNITUDES = {
    stem: power
    for power, stems in {
        3: "thousand тис тыс tys",
        6: "million mln млн мільйон миллион milion",
        9: "billion bln bn млрд мільярд миллиард mld miliard",
        12: "trillion trln трлн трильйон триллион bilion",
    }.items()
    for stem in stems.split()
}
_STEM = r"[^\W\d_]*"
_TWO, _HALF = 2, 0.5
_TWO_FIGURES = re.compile(r"(?s)\d.*?\D\d")
_MOST_KEYS, _LONGEST = 8, 15
_HALF_RANGE = 1 << 31


def _starting(stems: Iterable[str]) -> str:
    """A pattern of words that begin with one of `stems`; Latin ones of two or three letters stand for themselves."""
    long_first = sorted(stems, key=len, reverse=True)
    return "|".join(stem + (r"\b" if stem.isascii() and len(stem) <= len("mln") else _STEM) for stem in long_first)


_DATE = re.compile(
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th|-го|-го числа)?(?:\s+of)?\s+(?P<month>{_starting(_MONTHS)})"
    rf"|\b(?P<first>{_starting(m for m in _MONTHS if m.isascii())})\.?\s+(?P<then>\d{{1,2}})(?!\d|[.,:]\d)"
    r"|\b(?P<dotted>\d{1,2})\.(?P<number>\d{1,2})\.(?:\d{4}|\d{2})\b"
)
_NUMBER = re.compile(
    r"(?<![\w-])(?<!\d[.,:])(\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+(?!\d)|\d+(?:[.,:]\d+)?)"  # no Су-34 and no A2A4
    rf"(?:[\s\u00a0-]?(?P<many>{_starting(_MAGNITUDES)}))?"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f ]\d{3})+")
_NAME = re.compile(r"(?<![\w’'ʼ])[A-ZŁŚŻŹĆА-ЯЄІЇҐ][^\W\d_]+")
_INVISIBLE = re.compile("[\u0301\u00ad\u200b-\u200d\u2060\ufeff]")
# One letter for sounds that are spelled differently, or turn into one another, between languages; vowels say nothing
_DIGRAPH = re.compile("kh|ch|zh|sh|sz|cz|rz|ts|dz|ck|ph|th|дж|дз")
_DIGRAPHS = {"kh": "h", "ch": "h", "ck": "k", "ph": "f", "th": "t"}
_HISS = "s"
_SOUNDS = {
    letter: sound
    for sound, letters in {
        "v": "вwv",
        "b": "бb",
        "g": "гґhхg",  # Херсон, Kherson, Одещина and Łódź: г is h in Ukrainian and g in Russian
        "d": "дd",
        "k": "кkcq",
        "l": "лlł",
        "m": "мm",
        "n": "нnń",
        "p": "пp",
        "r": "рr",
        _HISS: "сsзzжшчцщśźżć",
        "t": "тt",
        "f": "фf",
        "x": "x",
    }.items()
    for letter in letters
}


@dataclass(frozen=True, slots=True)
class Tale:
    """What of the head of an article is alike in every language.

    `figures` are digits, "2 thousand" as 2000; `dates` are (month, day); `names` are the first consonants of
    capitalised words.
    """

    language: str
    entities: frozenset[str]
    figures: frozenset[str]
    titled: frozenset[str]  # the figures of its title
    dates: frozenset[tuple[int, int]]
    names: frozenset[str]


def read(title: str, text: str, language: str, entities: Iterable[str]) -> Tale:
    """The tale of an article; looks at the title and the first 900 characters."""
    heading, lead = _INVISIBLE.sub("", title[:_TITLE]), _INVISIBLE.sub("", text[:_LEAD])
    head = f"{heading}\n{lead}"
    folded = head.casefold()
    return Tale(
        language,
        frozenset(entities),
        _figures(folded),
        _figures(heading.casefold()),
        frozenset(_dates(folded)),
        frozenset(_names(head)),
    )


def keys(title: str, text: str) -> tuple[int, ...]:
    """The most telling figures of the head of an article as 32-bit numbers; none when they are too few to compare."""
    head = f"{title[:_TITLE]}\n{text[:_LEAD]}"
    if not _TWO_FIGURES.search(head):
        return ()
    figures = _figures(_INVISIBLE.sub("", head).casefold())
    if _weight(figures) < _EVIDENCE:
        return ()
    telling = sorted(figures, key=lambda figure: (-_says(figure), -len(figure), figure))[:_MOST_KEYS]
    return tuple(zlib.crc32(figure.encode()) - _HALF_RANGE for figure in telling)


def are_foreign(one: str | None, other: str | None) -> bool:
    """Whether two languages (BCP 47) are known and differ; en-GB and en-US do not."""
    return bool(one and other) and (one or "").split("-")[0].lower() != (other or "").split("-")[0].lower()


def likeness(one: Tale, other: Tale) -> float:
    """How likely two tales tell the same, from 0 to 1; 0 without a shared entity or with too few shared figures."""
    entities, figures = one.entities & other.entities, one.figures & other.figures
    if not entities or not are_foreign(one.language, other.language) or _weight(figures) < _EVIDENCE:
        return 0.0
    told = 2 * _weight(figures) / (_weight(one.figures) + _weight(other.figures))
    named = len(entities) / min(len(one.entities), len(other.entities))
    score = _FIGURES * told + _ENTITIES * (named + len(entities) / len(one.entities | other.entities)) / 2
    fewer = min(len(one.names), len(other.names))
    score += _NAMES * (len(one.names & other.names) / fewer if fewer else _HALF)
    if one.titled and other.titled and not one.titled & other.titled:
        score *= _OTHER_TITLE
    return score * (_OTHER_DATE if _are_apart(one.dates, other.dates) else 1.0)


def _weight(figures: Iterable[str]) -> float:
    return sum(map(_says, figures))


def _says(figure: str) -> float:
    if len(figure) <= _TWO:
        return _TWO_DIGITS if figure[-1] != "0" else _ROUND
    return _LONG if len(figure.rstrip("0")) > 1 else _ROUND


def _figures(folded: str) -> frozenset[str]:
    """Numbers of two digits or more, or with a power of ten; no dates and no years."""
    return frozenset(filter(None, map(_figure, _NUMBER.finditer(_DATE.sub(" ", folded)))))


def _figure(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[1]) if _GROUPED.fullmatch(found[1]) else found[1].replace(",", ".")
    if len(digits) > _LONGEST:
        return ""  # no count of anything
    if found["many"]:
        power = next(power for stem, power in _MAGNITUDES.items() if found["many"].startswith(stem))
        return str(round(float(digits.replace(":", ".")) * 10**power))
    if len(digits) < _TWO or is_year(digits):
        return ""
    return digits


def _dates(folded: str) -> Iterable[tuple[int, int]]:
    for found in _DATE.finditer(folded):
        if found["number"]:
            yield int(found["number"]), int(found["dotted"])
        else:
            word = found["month"] or found["first"]
            month = next(month for stem, month in _MONTHS.items() if word.startswith(stem))
            yield month, int(found["day"] or found["then"])


def _are_apart(one: frozenset[tuple[int, int]], other: frozenset[tuple[int, int]]) -> bool:
    return bool(one and other) and not one & other


def _names(head: str) -> Iterable[str]:
    for found in _NAME.finditer(head):
        sounds = _sounds(found[0].casefold())
        if len(sounds) >= _TWO:
            yield sounds[:_MOST_NAMES]


def _sounds(word: str) -> str:
    """The consonants of a name as far as languages agree on them, doubled ones once."""
    plain = _DIGRAPH.sub(lambda pair: _DIGRAPHS.get(pair[0], _HISS), word)
    kept = [_SOUNDS[letter] for letter in plain if letter in _SOUNDS]
    return "".join(now for before, now in zip(["", *kept], kept, strict=False) if now != before)
