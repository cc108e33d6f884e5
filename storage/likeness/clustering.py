"""Say whether articles tell one event: rare words bring them together, names and figures set them apart (pure)."""

from __future__ import annotations

import functools
import heapq
import math
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from storage.likeness import editions, words
from storage.likeness.words import Token, reach, read

Story = TypeVar("Story", bound=Hashable)

THRESHOLD = 0.2  # ECB+ has a plateau from .18 to .22 (B3 F1 .90 to .91, ARI .85 to .87)
LEAST = 0.15  # a product below that counts as nothing
WINDOW_HOURS = 72
MOST_TERMS = 60
_TITLE, _READ = 300, 2000  # characters: an event is told at the top, the background follows
_LEAD, _HEAD = 40, 60  # words of the text that weigh double, and that may hold its places and figures
_TITLE_WEIGHT, _LEAD_WEIGHT, _TELLING_WEIGHT = 5.0, 2.0, 2.5
_BACKGROUND = 3000.0  # articles that an empty database pretends to have seen
_RAREST = 0.001  # share of articles: no word counts as rarer, whatever the size of the window
_NAME_SHARE, _FIGURE_SHARE = 0.04, 0.15  # names and figures that more articles hold tell nothing
# Measured on ECB+, pairs of two like events against pairs of one event: headed by other names 14 and 1.5 %, no common
# figure 58 and 23 %, no common weekday 26 and 11 %
_SHARED_FIGURES = 0.25  # of those of the article that has fewer
_APART, _OTHER_DAY = 0.2, 0.7
_UNLIKE = (1.0, 0.65, 0.55, 0.3)  # by the figures of the article that has fewer
TEMPLATE, _FILLED_IN = 0.6, 0.3  # two reporters rarely share so many words; with other figures it is a form filled in
_NEAR, _PROPOSED = 0.75, 0.3  # cosine of an embedder that proposes an event, and how sure that makes
_WITNESSES = 5  # members that speak for a story: .5 best, .5 their mean gives +.03 precision over the best alone
_TOLD = 3  # words of a title that says what it is about
_PREFIX = 3  # letters that Одеса, Одещина and Одесский share

_Loud: TypeAlias = tuple[Token, Token, int]
_OPENING = Token("", "", is_end=True)
_LONG_WORD = re.compile(r"[^\W\d_]{3,}")
# і, ї and є change into one another and into the Russian letters when a name is inflected or translated
_VOWELS = str.maketrans("іїыєэеё", "иииииии")
_PLACE_BEFORE = frozenset(
    word
    for words in (
        "у в во на під біля над по поблизу із зі з до под около возле над из со с",
        "near in at over on outside from toward w we pod koło",
    )
    for word in words.split()
)
_WEEKDAYS = {
    stem: str(day)
    for day, stems in enumerate(
        (
            "monday понеділок понеділк понедельник poniedziałek poniedziałk montag",
            "tuesday вівторок вівторк вторник wtorek wtork dienstag",
            "wednesday середу середи среду среды środ mittwoch",
            "thursday четвер четверг czwartek czwartk donnerstag",
            "friday пятниц piątek piątk freitag",
            "saturday субот суббот sobot samstag",
            "sunday неділ воскресен niedziel sonntag",
        )
    )
    for stem in stems.split()
}


Term: TypeAlias = tuple[float, float]
"""How much a word stem or number says in an article, and in what share of all articles it stands.

A plain tuple: thousands of them are made for a batch, and those of a class are walked by every garbage collection.
"""


@dataclass(frozen=True, slots=True)
class Marks:
    """What sets an event apart from the next one of its kind; names are their first letters, figures as digits."""

    heads: frozenset[str]  # names in the title and places in the lead
    names: frozenset[str]  # every name
    figures: frozenset[str]
    weekdays: frozenset[str]  # of the lead, Monday is 0


@dataclass(frozen=True, slots=True)
class Sketch:
    """At most `MOST_TERMS` terms by 32-bit hash, equal in every process, and the marks of an article."""

    terms: Mapping[int, Term]
    marks: Marks


def sketch(title: str, text: str) -> Sketch:
    """What there is to compare of an article; reads the title and the first 2,000 characters."""
    heading, body = read(title[:_TITLE]), read(text[:_READ])
    loud, titled = _loud(body), [] if _is_title_case(title[:_TITLE]) else _loud(heading)
    weight: dict[str, float] = Counter([token.word for token in body])  # type: ignore[assignment]  # integers so far
    for token in body[: reach(body, _LEAD)]:
        weight[token.word] += _LEAD_WEIGHT - 1
    for token in heading:
        weight[token.word] += _TITLE_WEIGHT
    for word in {token.word for before, token, _ in (*titled, *loud) if token.is_number or not before.is_end}:
        weight[word] *= _TELLING_WEIGHT
    weight.pop("", None)  # of what does not count
    said = {word: 1 + math.log(value) for word, value in weight.items()}
    logs, unlisted = words.logs(), math.log(words.UNLISTED)
    best = sorted([(value * logs.get(word, unlisted), word) for word, value in said.items()])[:MOST_TERMS]
    shares = words.shares()
    terms = {_hash(word): (said[word], shares.get(word, words.UNLISTED)) for _, word in best}
    return Sketch(terms, _marks(heading, body, titled, loud))


def vector(terms: Mapping[int, Term], seen: Mapping[int, int], total: int) -> dict[int, float]:
    """Weights of length one; `seen` says how many of the `total` articles of the window hold a term.

    Kept as they are when the article comes: the product of two vectors is then a sum that a database can take.
    """
    known = _BACKGROUND + total
    weights = {
        key: weight * -math.log(min(1.0, max(_RAREST, (share * _BACKGROUND + seen.get(key, 0)) / known)))
        for key, (weight, share) in terms.items()
    }
    length = math.hypot(*weights.values()) or 1.0
    return {key: weight / length for key, weight in weights.items()}


def product(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    """How much two vectors share, from 0 to 1."""
    few, many = sorted((one, other), key=len)
    return sum(weight * many[key] for key, weight in few.items() if key in many)


def score(shared: float, one: Marks, other: Marks, near: float = 0.0) -> float:
    """The product of two vectors, less where names or figures say that one template tells two events.

    `near` is the cosine of an embedder, which blurs like events: it only ever proposes what they do not deny.
    """
    doubt = 1.0
    figures = min(len(one.figures), len(other.figures))
    if len(one.figures & other.figures) < _SHARED_FIGURES * figures:
        doubt *= _UNLIKE[min(figures, len(_UNLIKE) - 1)] * (_FILLED_IN if shared > TEMPLATE else 1.0)
    if one.heads and other.heads and not one.heads & other.names and not other.heads & one.names:
        doubt *= _APART
    if one.weekdays and other.weekdays and not one.weekdays & other.weekdays:
        doubt *= _OTHER_DAY
    if near >= _NEAR and doubt == 1 and (one.names & other.names or one.figures & other.figures):
        return max(shared, _PROPOSED)
    return shared * doubt if shared >= LEAST else 0.0


def choose(scored: Iterable[tuple[Story, float]], sizes: Mapping[Story, int]) -> Story | None:
    """The story that an article continues, None when it begins one.

    `scored` has the story of each earlier article with its score, `sizes` the number of articles of each story that
    could have been scored: texts of their own, in the window and in the language of the article.
    """
    found: dict[Story, list[float]] = defaultdict(list)
    for story, value in scored:
        found[story].append(value)
    sure = {story: _sureness(values, sizes.get(story, 0)) for story, values in found.items()}
    best = max(sure, key=sure.__getitem__, default=None)
    return best if best is not None and sure[best] >= THRESHOLD else None


def _sureness(values: Sequence[float], size: int) -> float:
    asked = min(_WITNESSES, max(size, len(values)))
    return (max(values) + sum(heapq.nlargest(asked, values)) / asked) / 2


def is_edition(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two titles (folded words) differ in their numbers alone, as those of a daily bulletin do."""
    if one == other or len(one) != len(other):
        return False
    return all(a == b or (a.isdigit() and b.isdigit()) for a, b in zip(one, other, strict=True))


@functools.lru_cache(maxsize=4096)
def headline(title: str) -> tuple[frozenset[int], frozenset[int]]:
    """The terms of a title without numbers, and those of them that are names."""
    found = read(title[:_TITLE])
    telling = [token for token in found if token.word and not token.is_number and not editions.is_number(token.raw)]
    names = [token for token in found[reach(found, 1) :] if token.is_capital and token in telling]
    return frozenset(_hash(token.word) for token in telling), frozenset(_hash(token.word) for token in names)


def is_filled_in(one: str, other: str, terms: Collection[int], others: Collection[int]) -> bool:
    """Whether two titles are one form with another name in it, which the text of the other article does not hold."""
    (words, names), (other_words, other_names) = headline(one), headline(other)
    if 2 * len(words & other_words) < min(len(words), len(other_words)):
        return False
    return any(name not in others for name in names - other_words) and any(
        name not in terms for name in other_names - words
    )


def is_foreign(one: str, other: str, terms: Collection[int], others: Collection[int]) -> bool:
    """Whether each title has nothing to do with the other article: their texts are no articles but a paywall's."""
    words, other_words = headline(one)[0], headline(other)[0]
    if min(len(words), len(other_words)) < _TOLD:
        return False
    return not any(word in others for word in words) and not any(word in terms for word in other_words)


def _loud(tokens: Sequence[Token]) -> list[_Loud]:
    """Names and figures, each with what stands before it and its place."""
    return [
        (tokens[place - 1] if place else _OPENING, token, place)
        for place, token in enumerate(tokens)
        if token.is_telling
    ]


def _is_title_case(title: str) -> bool:
    words = _LONG_WORD.findall(title)
    return len(words) > _PREFIX and sum(word[0].isupper() for word in words) > 0.6 * len(words)


def _marks(heading: Sequence[Token], body: Sequence[Token], titled: Sequence[_Loud], loud: Sequence[_Loud]) -> Marks:
    opening = reach(body, _HEAD)
    early = [(before, token) for before, token, place in loud if place < opening]
    heads = [token for before, token, _ in titled if not before.is_end]
    heads += [token for before, token in early if before.raw in _PLACE_BEFORE]
    figures = [token for token in heading if token.is_telling] + [token for _, token in early]
    days = [token.word for token in (*heading, *body[:opening]) if token.word in _WEEKDAYS]
    return Marks(
        frozenset([_prefix(token.raw[:_PREFIX]) for token in heads if _is_name(token)]),
        frozenset(
            [_prefix(token.raw[:_PREFIX]) for token in (*heading, *(one for _, one, _ in loud)) if _is_name(token)]
        ),
        frozenset([token.word for token in figures if _is_figure(token)]),
        frozenset([_WEEKDAYS[word] for word in days]),
    )


def _is_name(token: Token) -> bool:
    return token.is_capital and token.is_telling and token.share < _NAME_SHARE and token.word not in _WEEKDAYS


def _is_figure(token: Token) -> bool:
    """Whether a number tells one event from another: no year, and none that every seventh article holds.

    The day of a month stays: without it F1 on ECB+ is .015 lower.
    """
    return token.is_number and token.is_telling and token.share < _FIGURE_SHARE


@functools.lru_cache(maxsize=8192)
def _prefix(letters: str) -> str:
    return letters.translate(_VOWELS)


@functools.lru_cache(maxsize=65_536)
def _hash(word: str) -> int:
    """32 bits with a sign, never 0: of 200,000 terms in a window one in 20,000 meets another, and a row is short."""
    return (zlib.crc32(word.encode()) - (1 << 31)) or 1
