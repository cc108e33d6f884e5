"""The forms under which a name or a word stands in a text: inflected, and spelled in Latin letters (pure)."""

from __future__ import annotations

from functools import cache, lru_cache

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
    "fr": western.french,
}
_WORDS = _NAMES | {
    "uk": ukrainian.words,
    "ru": russian.words,
    "bg": bulgarian.words,
    "pl": polish.words,
    "cs": czech.words,
}
_CYRILLIC = frozenset(("uk", "ru", "bg"))
_VOWELS = frozenset("aeiouyаеєиіїоуыэюя")
_MOST_LETTERS = 5  # of an abbreviation; longer words in capitals are shouted names
_SHORTEST = 3  # letters of a form that stands alone: May is no Ma
_LONG_ENOUGH = 5  # letters of a Latin name of unknown language that takes Polish and Czech endings


def patterns(name: str, language: str | None, *, inflect: bool = True, category: str = "") -> tuple[Pattern, ...]:
    """The alternatives of `name`, each the folded tokens that may stand at every position; none without a word.

    `language` (ISO 639-1) chooses the ending tables; None is a word of unknown language, which takes those
    endings of every language of its script that seldom make other words of it.
    """
    read = tokens(name)
    if not read:
        return ()
    if not inflect:
        return (tuple([frozenset((token.text,)) for token in read]),)
    beside = len(read) > 1
    found = [_forms(name[token.start : token.end], token.text, language, beside) for token in read]
    for at in range(1, len(read)):
        if read[at - 1].text.isdigit() and (endings := ordinals.same(read[at].text)):
            found[at] = endings
    return (tuple(found),)


def spellings(name: str, language: str | None) -> frozenset[str]:
    """Every form of a one-word name, folded; none of a name of several words, which no common word can equal."""
    return frozenset(form for pattern in patterns(name, language) if len(pattern) == 1 for form in pattern[0])


@lru_cache(maxsize=65536)
def _forms(written: str, word: str, language: str | None, beside: bool) -> frozenset[str]:
    if not word[-1].isalpha():
        return frozenset((word,))
    cyrillic = "\u0400" <= word[-1] <= "\u052f"
    if language is not None and (language in _CYRILLIC) is not cyrillic:
        return frozenset((word,))  # HIMARS in Ukrainian: its endings are tokens of their own
    stem = _stem(written, word, beside=beside)
    proper = written[0].isupper()
    if language is not None:
        found = _table(language, proper).forms(word, stem)
    else:
        found = _of_any_language(word, stem, proper=proper, cyrillic=cyrillic)
    return found if beside else frozenset(form for form in found if len(form) >= _SHORTEST or form == word)


def _stem(written: str, word: str, *, beside: bool) -> int:
    """How many letters no form may change: all but one of a short name, or its forms would be common words."""
    if written.isupper() and len(word) <= _MOST_LETTERS:
        return len(word) if word[-1] in _VOWELS or len(word) < 3 else len(word) - 1
    if beside:
        return 1
    if len(word) < 3:
        return len(word)
    return 2 if len(word) == 3 and written[0].isupper() and word[-1] not in _VOWELS | {"й"} else 1


def _of_any_language(word: str, stem: int, *, proper: bool, cyrillic: bool) -> frozenset[str]:
    if cyrillic:
        both = _table("uk", proper).forms(word, stem) | _table("ru", proper).forms(word, stem)
        return both | _articles().forms(word, stem)
    found = _table("en", proper).forms(word, stem)
    if not proper or len(word) < _LONG_ENOUGH:
        return found  # war, wary; arm, army
    slavic = _table("pl", proper).forms(word, stem) | _table("cs", proper).forms(word, stem)
    return found | {form for form in slavic if len(form) >= len(word)}  # Germany, German


@cache
def _table(language: str, proper: bool) -> Table:
    table = (_NAMES if proper else _WORDS).get(language)
    return table() if table else Table({})


@cache
def _articles() -> Table:
    return bulgarian.articles()
