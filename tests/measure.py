"""How benches take time, and how they print a row."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable


def spent() -> float:
    """CPU seconds of this process so far, those of all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of this process for `work`, the best of three."""
    times = []
    for _ in range(3):
        start = spent()
        work()
        times.append(spent() - start)
    return min(times)


def row(name: str, ours: float, peer: float, count: int, what: str) -> None:
    """Print what `ours` and the `peer` took, in ms for one of `count`, both given in seconds for all."""
    say(f"{name:34} {1000 * ours / count:9.3f} ms {1000 * peer / count:9.3f} ms  ratio {ours / peer:6.3f}  ({what})")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
