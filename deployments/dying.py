"""Run Python with these arguments until it ends, or until the process that started it does."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress

_ON_PARENTS_DEATH, _TAKE_ORPHANS = 1, 36  # of Linux' prctl


def with_parent() -> None:
    """Have Linux end this process when its parent is killed; other systems leave it running."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_ON_PARENTS_DEATH, signal.SIGTERM, 0, 0, 0)


def take_orphans() -> None:
    """Have Linux make grandchildren whose parent was killed our children; other systems do not."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_TAKE_ORPHANS, 1, 0, 0, 0)


def command(*arguments: str) -> list[str]:
    """What starts `python ARGUMENTS` so that it dies with us, without code between fork and exec."""
    return [sys.executable, "-m", "deployments.dying", *arguments]


if __name__ == "__main__":
    with_parent()
    os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606 - arguments of our own
