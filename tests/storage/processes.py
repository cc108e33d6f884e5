"""Processes of their own, for tests of what several runs do to one database."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

_PATIENCE = 60  # seconds
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(
    [
        "flows.delivery",
        "flows.pipeline",
        "storage.articles",
        "sqlalchemy.dialects.sqlite",
        "sqlalchemy.dialects.postgresql.psycopg",
        "tests.flows.deliverers",
        "tests.storage.warm",
    ]
)


def started(target: Callable[..., None], *arguments: Any) -> BaseProcess:
    """A process that runs `target`, a function of a module; it shares nothing with this one."""
    process = _forks.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def ended(*processes: BaseProcess) -> list[int | None]:
    """The exit codes of processes, when all of them have ended; a killed one has the negative signal."""
    for process in processes:
        process.join(_PATIENCE)
    return [process.exitcode for process in processes]
