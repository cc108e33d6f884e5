"""The forms under which a name or a word stands in a text: inflected, and spelled in Latin letters (pure)."""

from __future__ import annotations

from functools import cache, lru_cache

from alerts.forms import bulgarian, czech, polish, russian, ukrainian, western
from alerts.forms.romanizing import latin
from alerts.forms.tables import Rules, Table
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
    "fr": western.french,
}
_WORDS = _NAMES | {
    "uk": ukrainian.words,
    "ru": russian.words,
    "bg": bulgarian.words,
    "pl": polish.words,
    "cs": czech.words,
}
_CYRILLIC = ("uk", "ru", "bg")
_LATIN = ("en", "de", "fr")


def patterns(name: str, language: str | None, *, inflect: bool = True, category: str = "") -> tuple[Pattern, ...]:
    """The alternatives of `name`, each the folded tokens that may stand at every position; none without a word."""
    read = tokens(name)
    if not read:
        return ()
    if not inflect:
        return (tuple(frozenset((token.text,)) for token in read),)
    return (tuple(_forms(name[token.start : token.end], token.text, language, len(read) > 1) for token in read),)


def spellings(name: str, language: str | None) -> frozenset[str]:
    """Every form of a one-word name, folded; none of a name of several words, which no common word can equal."""
    return frozenset(form for pattern in patterns(name, language) if len(pattern) == 1 for form in pattern[0])


@lru_cache(maxsize=65536)
def _forms(written: str, word: str, language: str | None, beside: bool) -> frozenset[str]:
    if not word.isalpha() and "'" not in word:
        return frozenset((word,))
    cyrillic = "\u0400" <= word[-1] <= "\u052f"
    if language is None or (language in _CYRILLIC) is not cyrillic:
        languages = _CYRILLIC if cyrillic else _LATIN
        if language in _CYRILLIC and not cyrillic:
            languages = ()
    else:
        languages = (language,)
    found = {word}
    for one in languages:
        found |= _table(one, proper=written[:1].isupper()).forms(word, 1 if beside else 2)
    return frozenset(found)


@cache
def _table(language: str, *, proper: bool) -> Table:
    return (_NAMES if proper else _WORDS).get(language, Rules().table)()
