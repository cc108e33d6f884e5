from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.model import Coverage, News
from alerts.rules import updates
from alerts.rules.updates import Report, Told
from tests.builders_alerts import NOW, make_coverage, make_other

FIRST = make_coverage(title="Old headline")
TOLD = updates.first_told(Report(FIRST), [FIRST], NOW)
LATER = NOW + timedelta(hours=1)


def others(count: int, **changes: object) -> list[Coverage]:
    return [FIRST, *(make_other(n, f"Outlet {n}", "t", **changes) for n in range(count))]


def news(
    report: Report, coverage: list[Coverage], wanted: tuple[News, ...] = tuple(News), told: Told = TOLD
) -> list[str]:
    return [one.news for one in updates.find(told, report, coverage, wanted, NOW, LATER).changes]


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (Report(FIRST), []),
        (Report(FIRST, is_gone=True), ["deletion"]),
        (Report(FIRST, 2, kinds=["correction"]), ["correction"]),
        (Report(FIRST, 2, kinds=["typo"]), []),
        (Report(FIRST, 2, kinds=["update"]), []),
        (Report(replace(FIRST, title="New headline"), 2, kinds=["update"]), ["correction"]),
        (Report(replace(FIRST, title="Old headlnie"), 2, kinds=["typo"]), []),
        (Report(FIRST, 3, kinds=["correction", "minor"]), ["correction"]),
    ],
)
def test_what_its_outlet_did_to_the_alerted_article(report: Report, expected: list[str]) -> None:
    assert news(report, [FIRST]) == expected


def test_a_headline_is_told_with_the_one_before() -> None:
    report = Report(replace(FIRST, title="New headline"), 2, kinds=["correction"], before="485", after="458")
    change = updates.find(TOLD, report, [FIRST], tuple(News), NOW, LATER).changes[0]
    assert (change.before, change.after) == ("Old headline", "New headline")


def test_every_fifth_independent_text_is_worth_a_message_but_not_at_once() -> None:
    report = Report(FIRST)
    assert news(report, others(4)) == []
    assert news(report, others(5)) == ["outlets"]
    assert news(report, others(9, independent=False)) == []
    soon = updates.find(TOLD, report, others(5), tuple(News), NOW, NOW + timedelta(minutes=1))
    assert (soon.changes, soon.later) == ((), NOW + updates.PAUSE)
    assert soon.told.independent == 1
    told = updates.find(TOLD, report, others(5), tuple(News), NOW, LATER).told
    assert (told.independent, told.outlets, told.updates) == (6, 6, 1)
    assert news(report, others(9), told=told) == []


def test_the_first_official_source_is_told_once_and_only_to_who_wants_it() -> None:
    official = [FIRST, make_other(1, "Ministry", "t", kind="official")]
    assert news(Report(FIRST), official) == ["official"]
    assert news(Report(FIRST), official, (News.DELETION,)) == []
    told = updates.find(TOLD, Report(FIRST), official, tuple(News), NOW, LATER).told
    assert news(Report(FIRST), official, told=told) == []


def test_what_the_reader_knows_survives_its_storing() -> None:
    assert updates.from_json(TOLD.to_json() | {"of a later version": 1}) == TOLD
    assert updates.from_json({}) is None


def test_others_are_counted_without_the_alerted_one() -> None:
    assert updates.others(Report(FIRST), others(4)) == (4, 4)
    assert updates.others(Report(FIRST), others(3, independent=False)) == (3, 0)
