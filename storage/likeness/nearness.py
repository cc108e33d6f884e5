"""Say which stored texts a text repeats, and how: copies, shortened, embedded, yesterday's bulletin (pure)."""

from __future__ import annotations

import enum
import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from storage.likeness.editions import is_edition, masked
from storage.likeness.fingerprint import SHORTEST
from storage.likeness.shingles import Text, runs

DIGEST = 3  # times as long as the text it holds: that text is a part of its news, not its story
MOST_HOLDERS = 32  # texts that are asked for per fingerprint, latest first; one with so many is an idiom
MOST_CANDIDATES = 16  # texts that are read and compared; a new text has .4 on average, a wire text many copies
_WORN = 5  # texts of one outlet that share a fingerprint: their footer, a background paragraph, a form
_EDITIONS = 3  # of the candidates, the latest texts of the same form
_CLUE = 0.12  # sampled overlap below which a text is not worth reading
_SURE = 0.28  # overlap times covered: a copy with a fifth of its words edited has .25 to .6, texts on one event less
_COVERED = 0.6  # of the shorter text, not counting gaps that an edit leaves: .8 and more after such edits
_COVERED_OWN = 0.8
_GAP = 15  # shingles that an edit of a dozen words breaks
_LEAST = 17  # shared shingles: two short texts have an idiom and a list of names in common sooner than two long ones
_ALIKE = 0.9  # overlap of texts that are nothing but form
_LONGER = 1.5
_SERIES = 2  # editions of one outlet that make a series

Run = tuple[str, ...]


class Kind(enum.StrEnum):
    """How a text repeats an earlier one."""

    EXACT = "exact"
    NEAR = "near"
    CONTAINS = "contains"  # the earlier one is a part of it
    CONTAINED = "contained"  # it is a part of the earlier one
    TEMPLATE = "template"  # another edition of the same bulletin: linked, no duplicate

    @property
    def is_duplicate(self) -> bool:
        """Whether a reader of the earlier text has read this one."""
        return self is not Kind.TEMPLATE


@dataclass(frozen=True, slots=True)
class Known:
    """What finding candidates needs of a stored text."""

    outlet: str
    keys: int  # how many fingerprints it has


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a text repeats another one; `score` is the share of the shorter one's shingles, 0 to 1."""

    kind: Kind
    score: float


def worth_knowing(holders: Mapping[int, Sequence[int]]) -> set[int]:
    """The stored texts of which `candidates` wants to know more."""
    shared = Counter(held for found in holders.values() for held in found)
    crowded = {held for found in holders.values() if len(found) >= _WORN for held in found}
    return crowded | {held for held, count in shared.items() if count > 1}


def worn(holders: Mapping[int, Sequence[int]], known: Mapping[int, Known]) -> frozenset[int]:
    """Fingerprints that many texts of one outlet share, so that they tell nothing about any of them."""
    return frozenset(
        key for key, found in holders.items() if len(found) >= _WORN and _most_of_one_outlet(found, known) >= _WORN
    )


def _most_of_one_outlet(found: Sequence[int], known: Mapping[int, Known]) -> int:
    return max(Counter(known[held].outlet for held in found if held in known).values(), default=0)


def candidates(
    text: Text, holders: Mapping[int, Sequence[int]], known: Mapping[int, Known], without: Collection[int]
) -> tuple[int, ...]:
    """At most `MOST_CANDIDATES` stored texts to compare with, likeliest first; `without` are the worn fingerprints."""
    weight: dict[int, float] = defaultdict(float)
    shared: Counter[int] = Counter()
    every: Counter[int] = Counter()
    for key, found in holders.items():
        every.update(found)
        if key not in without and len(found) < MOST_HOLDERS:
            shared.update(found)
            for held in found:
                weight[held] += 1 / len(found)
    fresh = len(text.keys) - sum(key in without for key in text.keys)
    likely = [
        held
        for held, count in shared.items()
        if count > 1 and held in known and count >= _CLUE * min(fresh, known[held].keys)
    ]
    forms = [held for held, count in every.items() if count > 1 and held in known and count >= _CLUE * len(text.keys)]
    best = sorted(likely, key=lambda held: (-weight[held], -held))[: MOST_CANDIDATES - _EDITIONS]
    editions = sorted(set(forms) - set(best), key=lambda held: (-every[held], -held))
    return (*best, *editions[:_EDITIONS])


def compare(text: Text, earlier: Text, without: Collection[int] = (), *, is_own: bool = False) -> Likeness | None:
    """How `text` repeats `earlier`, if it does; what stands around the fingerprints `without` does not count.

    `is_own` says that one outlet wrote both: it may repeat its background and footer, and what is new is news.
    """
    if text.words == earlier.words and text.words and not (text.is_cut or earlier.is_cut):
        return Likeness(Kind.EXACT, 1.0)
    if min(text.size, earlier.size) < SHORTEST:
        return None
    kind, form = _kind(text, earlier), _form(text, without)
    own, other = ([run for run in one.shingles if run not in form] for one in (text, earlier))
    overlap, is_copy = _overlap(own, other, _COVERED_OWN if is_own else _COVERED)
    if form and not is_copy and kind is Kind.NEAR and min(len(own), len(other)) < 2 * _LEAST:
        overlap, is_copy = _overlap(text.shingles, earlier.shingles)  # little but form: the same edition, or none
        is_copy = is_copy and overlap >= _ALIKE
    if not is_edition(text.words, earlier.words):
        return Likeness(kind, round(overlap, 3)) if is_copy else None
    if not is_copy:  # editions are as long as one another, and have most in common when numbers do not count
        overlap, is_copy = _overlap(list(runs(masked(text.words))), list(runs(masked(earlier.words))))
        is_copy = is_copy and kind is Kind.NEAR
    return Likeness(Kind.TEMPLATE, round(overlap, 3)) if is_copy else None


def judge(
    text: Text, outlet: str, earlier: Mapping[int, Text], known: Mapping[int, Known], without: Collection[int]
) -> dict[int, Likeness]:
    """Which of the `earlier` texts a text of `outlet` repeats, and how; short ones repeat their own outlet's only."""
    own = {held for held in earlier if outlet and known[held].outlet == outlet}
    compared = {held: compare(text, other, without, is_own=held in own) for held, other in earlier.items()}
    found = {
        held: likeness for held, likeness in compared.items() if likeness and (text.size >= SHORTEST or held in own)
    }
    own &= found.keys()
    if sum(found[held].kind is Kind.TEMPLATE for held in own) >= _SERIES:
        # one bulletin of many has the numbers of another one by chance
        found |= {held: Likeness(Kind.TEMPLATE, found[held].score) for held in own if found[held].kind is Kind.NEAR}
    return found


def _kind(text: Text, earlier: Text) -> Kind:
    if text.size >= _LONGER * earlier.size:
        return Kind.CONTAINS
    return Kind.CONTAINED if earlier.size >= _LONGER * text.size else Kind.NEAR


def _form(text: Text, without: Collection[int]) -> set[Run]:
    """The shingles of which the nearest fingerprint is worn."""
    form: set[Run] = set()
    places = list(text.keys.items())
    start = 0
    for (key, place), (_, following) in itertools.pairwise([*places, (0, 2 * len(text.shingles))]):
        end = (place + following) // 2 + 1
        if key in without:
            form.update(text.shingles[start:end])
        start = end
    return form


def _overlap(one: Sequence[Run], other: Sequence[Run], enough: float = _COVERED) -> tuple[float, bool]:
    """What part of the shorter text the other one repeats, and whether that makes it a copy.

    Edits leave short gaps all over a copy; a report with a paragraph of background leaves long ones.
    """
    shorter, longer = sorted((one, other), key=len)
    if not shorter:
        return 0.0, False
    there = set(longer)
    lengths = [(found, sum(1 for _ in group)) for found, group in itertools.groupby(run in there for run in shorter)]
    shared = sum(length for found, length in lengths if found)
    edited = sum(length for found, length in lengths if not found and length <= _GAP)
    overlap, covered = shared / len(shorter), (shared + edited) / len(shorter)
    return overlap, shared >= _LEAST and covered >= enough and overlap * covered >= _SURE
