"""The forms under which a name or a word stands in a text: inflected, and spelled in Latin letters (pure)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import NamedTuple

from alerts.forms import bulgarian, czech, ordinals, polish, russian, ukrainian, western
from alerts.forms.romanizing import latin
from alerts.forms.tables import Table
from alerts.normalize import tokens

__all__ = ["latin", "patterns", "spellings"]

Pattern = tuple[frozenset[str], ...]

_NAMES = {
    "uk": ukrainian.names,
    "ru": russian.names,
    "bg": bulgarian.names,
    "pl": polish.names,
    "cs": czech.names,
    "en": western.english,
    "de": western.german,
    "fr": western.plurals,
}
_WORDS = _NAMES | {
    "uk": ukrainian.words,
    "ru": russian.words,
    "bg": bulgarian.words,
    "pl": polish.words,
    "cs": czech.words,
    "fr": western.french,
}
_CYRILLIC = frozenset(("uk", "ru", "bg"))
_VOWELS = frozenset("aeiouyаеєиіїоуыэюя")
_ABBREVIATION = 5  # letters at most; longer words in capitals are shouted names
_SHORTEST = 3  # letters of a form that stands alone: May is no Ma
_LONG_ENOUGH = 5  # letters of a Latin name of unknown language that takes Polish and Czech endings
_COUNTED = frozenset(("weapon", "PRO"))  # of which there are many: three Gvozdikas, while there is one Ukraine
_PEOPLE = frozenset(("person", "PER"))


def patterns(name: str, language: str | None, *, inflect: bool = True, category: str = "") -> tuple[Pattern, ...]:
    """The alternatives of `name`, each the folded tokens that may stand at every position; none without a word.

    `language` (ISO 639-1) chooses the ending tables; None is a word of unknown language, which takes those
    endings of every language of its script that seldom make other words of it. A capitalised word has only the
    endings of a name if it stands alone or names a person by `category`: Ukraine has no plural, Zelensky no
    feminine. Weapons are counted, and the words of other long names are common words: Збройних Сил.
    """
    read = tokens(name)
    if not read:
        return ()
    if not inflect:
        return (tuple([frozenset((token.text,)) for token in read]),)
    beside = len(read) > 1
    proper = category in _PEOPLE if beside else category not in _COUNTED
    kind = _Kind(language, beside=beside, proper=proper)
    found = [_forms(name[token.start : token.end], token.text, kind) for token in read]
    for at in range(1, len(read)):
        if read[at - 1].text.isdigit() and (endings := ordinals.same(read[at].text)):
            found[at] = endings
    return (tuple(found),)


def spellings(name: str, language: str | None) -> frozenset[str]:
    """Every form of a one-word name, folded; none of a name of several words, which no common word can equal."""
    return frozenset(form for pattern in patterns(name, language) if len(pattern) == 1 for form in pattern[0])


class _Kind(NamedTuple):
    """What is known of a word besides its letters."""

    language: str | None
    beside: bool  # other words of the same name
    proper: bool  # with a capital, it has the endings of a name only


@lru_cache(maxsize=65536)
def _forms(written: str, word: str, kind: _Kind) -> frozenset[str]:
    alone = frozenset((word,))
    if not word[-1].isalpha():
        return alone
    is_cyrillic = "\u0400" <= word[-1] <= "\u052f"
    if kind.language is not None and (kind.language in _CYRILLIC) is not is_cyrillic:
        return alone  # HIMARS in Ukrainian: its endings are tokens of their own
    stem = _stem(written, word, kind)
    tables = _names if written[0].isupper() and kind.proper else _words
    if kind.language is not None:
        found = tables(kind.language).forms(word, stem)
    elif is_cyrillic:
        found = tables("uk").forms(word, stem) | tables("ru").forms(word, stem) | _articles().forms(word, stem)
    else:
        found = tables("en").forms(word, stem)
        if written[0].isupper() and len(word) >= _LONG_ENOUGH:  # war is no wary
            slavic = _names("pl").forms(word, stem) | _names("cs").forms(word, stem)
            longer = {form for form in slavic if len(form) >= len(word)}  # Germany is no German
            found |= longer - {word + vowel for vowel in "eiy"}  # Green is no Greene
    if kind.beside or len(word) >= 2 * _SHORTEST:  # no ending takes away more than half of such a word
        return found
    return alone.union(form for form in found if len(form) >= _SHORTEST)


def _stem(written: str, word: str, kind: _Kind) -> int:
    """How many letters no form may change: most of a short name, or its forms would be common words."""
    if written.isupper() and len(word) <= _ABBREVIATION:
        return len(word) if word[-1] in _VOWELS or len(word) < _SHORTEST else len(word) - 1
    if kind.beside:
        return 1
    if len(word) < _SHORTEST:
        return len(word)
    return 2 if len(word) == _SHORTEST and written[0].isupper() and word[-1] not in _VOWELS | {"й"} else 1


@cache
def _names(language: str) -> Table:
    make = _NAMES.get(language)
    return make() if make else Table({})


@cache
def _words(language: str) -> Table:
    make = _WORDS.get(language)
    return make() if make else Table({})


@cache
def _articles() -> Table:
    return bulgarian.articles()
