from __future__ import annotations

import itertools
import threading

import pytest

from scrapers.web.politeness import AT_ONCE, Politeness, Share


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def politeness(clock: Clock) -> Politeness:
    return Politeness(1.0, clock=clock.read, sleep=clock.sleep)


def test_first_request_waits_for_nothing(politeness: Politeness, clock: Clock) -> None:
    politeness.wait("a")
    assert clock.slept == []


def test_next_request_starts_a_delay_after_the_one_before(politeness: Politeness, clock: Clock) -> None:
    politeness.wait("a")
    clock.now += 0.25
    politeness.wait("a")
    clock.now += 5
    politeness.wait("a")
    assert clock.slept == [0.75]


def test_hosts_do_not_wait_for_each_other(politeness: Politeness, clock: Clock) -> None:
    politeness.wait("a")
    politeness.wait("b")
    assert clock.slept == []


def test_crawl_delay_lengthens_the_wait_up_to_half_a_minute(politeness: Politeness, clock: Clock) -> None:
    politeness.slow_down("a", 10)
    politeness.slow_down("b", 3600)
    for host in ("a", "a", "b", "b"):
        politeness.wait(host)
    assert clock.slept == [10, 30]


def test_crawl_delay_never_shortens_the_wait(politeness: Politeness, clock: Clock) -> None:
    politeness.slow_down("a", 0.1)
    politeness.wait("a")
    politeness.wait("a")
    assert clock.slept == [1]


def test_block_ends_by_itself_and_a_shorter_one_does_not_end_it(politeness: Politeness, clock: Clock) -> None:
    politeness.block("a", 60)
    politeness.block("a", 5)
    assert (politeness.blocked_for("a"), politeness.blocked_for("b")) == (60, 0)
    clock.now += 60
    assert politeness.blocked_for("a") == 0


def test_block_lasts_a_day_at_most(politeness: Politeness) -> None:
    politeness.block("a", 1e9)
    assert politeness.blocked_for("a") == 86400


def test_threads_take_different_starts() -> None:
    slept: list[float] = []
    politeness = Politeness(1.0, clock=lambda: 100.0, sleep=slept.append)
    threads = [threading.Thread(target=politeness.wait, args=("a",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(slept) == [float(n) for n in range(1, 20)]


def test_nobody_else_waits_while_one_sleeps() -> None:
    asleep, wake = threading.Event(), threading.Event()

    def sleep(_: float) -> None:
        asleep.set()
        wake.wait(10)

    politeness = Politeness(1.0, clock=lambda: 100.0, sleep=sleep)
    politeness.wait("a")
    sleeper = threading.Thread(target=politeness.wait, args=("a",))
    sleeper.start()
    assert asleep.wait(10)
    politeness.wait("b")
    assert politeness.blocked_for("a") == 0
    assert sleeper.is_alive()
    wake.set()
    sleeper.join(10)


def test_a_place_at_a_host_is_free_again_after_a_failure() -> None:
    politeness = Politeness(0.0)
    for _ in range(AT_ONCE + 1):
        with pytest.raises(ValueError, match="broken"), politeness.turn("a"):
            raise ValueError("broken")


def test_the_next_start_is_taken_only_with_a_place(clock: Clock) -> None:
    politeness = Politeness(1.0, clock=clock.read, sleep=clock.sleep)
    waiting = threading.Thread(target=lambda: politeness.turn("a").__enter__())
    with politeness.turn("a"), politeness.turn("a"):
        waiting.start()
        with politeness.turn("b"):
            assert clock.slept == [1.0]  # of the second, not of the one that has no place
        assert waiting.is_alive()
        clock.now += 5
    waiting.join(10)
    assert clock.slept == [1.0]  # it came late enough by itself


def starts(place: int, count: int, times: int, *, ahead: float = 1_000.3) -> list[float]:
    """When a process at this place begins its requests, by the clock of the wall."""
    clock = Clock()
    one = Politeness(
        1.0,
        clock=clock.read,
        sleep=clock.sleep,
        wall=lambda: clock.now + ahead,
        share=lambda: Share(place, count),
    )
    begun = []
    for _ in range(times):
        one.wait("a")
        begun.append(clock.now + ahead)
    return begun


@pytest.mark.parametrize("count", [2, 3])
def test_processes_together_keep_the_pace_of_one(count: int) -> None:
    # their own clocks began at different times, as those of two machines
    begun = sorted(
        at for place in range(count) for at in starts(place, count, 20, ahead=1_000 + place * 7.7 + place / 3)
    )
    gaps = [later - earlier for earlier, later in itertools.pairwise(begun)]
    assert min(gaps) > 0.999


def test_alone_nobody_waits_for_a_slot() -> None:
    assert starts(0, 1, 2) == [1_100.3, 1_101.3]


def test_a_slower_host_has_longer_slots() -> None:
    clock = Clock()
    one = Politeness(1.0, clock=clock.read, sleep=clock.sleep, wall=lambda: clock.now, share=lambda: Share(1, 2))
    one.slow_down("a", 10.0)
    one.wait("a")
    assert clock.now == 110.0  # an odd one of ten seconds
    one.wait("a")
    assert clock.now == 130.0
