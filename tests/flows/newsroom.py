"""A newsroom for tests of the rules: matches come as from an ingest, the clock is moved, deliveries leave at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from alerts.model import DeliveryKind, DeliveryState, Mode
from flows import delivery
from flows.house import House
from flows.tally import DeliveryTally
from storage.alert_tables import AlertRow, DecisionRow, DeliveryRow, DigestItemRow, DigestRow, MatchRow
from storage.engine import reading, transaction
from storage.tables import ArticleRow, StoryRow
from tests.flows.rooms import Clock, opened, source

KINDS = {"wire": "agency", "ministry": "official", "herald": "outlet", "pravda": "state-media", "tass": "state-media"}
SOURCES = "".join(source(name, "http://127.0.0.1:9", extra=f"    kind: {kind}\n") for name, kind in KINDS.items())
SOURCES += "".join(source(f"outlet-{n}", "http://127.0.0.1:9") for n in range(40))
DESK = "destinations:\n  - {id: desk, slack: {webhook: 'env:TEST_WEBHOOK'}}\n"


def watch(name: str = "w", **settings: str) -> str:
    """One entry of watchlist.yaml, high and for the desk unless said otherwise."""
    given = {"query": "Rutte", "priority": "high", "to": "[desk]"} | settings
    return f"  - {{id: {name}, {', '.join(f'{key}: {value}' for key, value in given.items())}}}\n"


@dataclass
class Newsroom:
    """The house, its clock, and what was stored."""

    house: House
    clock: Clock
    number: int = 0
    tallies: list[DeliveryTally] = field(default_factory=list)

    def story(self) -> int:
        """A new story."""
        with transaction(self.house.engine) as session:
            row = StoryRow(title="story", first_at=self.clock.time, last_at=self.clock.time)
            session.add(row)
            session.flush()
            return row.id

    def article(self, story: int, outlet: str = "wire", **changes: Any) -> int:
        """A new article of a story, published a minute ago."""
        with transaction(self.house.engine) as session:
            row = self._article(story, outlet, changes)
            session.add(row)
            session.flush()
            return row.id

    def match(
        self, story: int | None = None, name: str = "w", outlet: str = "wire", mode: Mode = Mode.LIVE, **changes: Any
    ) -> int:
        """A new article of a story (of its own without one) that a watch matched; the id of the match."""
        article = self.article(story or self.story(), outlet, **changes)
        return self.found(article, name, mode)

    def found(self, article: int, name: str = "w", mode: Mode = Mode.LIVE) -> int:
        """A watch matched this article."""
        with transaction(self.house.engine) as session:
            row = self._match(article, name, mode)
            session.add(row)
            session.flush()
            return row.id

    def flood(self, count: int, name: str = "w", mode: Mode = Mode.LIVE, *, story: int | None = None) -> None:
        """Many matches at once, each of a story of its own unless one is given."""
        now = self.clock.time
        with transaction(self.house.engine) as session:
            stories = [StoryRow(title="story", first_at=now, last_at=now) for _ in range(0 if story else count)]
            session.add_all(stories)
            session.flush()
            of = [story] * count if story else [one.id for one in stories]
            rows = [self._article(one or 0, f"outlet-{n % 40}", {}) for n, one in enumerate(of)]
            session.add_all(rows)
            session.flush()
            session.add_all([self._match(row.id, name, mode) for row in rows])

    def turn(self, **step: float) -> DeliveryTally:
        """One pass after a while; whatever it made leaves."""
        self.clock.forward(**step)
        tally = delivery.prepare(self.house)
        self.send()
        self.tallies.append(tally)
        return tally

    def send(self) -> None:
        """Let everything leave that is due."""
        with transaction(self.house.engine) as session:
            waiting = update(DeliveryRow).where(DeliveryRow.state == DeliveryState.PENDING)
            session.execute(waiting.values(state=DeliveryState.SENT, sent_at=self.clock.time))

    def change(self, article: int, **values: Any) -> None:
        """Change a stored article."""
        with transaction(self.house.engine) as session:
            session.execute(update(ArticleRow).where(ArticleRow.id == article).values(**values))

    def article_of(self, match: int) -> int:
        """The article of a match."""
        with reading(self.house.engine) as session:
            return session.scalars(select(MatchRow.article_id).where(MatchRow.id == match)).one()

    def ledger_story(self, match: int) -> int:
        """The story of a match."""
        with reading(self.house.engine) as session:
            of_match = select(ArticleRow.story_id).join(MatchRow, MatchRow.article_id == ArticleRow.id)
            return session.scalars(of_match.where(MatchRow.id == match)).one() or 0

    def sent(self, *kinds: DeliveryKind, to: str = "") -> list[DeliveryRow]:
        """Deliveries of these kinds (all without any), in the order in which they were made."""
        query = select(DeliveryRow).order_by(DeliveryRow.id)
        query = query.where(DeliveryRow.kind.in_(kinds)) if kinds else query
        query = query.where(DeliveryRow.destination_id == to) if to else query
        with reading(self.house.engine) as session:
            return list(session.scalars(query))

    def ledger(self) -> dict[tuple[int, str], DecisionRow]:
        """Every decision by match and destination."""
        with reading(self.house.engine) as session:
            return {(row.match_id, row.destination_id): row for row in session.scalars(select(DecisionRow))}

    def outcome(self, match: int, to: str = "desk") -> str:
        """What became of a match."""
        return self.ledger()[match, to].outcome

    def reason(self, match: int, to: str = "desk") -> str:
        """Why."""
        return self.ledger()[match, to].reason

    def outcomes(self) -> Counter[str]:
        """How many matches had which outcome."""
        return Counter(row.outcome for row in self.ledger().values())

    def alerts(self) -> list[AlertRow]:
        """Every alert."""
        with reading(self.house.engine) as session:
            return list(session.scalars(select(AlertRow).order_by(AlertRow.id)))

    def digests(self, name: str = "digest@03:30") -> list[DigestRow]:
        """Digests of this name, in order."""
        with reading(self.house.engine) as session:
            return list(session.scalars(select(DigestRow).where(DigestRow.name == name).order_by(DigestRow.id)))

    def items(self) -> Sequence[DigestItemRow]:
        """Everything that waits for a digest or stands in one."""
        with reading(self.house.engine) as session:
            return session.scalars(select(DigestItemRow).order_by(DigestItemRow.id)).all()

    def _article(self, story: int, outlet: str, changes: dict[str, Any]) -> ArticleRow:
        self.number += 1
        published = self.clock.time - timedelta(minutes=1)
        given: dict[str, Any] = {
            "source_id": outlet,
            "url": f"https://{outlet}.example/{self.number}",
            "title": f"Report {self.number}",
            "url_key": b"key %d" % self.number,
            "text": f"Rutte spoke, report {self.number}.",
            "authors": [],
            "language": "en",
            "published_at": published,
            "at": changes.get("published_at") or published,
            "first_seen_at": self.clock.time,
            "last_seen_at": self.clock.time,
            "story_id": story,
            "entities": [],
        }
        return ArticleRow(**(given | changes))

    def _match(self, article: int, name: str, mode: Mode) -> MatchRow:
        hit = {"term": "Rutte", "surface": "Rutte", "field": "text", "start": 0, "end": 5}
        excerpt = {"text": "Rutte spoke.", "marks": [[0, 5]], "field": "text"}
        return MatchRow(
            article_id=article,
            watch_id=name,
            watch_version="v",
            mode=mode,
            hits=[hit],
            excerpt=excerpt,
            created_at=self.clock.time,
        )


@contextmanager
def newsroom(
    folder: Path,
    watches: str = "",
    destinations: str = DESK,
    begin: datetime | None = None,
    database_url: str = "",
    *,
    is_right: bool = True,
) -> Iterator[Newsroom]:
    """A newsroom with these watches and destinations that begins at an instant; `is_right` if without a mistake."""
    clock = Clock()
    clock.time = begin or datetime(2026, 11, 23, 12, tzinfo=UTC)
    watchlist = f"entities:\n  - {{id: rutte, names: {{en: [Rutte]}}}}\nwatches:\n{watches or watch()}"
    with opened(
        folder, SOURCES, watchlist=watchlist, destinations=destinations, clock=clock, database_url=database_url
    ) as house:
        assert not house.configuration.problems or not is_right
        yield Newsroom(house, clock)
