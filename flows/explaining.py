"""Say why watches matched an article or did not, in words for people; knows nothing of the command line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from alerts import nearmiss
from alerts.matching import Compiled
from alerts.model import Field
from alerts.nearmiss import Miss
from storage import lookup
from storage.lookup import Explained, StoredArticle

_MOST_FORMS = 3  # of one name that are shown
_MOST_WORDS = 6  # that are found or missing
_MOST_NEAR = 10  # watches whose lack is told one by one


@dataclass(frozen=True, slots=True)
class Silent:
    """A watch without a stored match: what the article lacks, None when it holds with the watchlist as it is now."""

    watch: str
    miss: Miss | None

    @property
    def outcome(self) -> str:
        """`no_match`, or `matches_now` when only the watchlist changed since."""
        return "no_match" if self.miss else "matches_now"


def silent(article: StoredArticle, compiled: Compiled, matched: Iterable[str]) -> list[Silent]:
    """Every watch that did not match, the nearest first."""
    known = set(matched)
    others = tuple((watch, node) for watch, node in compiled.watches if watch.id not in known)
    misses = nearmiss.look(lookup.as_read(article), replace(compiled, watches=others))
    found = [Silent(watch.id, misses.get(watch.id)) for watch, _ in others]
    return sorted(found, key=lambda one: (one.miss.lacks, -len(one.miss.found)) if one.miss else (0, 0))


def because(one: Explained) -> str:
    """`'Рютте' (@rutte) and 'Україні' (Україна)`: each name or word that was found, in its forms."""
    forms: dict[tuple[str, str], dict[str, None]] = {}
    for hit in _outermost(one.hits):
        forms.setdefault((str(hit.get("entity", "")), str(hit["term"])), {})[str(hit["surface"])] = None
    by_name: dict[str, list[str]] = {}
    for (entity, term), surfaces in forms.items():
        named = f"@{entity}" if entity else "" if term in surfaces else term
        by_name.setdefault(named, []).extend(surfaces)
    told = []
    for named, found in by_name.items():
        shown = ", ".join(f"'{surface}'" for surface in list(dict.fromkeys(found))[:_MOST_FORMS])
        told.append(f"{shown} ({named})" if named else shown)
    return " and ".join([", ".join(told[:-1]), told[-1]] if len(told) > 1 else told)


def lacks(found: Sequence[str], missing: Sequence[str], unwanted: Sequence[str]) -> str:
    """What an article has and what keeps it from matching, in one line."""
    told = [f"has {_listed(found)}"] if found else []
    told += [f"missing: {_listed(missing, ' and ')}"] if missing else []
    told += [f"must not stand there: {_listed(unwanted)}"] if unwanted else []
    return "; ".join(told)


def sentence(text: str, marks: Iterable[tuple[int, int]]) -> str:
    """One line, each found word in square brackets."""
    parts, last = [], 0
    for start, end in marks:
        parts += [text[last:start], "[", text[start:end], "]"]
        last = end
    return " ".join("".join([*parts, text[last:]]).split())


def tell_silent(listed: Sequence[Silent]) -> Iterator[str]:
    """The nearest watches one by one, the others by name."""
    near = [one for one in listed if one.miss is None or one.miss.found]
    for one in near[:_MOST_NEAR]:
        yield f"  {one.watch}: {_why_not(one.miss)}"
    if far := near[_MOST_NEAR:]:
        yield f"  lack more: {', '.join(one.watch for one in far)}"
    if nothing := [one.watch for one in listed if one not in near]:
        yield f"  of these nothing was found: {', '.join(nothing)}"


def row(one: Silent) -> dict[str, Any]:
    """A watch that did not match, as JSON."""
    miss = one.miss or Miss()
    told = {"found": miss.found, "missing": miss.missing, "unwanted": miss.unwanted}
    return {"watch": one.watch, "outcome": one.outcome} | {name: list(words) for name, words in told.items()}


def _why_not(miss: Miss | None) -> str:
    if miss is None:
        return "matches with the watchlist as it is now: `varta rematch` stores that"
    return lacks(miss.found, miss.missing, miss.unwanted)


def _listed(words: Sequence[str], joint: str = ", ") -> str:
    """The first few of them, and how many more there are."""
    more = len(words) - _MOST_WORDS
    return joint.join([*words[:_MOST_WORDS], *([f"{more} more"] if more > 0 else [])])


def _outermost(hits: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Hits that no longer one covers: `Mark Rutte` and not the `Rutte` in it."""
    covered: dict[bool, int] = {}
    for hit in sorted(hits, key=lambda hit: (hit["start"], -hit["end"])):
        where = hit["field"] == Field.TITLE
        if hit["end"] > covered.get(where, -1):
            covered[where] = hit["end"]
            yield hit
