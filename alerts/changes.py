"""Say what kind of change a new version of an article is (pure)."""

from __future__ import annotations

import enum
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from alerts import worddiff
from alerts.worddiff import Hunk, Piece, Word

_LONGEST = 200_000  # words of both versions; what is longer is a table or a book, and its change an update
_SHORTENED = 0.8  # of the words: what keeps more and ends with a whole sentence was shortened by its outlet
_CUT = 0.6  # of the words: what keeps fewer may end with an invitation to subscribe
_INVITED = 14  # words of such an invitation, or of a footer
_CONTAINED = 0.95  # of the words of a cut text stand in the whole one, in the same order
_MINOR = 0.05  # of the words
_FEW_FACTS = 0.1  # of the words change where only a fact is put right
_FEW = 4  # words may always change: a flash has twenty
_IN_PLACE = 4  # words on each side of a replacement; a longer one says something else
_TYPOS = 12  # words with slips of the pen
_SLIP, _SHORT = 2, 4  # letters that a slip changes; in a word of so few letters it is one
_ENDING = 3  # letters of a name that grammar changes
_NOUNS = 0.3  # of the words inside sentences begin with a capital: German, where it makes no name


class ChangeKind(enum.StrEnum):
    """What a new version of an article changed."""

    TYPO = "typo"  # letters in a few words
    MINOR = "minor"  # a few words, and no fact among them
    UPDATE = "update"  # it says more, less or something else
    CORRECTION = "correction"  # it says that it was wrong, or a figure, a name or a "not" was replaced
    TRUNCATED = "truncated"  # a cut page: never what the article says now


@dataclass(frozen=True, slots=True)
class Version:
    """A title and text, and whether its page is known to show only a part."""

    title: str
    text: str
    partial: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    """One version as its words.

    `names` are the keys of those that somebody or something is called by, `stamped` the places of those that only
    tell when the page was made.
    """

    text: str
    words: list[Word]
    keys: list[str]
    names: frozenset[str]
    stamped: frozenset[int]


# words at the head of a paragraph or in brackets that say why the text changed
_WRONG = (
    r"correct(?:ion|ions|ed|s)|clarif(?:ication|ied|ies)|retraction|errat(?:um|a)|"
    r"виправлен\w*|уточнен\w*|спростуван\w*|поправка|исправлен\w*|опровержени\w*|"
    r"sprostowanie|korekta|poprawiono|oprava|opraveno|upřesnění|korrektur|berichtigung|richtigstellung|"
    r"rectificati(?:f|on)|correctif|corrección|rettifica|düzeltme"
)
_NEWER = (
    r"update[sd]?|adds|recasts|оновлен\w*|доповнен\w*|обновлен\w*|дополнен\w*|aktualizacja|zaktualizowano|"
    r"aktualizov[aá]no|aktualizace|aktualisiert|mis à jour|actualizado|aggiornato|güncellendi"
)
_THIS = (
    r"article|story|report|headline|матеріал|статт\w+|новин\w+|публікаці\w+|материал|стать\w+|новост\w+|artykuł|článek"
)
_PUT_RIGHT = r"corrected|amended|виправлен\w*|уточнен\w*|исправлен\w*|уточнён\w*|poprawion\w*|sprostowan\w*|opraven\w*"
_EARLIER = (
    r"(?:earlier|previous|original) version of th(?:is|e) |(?:попередній|первісній|початковій) (?:версії|редакції)|"
    r"(?:предыдущей|первоначальной) (?:версии|редакции)|poprzedniej wersji|předchozí verz|früheren version"
)
_SAYS_WRONG = re.compile(
    rf"^[^\w\n]{{0,9}}(?:{_WRONG})\b(?:[^:.\n]|\.(?=\d)){{0,40}}(?::|$)|[(\[](?:{_WRONG})\b|{_EARLIER}|"
    rf"\b(?:{_THIS})\b[^.\n]{{0,40}}\b(?:{_PUT_RIGHT})\b",
    re.IGNORECASE | re.MULTILINE,
)
_SAYS_NEWER = re.compile(
    rf"^[^\w\n]{{0,9}}(?:{_NEWER})\b[^.\n]{{0,40}}(?::|$)|[(\[](?:{_NEWER})\b", re.IGNORECASE | re.MULTILINE
)
_STAMP = re.compile(
    r"^[^\w\n]{0,9}(?:last )?(?:updated?|published|оновлено|опубліковано|обновлено|опубликовано|zaktualizowano|"
    r"aktualizov[aá]no|aktualizacja|aktualisiert|stand)\b[^\n]{0,40}(?:\d[:.]\d\d|\b\d{4}\b)[^\n]{0,20}$",
    re.IGNORECASE | re.MULTILINE,
)
_NOT = re.compile(
    r"not?|never|neither|nor|without|none|cannot|cant|(?:do|does|did|is|are|was|were|wo|would|could|should|has|have|had)nt|"
    r"не|ні|ані|немає|нема|без|ніколи|жод(?:ен|н\w+)|нет|ни|никогда|нельзя|nie|ani|bez|brak|nigdy|není|nejsou|nebyl[aoiy]?|"
    r"nicht|kein\w*|pas|sans|sin|non"
)
_UN = ("un", "in", "im", "il", "ir", "non", "dis", "не", "ні", "без", "бес", "nie", "ne", "bez")
_COUNT = re.compile(
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?|"
    r"billions?|trillions?|дв[аіе]|двох|двум|двух|три|трьох|тр[её]х|чотири|чотирьох|четыр\w+|п[я]т[ьи]\w*|шість|шести|"
    r"шесть|сім|семи|семь|вісім|восьми|восемь|дев[я]т[ьи]\w*|десят[ьоки]\w*|сотн?\w*|сто|тисяч\w*|тысяч\w*|"
    r"м[іи]ль?йон\w*|миллион\w*|м[іи]лья?рд\w*|миллиард\w*)"
)
_DIGITS = re.compile(r"\d")
_SENTENCE_ENDS = ".!?…:\n"


def classify(old: Version, new: Version) -> ChangeKind | None:
    """What `new` changed; None when the words are the same.

    TRUNCATED is a text that holds less of the old and hardly anything else: a paywall, a live page that drops
    its oldest part. One that only lost a passage in the middle, or its last sentences, was shortened by its
    outlet: an update. A partial version never replaces a whole one.
    """
    titles, texts = (_side(old.title), _side(new.title)), (_side(old.text), _side(new.text))
    if all(was.keys == now.keys for was, now in (titles, texts)):
        return None
    if old.partial != new.partial:
        return ChangeKind.UPDATE if old.partial else ChangeKind.TRUNCATED
    if len(texts[0].words) + len(texts[1].words) > _LONGEST:
        return ChangeKind.TRUNCATED if _begins(*texts) else ChangeKind.UPDATE
    changed = worddiff.hunks(texts[0].keys, texts[1].keys)
    if changed and _is_cut(*texts, changed):
        return ChangeKind.TRUNCATED
    replaced = [(*texts, hunk) for hunk in changed]
    replaced += [(*titles, hunk) for hunk in worddiff.hunks(titles[0].keys, titles[1].keys)]
    return _stated(old, new) or _by_words(replaced, max(len(side.words) for side in texts) + len(titles[1].words))


def diff(old: Version, new: Version) -> tuple[Piece, ...]:
    """Title and text word by word, with some words around each change; empty when no word differs."""
    return worddiff.pieces(f"{old.title}\n\n{old.text}", f"{new.title}\n\n{new.text}")


def _side(text: str) -> _Side:
    found = worddiff.words(text)
    stamps = [stamp.span() for stamp in _STAMP.finditer(text)]
    starts = [word.start for word in found]
    stamped = frozenset(i for start, end in stamps for i in range(bisect_left(starts, start), bisect_left(starts, end)))
    return _Side(text, found, [word.key for word in found], _names(text, found), stamped)


def _names(text: str, found: Sequence[Word]) -> frozenset[str]:
    """Words that have a capital inside a sentence; none where every noun has one."""
    inside, named = 0, set()
    capitals = 0
    for before, word in pairwise(found):
        if any(mark in _SENTENCE_ENDS for mark in text[before.end : word.start]):
            continue
        inside += 1
        if text[word.start : word.end].strip("'’ʼ‘`")[:1].isupper():
            capitals += 1
            named.add(word.key)
    return frozenset(named) if capitals <= _NOUNS * inside or inside < _IN_PLACE * 5 else frozenset()


def _begins(old: _Side, new: _Side) -> bool:
    return len(new.keys) < len(old.keys) and old.keys[: len(new.keys)] == new.keys


def _is_cut(old: _Side, new: _Side, changed: Sequence[Hunk]) -> bool:
    """Whether the end of the old text is gone and hardly anything else happened."""
    before, after = len(old.words), len(new.words)
    if after >= before:
        return False
    changed = worddiff.joined(changed)
    last, kept = changed[-1], after / before
    invited = last.d - last.c
    foreign = sum(hunk.d - hunk.c for hunk in changed)
    footer = before - last.b
    if kept < _CUT and max(invited, footer) <= _INVITED:
        foreign, footer = foreign - invited, 0
    is_end_gone = not footer and sum(hunk.b - hunk.a for hunk in changed[:-1]) < last.b - last.a
    is_contained = invited < after and foreign <= (1 - _CONTAINED) * after
    return is_end_gone and is_contained and (kept < _SHORTENED or not _ends_whole(new.text))


def _ends_whole(text: str) -> bool:
    end = text.rstrip().rstrip("\"'”»’)]")
    return end.endswith((".", "!", "?", "。")) and not end.endswith("...")


def _stated(old: Version, new: Version) -> ChangeKind | None:
    """What the new version calls its change, where the old one did not say so yet."""
    before, after = (f"{version.title}\n{version.text}" for version in (old, new))
    for says, kind in ((_SAYS_WRONG, ChangeKind.CORRECTION), (_SAYS_NEWER, ChangeKind.UPDATE)):
        if len(says.findall(after)) > len(says.findall(before)):
            return kind
    return None


def _by_words(replaced: Sequence[tuple[_Side, _Side, Hunk]], whole: int) -> ChangeKind:
    """By what was replaced, where nothing says why."""
    size = sum(max(hunk.b - hunk.a, hunk.d - hunk.c) for _, _, hunk in replaced)
    if size > max(_TYPOS, _FEW_FACTS * whole):
        return ChangeKind.UPDATE
    facts = [found for found in replaced if _is_fact(*found)]
    inserts = sum(_is_long(hunk) for _, _, hunk in replaced)
    if facts:
        is_rest_same = not inserts and size <= max(_FEW, _FEW_FACTS * whole)
        return ChangeKind.CORRECTION if is_rest_same else ChangeKind.UPDATE
    if size <= _TYPOS and all(_is_slip(*found) for found in replaced):
        return ChangeKind.TYPO
    is_told_more = any(_figures(new, hunk.c, hunk.d) or _named(new, hunk.c, hunk.d) for _, new, hunk in replaced)
    is_told_less = any(_figures(old, hunk.a, hunk.b) or _named(old, hunk.a, hunk.b) for old, _, hunk in replaced)
    is_small = size <= max(_FEW, _MINOR * whole)
    return ChangeKind.MINOR if is_small and not is_told_more and not is_told_less else ChangeKind.UPDATE


def _is_long(hunk: Hunk) -> bool:
    return max(hunk.b - hunk.a, hunk.d - hunk.c) > _IN_PLACE


def _is_fact(old: _Side, new: _Side, hunk: Hunk) -> bool:
    """Whether a figure, a name or a "not" was replaced in place."""
    if _is_long(hunk):
        return False
    a, b, c, d = hunk
    before, after = _figures(old, a, b), _figures(new, c, d)
    if before and after and before != after:
        return True
    were, are = old.keys[a:b], new.keys[c:d]
    if sum(map(bool, map(_NOT.fullmatch, were))) != sum(map(bool, map(_NOT.fullmatch, are))):
        return True
    if len(were) == len(are) and any(_denies(x, y) or _denies(y, x) for x, y in zip(were, are, strict=True)):
        return True
    was, now = _named(old, a, b), _named(new, c, d)
    return bool(was and now) and not all(any(_is_inflected(x, y) for y in now) for x in was)


def _figures(side: _Side, start: int, end: int) -> list[str]:
    """The numbers among these words, in digits or letters; those of a time stamp are none."""
    found = [
        side.keys[place]
        for place in range(start, end)
        if place not in side.stamped and (_DIGITS.search(side.keys[place]) or _COUNT.fullmatch(side.keys[place]))
    ]
    # "1,000" and "1000" are one number
    return ["".join(found)] if all(key.isdigit() for key in found) and _is_grouped(found) else found


def _is_grouped(found: Sequence[str]) -> bool:
    return bool(found) and all(len(key) == 3 for key in found[1:])  # noqa: PLR2004 - digits of a group


def _named(side: _Side, start: int, end: int) -> list[str]:
    return [key for key in side.keys[start:end] if key in side.names]


def _denies(plain: str, negated: str) -> bool:
    return len(plain) >= _ENDING and any(negated == head + plain for head in _UN)


def _is_inflected(one: str, other: str) -> bool:
    """Whether two forms of a name differ in their ending only."""
    stem = max(_ENDING, max(len(one), len(other)) - _ENDING)
    return one[:stem] == other[:stem]


def _is_slip(old: _Side, new: _Side, hunk: Hunk) -> bool:
    """Whether the words differ by a few letters, or by a blank."""
    were, are = old.keys[hunk.a : hunk.b], new.keys[hunk.c : hunk.d]
    if any(_DIGITS.search(key) for key in (*were, *are)):
        return "".join(were) == "".join(are)
    if len(were) == len(are):
        return all(_is_near(x, y) for x, y in zip(were, are, strict=True))
    return bool(were and are) and _is_near("".join(were), "".join(are))


def _is_near(one: str, other: str) -> bool:
    """Whether at most `_SLIP` letters were added, dropped, replaced or swapped with the next."""
    most = _SLIP if max(len(one), len(other)) > _SHORT else 1
    if one == other:
        return True
    if abs(len(one) - len(other)) > most or len(one) > 60:  # noqa: PLR2004 - no word has so many letters
        return False
    earlier: list[int] = []
    last = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, wanted in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
        earlier, last = last, row
    return last[-1] <= most
