"""What Varta does as numbers, in the text format that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from flows import habits
from flows.habits import Habit
from flows.house import House
from storage import gauges, sources
from storage.engine import reading

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Family:
    """One metric with its samples, each with labels."""

    name: str
    type: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def collect(house: House) -> list[Family]:
    """Everything that is counted, from the database alone."""
    now, wanted = house.now(), house.configuration.catalogue.sources
    with reading(house.engine) as session:
        found, held = gauges.read(session, now), habits.habits(session, wanted, now)
        states = sources.states(session)
    ok = [({"source": s.id}, states[s.id].last_ok_at) for s in wanted if s.id in states]
    oldest = (now - found.oldest).total_seconds() if found.oldest else 0.0
    return [
        _one("varta_articles", "articles stored", [({}, found.articles)]),
        _one("varta_entries_waiting", "entries to be read", _by("source", found.waiting)),
        _one(
            "varta_source_failures", "polls in a row that failed", _by("source", {h.source: h.failures for h in held})
        ),
        _one("varta_source_last_ok_timestamp_seconds", "last answer", [(to, at.timestamp()) for to, at in ok if at]),
        _one(
            "varta_source_articles_yesterday",
            "articles of yesterday",
            _by("source", {h.source: h.week[-1].seen for h in held}),
        ),
        _one(
            "varta_source_articles_expected",
            "articles expected yesterday",
            _by("source", {h.source: h.week[-1].expected for h in held}),
        ),
        _one("varta_seen_lag_seconds", "from publication to first sight, last week", _lags(held, is_sent=False)),
        _one("varta_sent_lag_seconds", "from first sight to the alert, last week", _lags(held, is_sent=True)),
        _one("varta_deliveries", "deliveries by state", _by("state", found.deliveries)),
        _one("varta_outbox_oldest_seconds", "how long the oldest due delivery waits", [({}, oldest)]),
    ]


def exposition(families: Iterable[Family]) -> str:
    """The text for Prometheus."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.type}"
    for labels, value in family.samples:
        told = ",".join(f'{name}="{text.translate(_ESCAPES)}"' for name, text in labels.items())
        yield f"{family.name}{f'{{{told}}}' if told else ''} {float(value)!r}"


def _one(name: str, text: str, samples: Iterable[tuple[Mapping[str, str], float]]) -> Family:
    return Family(name, "gauge", text, tuple(samples))


def _by(label: str, counts: Mapping[str, float]) -> Iterator[tuple[Mapping[str, str], float]]:
    return (({label: name}, count) for name, count in sorted(counts.items()))


def _lags(held: Iterable[Habit], *, is_sent: bool) -> Iterator[tuple[Mapping[str, str], float]]:
    for habit in held:
        pair = habit.sent_after if is_sent else habit.seen_after
        for quantile, seconds in zip(("0.5", "0.9"), pair or (), strict=False):
            yield {"source": habit.source, "quantile": quantile}, seconds
