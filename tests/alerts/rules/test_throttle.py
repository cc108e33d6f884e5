from datetime import UTC, datetime, timedelta

import pytest

from alerts.rules import throttle

BEGIN = datetime(2025, 2, 12, tzinfo=UTC)


def minutes(*after: int) -> list[datetime]:
    return [BEGIN + timedelta(minutes=n) for n in after]


@pytest.mark.parametrize(
    ("times", "through"),
    [
        ((), []),
        ((0, 0, 0), [True, True, False]),
        ((0, 5, 9, 10, 14, 15), [True, True, False, True, False, True]),
        ((0, 60, 120), [True, True, True]),
    ],
)
def test_only_so_many_leave_within_a_period(times: tuple[int, ...], through: list[bool]) -> None:
    assert throttle.lets_through(minutes(*times), throttle.parse("2 per 10m")) == through
