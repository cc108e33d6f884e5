"""Link an article to the earliest one whose text it repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, case, func, or_, select, text, update
from sqlalchemy.orm import Session

from storage import fingerprints
from storage.fingerprints import EPOCH, WINDOW, Key, day_of
from storage.likeness import forms, nearness, shingles, stream
from storage.likeness.fingerprint import SHORTEST, normal_words
from storage.likeness.gist import Gist
from storage.likeness.nearness import DIGEST, MOST_HOLDERS, Kind, Known, Likeness
from storage.likeness.shingles import Text
from storage.tables import ArticleRow, RevisionRow
from storage.upsert import given

_FLASH = timedelta(hours=2)  # a text of a few words, such as an air raid alert, is news again after that
_DAY = timedelta(days=1)
_ANNOUNCED = 60  # words: up to that an outlet may use the same ones for the next event
_MOSTLY = 0.9  # of a copy's text: what is left over is no news of the outlet that wrote both
_HEADLINES = 2  # under which an outlet has set one text: it is no article but what stands where one is hidden
_CONDITIONS = 200  # in one statement; SQLite nests at most 1,000
_QUIETLY = {"autoflush": False, "synchronize_session": False}  # the session writes its rows when all is known of them
_BEST = (Kind.EXACT, Kind.NEAR, Kind.CONTAINED, Kind.CONTAINS)
_TURNED = {Kind.CONTAINS: Kind.CONTAINED, Kind.CONTAINED: Kind.CONTAINS}  # seen from the other text

_KNOWN = {
    "sqlite": "SELECT id, source_id, key_count FROM article WHERE id IN (SELECT value FROM json_each(:ids))",
    "postgresql": "SELECT id, source_id, key_count FROM article WHERE id = ANY(CAST(:ids AS bigint[]))",
}


@dataclass(frozen=True, slots=True)
class _Earlier:
    """An article that others may repeat."""

    outlet: str
    title: str
    headline: tuple[str, ...]
    at: datetime
    partial: bool
    root: int
    kind: Kind | None  # how it repeats its root, None for a root
    score: float
    story: int | None
    text: str  # up to what a fingerprint takes; empty in an article of the batch
    revision: int


@dataclass(frozen=True, slots=True)
class _Link:
    """How an article repeats the first of a group, and the member of the group by which that was found."""

    kind: Kind
    score: float
    root: int
    held: int
    found: Likeness


def link(session: Session, fresh: Sequence[tuple[ArticleRow, Gist]]) -> dict[int, int]:
    """Say of each article which earlier one it repeats, and keep its fingerprints; one writer at a time may do it.

    A link that is there stays: it was made by an address that two articles share, or by an earlier version.
    Returns news of another event that an earlier article was given later, with that article: no copy, no common story.
    """
    ordered = sorted(fresh, key=lambda pair: pair[0].id)
    batch = _look(session, ordered)
    for row, one in ordered:
        batch.judge(row, one)
    fingerprints.insert(session, batch.kept)
    fingerprints.delete(session, batch.spare)
    for held, root, kind, score in batch.later:
        values = {"duplicate_of": root, "duplicate_kind": kind.value, "duplicate_score": score, "edition_of": None}
        session.execute(update(ArticleRow).where(ArticleRow.id == held).values(values), execution_options=_QUIETLY)
    repoint(session, batch.moved)
    return batch.apart


def forget(session: Session, rows: Sequence[ArticleRow]) -> None:
    """Drop fingerprints and links of articles, before their text changes.

    A link by a shared address stays: there the texts differ although neither was ever changed.
    """
    stored = [row for row in rows if row.key_count]
    fingerprints.delete(
        session, [(key, day_of(row.at), row.id) for row in stored for key in shingles.read(row.text).keys]
    )
    roots = {row.duplicate_of for row in rows if row.duplicate_of is not None}
    query = select(ArticleRow.id, ArticleRow.text_hash, ArticleRow.revision).where(ArticleRow.id.in_(roots))
    first = {held: (hashed, revision) for held, hashed, revision in session.execute(query)} if roots else {}
    for row in rows:
        row.key_count = row.edition_of = None
        hashed, revision = first.get(row.duplicate_of or 0, (None, 0))
        if row.duplicate_kind != Kind.EXACT or hashed == row.text_hash or revision > 1:
            row.duplicate_of = row.duplicate_kind = row.duplicate_score = None


def repoint(session: Session, moved: Mapping[int, int]) -> None:
    """Let the copies of articles that became copies themselves point to the same article as those."""
    if moved:
        root = case(dict(moved), value=ArticleRow.duplicate_of)
        moving = update(ArticleRow).where(ArticleRow.duplicate_of.in_(moved)).values(duplicate_of=root)
        session.execute(moving, execution_options=_QUIETLY)


@dataclass(slots=True)
class _Batch:
    """What is stored around a batch, and what becomes of its articles one after the other."""

    found: Mapping[int, Mapping[int, tuple[int, ...]]]  # by article of the batch: stored ones by fingerprint
    known: dict[int, Known]
    seen: dict[int, _Earlier]
    same: dict[bytes, list[int]]  # by hash of the text
    flashes: dict[tuple[str, tuple[str, ...]], list[int]]  # by outlet and words
    first: Mapping[int, tuple[str, str]]  # title and text of revised ones as they were stored
    texts: dict[int, Text] = field(default_factory=dict)
    by_key: dict[int, tuple[int, ...]] = field(default_factory=dict)  # tuples of numbers: no garbage is sought in them
    kept: list[Key] = field(default_factory=list)
    spare: list[Key] = field(default_factory=list)
    later: list[tuple[int, int, Kind, float]] = field(default_factory=list)
    moved: dict[int, int] = field(default_factory=dict)
    apart: dict[int, int] = field(default_factory=dict)

    def judge(self, row: ArticleRow, one: Gist) -> None:
        """Link `row` to what stands before it, and to it what was stored later although it comes after it."""
        if row.duplicate_of is not None:
            row.duplicate_of = self.moved.get(row.duplicate_of, row.duplicate_of)
        self.texts[row.id] = one.text
        alike = self._alike(row, one)
        links = self._links(row.id, alike)
        best = next((link for link in links if link.root < row.id and row.duplicate_of in (None, link.root)), None)
        if best:
            self._join(row, best, links)
        elif row.duplicate_of is None:
            self._follow(row, alike)
        if row.duplicate_of is not None:
            self.moved[row.id] = row.duplicate_of
        if not row.partial:
            later = [link for link in links if link.held == link.root > row.id]
            # a page that grows all day comes to hold what was news of its own when it was stored
            self._lead(row, [link for link in later if row.revision == 1 or link.kind in (Kind.EXACT, Kind.NEAR)])
        self._keep(row, one, alike if best else {})
        self._add(row, one)

    def _alike(self, row: ArticleRow, one: Gist) -> dict[int, Likeness]:
        if one.hash:
            same = self.same.get(one.hash, [])
        else:
            words = self.flashes.get((row.source_id, one.text.words), []) if one.text.words else []
            same = [held for held in words if abs(self.seen[held].at - row.at) <= _FLASH]
        alike = dict.fromkeys(same, Likeness(Kind.EXACT, 1.0))
        trusted = self._trusted(row, one.text, alike)
        if one.text.size >= SHORTEST and not any(self._root(held) < row.id for held in trusted):
            trusted = self._trusted(row, one.text, alike | self._near(row, one.text))
            trusted = self._without_added(row, one, trusted)
        return self._without_forms(row, one.text, trusted)

    def _without_added(self, row: ArticleRow, one: Gist, alike: dict[int, Likeness]) -> dict[int, Likeness]:
        """Without live blogs that hold its text by now and began with another event: who reads them is not told."""
        for held in [held for held in self.first.keys() & alike.keys() if alike[held].kind is Kind.CONTAINED]:
            is_long = self._text(held).size >= DIGEST * one.text.size
            if is_long and stream.is_added(*self.first[held], one.sketch):
                self.apart[row.id] = self._root(held)
        return {held: found for held, found in alike.items() if self._root(held) != self.apart.get(row.id)}

    def _without_forms(self, row: ArticleRow, own: Text, alike: dict[int, Likeness]) -> dict[int, Likeness]:
        """With what its own outlet says again of another day or place as editions: an air raid, a power cut."""
        mine = [held for held, found in alike.items() if self.seen[held].outlet == row.source_id]
        is_short = SHORTEST <= own.size <= _ANNOUNCED
        exact = [held for held in alike if is_short and alike[held].kind is Kind.EXACT and self._is_past(row, held)]
        wrong = exact if any(held in mine for held in exact) else []
        near = [held for held in mine if alike[held].kind is Kind.NEAR]
        wrong += [
            held
            for held in near
            if forms.is_refilled(row.title, own.words, self.seen[held].title, self._text(held).words)
        ]
        return alike | {held: Likeness(Kind.TEMPLATE, alike[held].score) for held in wrong}

    def _is_past(self, row: ArticleRow, held: int) -> bool:
        return abs(self.seen[held].at - row.at) > _FLASH

    def _trusted(self, row: ArticleRow, own: Text, alike: dict[int, Likeness]) -> dict[int, Likeness]:
        """Without equal texts that stand where the article is hidden: a paywall's, a consent form's."""
        same = [held for held, likeness in alike.items() if likeness.kind is Kind.EXACT]
        if not same:
            return alike
        headline = tuple(normal_words(row.title))
        mine = {self.seen[held].headline for held in same if self.seen[held].outlet == row.source_id}
        is_hidden = row.partial or (headline not in mine and len(mine) >= _HEADLINES)
        other = [held for held in same if self.seen[held].headline != headline]
        titles = {row.title, *(self.seen[held].title for held in other)}
        if other and (is_hidden or forms.is_wall(titles, own.words)):
            wrong = set(other)
        else:
            wrong = {held for held in other if self.seen[held].partial}
        return {held: likeness for held, likeness in alike.items() if held not in wrong}

    def _near(self, row: ArticleRow, own: Text) -> dict[int, Likeness]:
        held, day = dict(self.found.get(row.id, {})), day_of(row.at)
        for key in own.keys & self.by_key.keys():
            mates = [mate for mate in reversed(self.by_key[key]) if abs(day_of(self.seen[mate].at) - day) <= WINDOW]
            held[key] = (*mates, *(one for one in held.get(key, ()) if one not in mates))[:MOST_HOLDERS]
        if not held:
            return {}
        form = nearness.worn(held, self.known)
        likely = nearness.candidates(own, held, self.known, form)
        earlier = {one: self._text(one) for one in likely if one in self.seen}
        return nearness.judge(own, row.source_id, earlier, self.known, form)

    def _links(self, own: int, alike: Mapping[int, Likeness]) -> list[_Link]:
        """Groups that the article `own` belongs to, the best first, and of equal ones that with the lowest root."""
        links = []
        for held, found in alike.items():
            kind, score, root, earlier = found.kind, found.score, self._root(held), self.seen[held]
            if root == own or not kind.is_duplicate:
                continue
            if earlier.kind:
                if kind is Kind.CONTAINED and earlier.kind is Kind.CONTAINS:
                    continue  # two parts of one digest are two articles
                kind, score = max(kind, earlier.kind, key=_BEST.index), min(score, earlier.score)
            links.append(_Link(kind, score, root, held, found))
        return sorted(links, key=lambda one: (_BEST.index(one.kind), one.root, _BEST.index(one.found.kind), one.held))

    def _join(self, row: ArticleRow, best: _Link, links: Sequence[_Link]) -> None:
        row.duplicate_of, row.duplicate_kind, row.duplicate_score = best.root, best.kind.value, best.score
        row.edition_of = None
        held, size = {link.root for link in links if link.found.kind is Kind.CONTAINS}, self.texts[row.id].size
        if best.found.kind is Kind.CONTAINS and (len(held) > 1 or size >= DIGEST * self._text(best.held).size):
            return
        # not that of its root: the copy of a digest tells what the digest tells
        row.story_id = row.story_id or self.seen[best.held].story

    def _follow(self, row: ArticleRow, alike: Mapping[int, Likeness]) -> None:
        """Name the latest edition before `row`, if it is one of a series."""
        editions = [
            (self.seen[held].at, self._root(held), likeness.score)
            for held, likeness in alike.items()
            if likeness.kind is Kind.TEMPLATE and self._root(held) != row.id
        ]
        before = max((one for one in editions if one[:2] < (row.at, row.id)), default=None)
        row.edition_of = before[1] if before else None
        row.duplicate_kind, row.duplicate_score = (Kind.TEMPLATE.value, before[2]) if before else (None, None)

    def _lead(self, row: ArticleRow, links: Iterable[_Link]) -> None:
        """Put articles that were stored later behind `row`, which reads so only now or was not indexed before."""
        root = row.duplicate_of or row.id
        for link in links:
            later = self.seen[link.held]
            self.moved[link.held] = root
            self.later.append((link.held, root, _TURNED.get(link.kind, link.kind), link.score))
            if self._covers(row.source_id, row.at, later, link.found):
                shared = self._text(link.held).keys.keys() & self.texts[row.id].keys.keys()
                self.spare += [(key, day_of(later.at), link.held) for key in shared]

    def _keep(self, row: ArticleRow, one: Gist, alike: Mapping[int, Likeness]) -> None:
        """Keep the fingerprints of `row`, but not those by which its original is found: many copies are no form."""
        row.key_count = None if row.partial else len(one.text.keys)
        if row.partial or one.text.size < SHORTEST:
            return
        found: set[int] = set()
        for held, likeness in alike.items():
            earlier = self.seen[held]
            if self._root(held) == row.duplicate_of and self._covers(row.source_id, row.at, earlier, likeness):
                found |= one.text.keys.keys() if likeness.kind is Kind.EXACT else self._text(held).keys.keys()
        number, day = row.id, day_of(row.at)  # the session answers slowly
        for key in one.text.keys.keys() - found:
            self.kept.append((key, day, number))
            self.by_key[key] = (*self.by_key.get(key, ()), number)

    def _covers(self, outlet: str, at: datetime, earlier: _Earlier, likeness: Likeness) -> bool:
        is_found = likeness.kind.is_duplicate and not earlier.partial and abs(day_of(earlier.at) - day_of(at)) <= WINDOW
        return is_found and (earlier.outlet != outlet or likeness.score >= _MOSTLY)

    def _add(self, row: ArticleRow, one: Gist) -> None:
        """Let the articles after it find `row`."""
        self.seen[row.id] = _earlier(row, "")
        self.known[row.id] = Known(row.source_id, len(one.text.keys))
        if one.hash:
            self.same.setdefault(one.hash, []).append(row.id)
        else:
            self.flashes.setdefault((row.source_id, one.text.words), []).append(row.id)

    def _root(self, held: int) -> int:
        root = self.seen[held].root
        return self.moved.get(root, root)

    def _text(self, held: int) -> Text:
        if held not in self.texts:
            self.texts[held] = shingles.read(self.seen[held].text)
        return self.texts[held]


def _look(session: Session, ordered: Sequence[tuple[ArticleRow, Gist]]) -> _Batch:
    """Everything that the database knows around a batch, in a handful of statements."""
    own = {row.id for row, _ in ordered}
    asked: dict[int, set[int]] = defaultdict(set)
    long = [(row, one.text) for row, one in ordered if one.text.size >= SHORTEST]
    for row, read in long:
        asked[day_of(row.at)].update(read.keys)
    stored = fingerprints.holders(session, asked)
    common = {key for near in stored.values() for key in near}
    mates: dict[int, list[int]] = defaultdict(list)
    for row, read in long:
        for key in common & read.keys.keys():
            mates[key].append(row.id)
    held: dict[int, dict[int, tuple[int, ...]]] = {}
    worth: set[int] = set()
    for row, read in long:
        near = stored[day_of(row.at)]
        held[row.id] = {key: near[key] for key in read.keys if key in near}
        worth |= nearness.worth_knowing({key: (*mates[key], *found) for key, found in held[row.id].items()})
    known = _known(session, worth - own)
    wanted: set[int] = set()
    for row, read in long:
        if held[row.id]:
            wanted.update(nearness.candidates(read, held[row.id], known, nearness.worn(held[row.id], known)))
    same = _same(session, {one.hash for _, one in ordered if one.hash}, own)
    wanted.update(one for ids in same.values() for one in ids)
    seen = _read(session, ArticleRow.id.in_(wanted)) if wanted else {}
    flashes = _flashes(session, [row for row, one in ordered if one.text.words and not one.hash])
    by_words: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for number in flashes.keys() - own:
        by_words[flashes[number].outlet, shingles.read(flashes[number].text).words].append(number)
    revised = {row.id for row, _ in ordered if row.revision > 1}
    revised |= {number for number, earlier in seen.items() if earlier.revision > 1}
    return _Batch(held, known, seen | flashes, same, by_words, _first(session, revised))


def _first(session: Session, revised: Collection[int]) -> dict[int, tuple[str, str]]:
    """Titles and texts of revised articles as they were at first, as far as they are kept."""
    row = RevisionRow
    query = select(row.article_id, row.title, row.text).where(
        row.article_id.in_(revised), row.kind == "", row.text != ""
    )
    return {held: (title, told) for held, title, told in session.execute(query)} if revised else {}


def _known(session: Session, ids: Collection[int]) -> dict[int, Known]:
    rows = session.execute(text(_KNOWN[session.get_bind().dialect.name]), {"ids": given(session, ids)})
    return {held: Known(outlet, count) for held, outlet, count in rows if count}


def _same(session: Session, hashes: Collection[bytes], own: Collection[int]) -> dict[bytes, list[int]]:
    """The latest articles with equal texts; they name their root, so older ones are not needed."""
    latest = func.row_number().over(partition_by=ArticleRow.text_hash, order_by=ArticleRow.id.desc()).label("latest")
    ranked = select(ArticleRow.id, ArticleRow.text_hash, latest).where(ArticleRow.text_hash.in_(hashes)).subquery()
    same: dict[bytes, list[int]] = {}
    query = select(ranked.c.id, ranked.c.text_hash).where(ranked.c.latest <= MOST_HOLDERS + len(own))
    for held, hashed in session.execute(query):
        if held not in own:
            same.setdefault(hashed, []).append(held)
    return same


def _flashes(session: Session, rows: Iterable[ArticleRow]) -> dict[int, _Earlier]:
    """What the outlets of `rows` published around their days that is too short for a hash."""
    days = sorted({(row.source_id, timedelta(days=day_of(row.at))) for row in rows})
    near = [
        and_(ArticleRow.source_id == outlet, ArticleRow.at.between(EPOCH + day - _FLASH, EPOCH + day + _DAY + _FLASH))
        for outlet, day in days
    ]
    found: dict[int, _Earlier] = {}
    for start in range(0, len(near), _CONDITIONS):
        found |= _read(session, and_(ArticleRow.text_hash.is_(None), or_(*near[start : start + _CONDITIONS])))
    return found


def _read(session: Session, condition: Any) -> dict[int, _Earlier]:
    row = ArticleRow
    linked = (row.duplicate_of, row.duplicate_kind, row.duplicate_score, row.story_id)
    start = func.substr(row.text, 1, shingles.LONGEST + 1)  # the rest is not looked at
    query = select(row.id, row.source_id, row.title, row.at, row.partial, row.revision, *linked, start.label("start"))
    return {found.id: _earlier(found, found.start) for found in session.execute(query.where(condition))}


def _earlier(row: Any, start: str) -> _Earlier:
    """What linking needs of a row, or of its columns."""
    root, score = row.duplicate_of, row.duplicate_score or 0.0
    kind = Kind(row.duplicate_kind) if root else None
    headline, group = tuple(normal_words(row.title)), root or row.id
    return _Earlier(
        row.source_id, row.title, headline, row.at, row.partial, group, kind, score, row.story_id, start, row.revision
    )
