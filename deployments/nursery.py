"""A process that has everything imported and forks one child for each run: a run costs no imports.

To import Prefect and the flows takes 2 to 3 seconds of CPU; with three runs in two minutes that were most of what
Prefect costs. `launcher.py` stands where Python would be started; it asks here for a child, and where nobody answers
it starts Python after all.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from pydantic import BaseModel
from sqlalchemy.orm import configure_mappers

from flows import house, settings
from storage import engine as database

_IMPORTED = (
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.concurrency.services",
    "prefect.utilities.visualization",
    "anyio._backends._asyncio",
    *(
        f"flows.{name}"
        for name in (
            "backfill",
            "deliver",
            "explain",
            "health",
            "ingest",
            "mute",
            "rematch",
            "try_watch",
            "upkeep",
            "verify",
        )
    ),
)
# what is imported late, and is no promise of these libraries: without it a run only costs more
_LATE = (
    "prefect._internal.metrics",
    "prefect._internal.observers",
    "prefect._internal.pytz",
    "prefect._internal.states",
    "prefect._vendor.croniter.croniter",
    "rich._emoji_codes",
)
_SCHEMAS = (
    "prefect.client.schemas.actions",
    "prefect.client.schemas.objects",
    "prefect.client.schemas.responses",
    "prefect.events.filters",
    "prefect.events.schemas.events",
)
_MOST = 1 << 20  # bytes of what a launcher tells
_Connections = dict[int, socket.socket]


def main(path: str) -> None:
    """Listen on the socket at `path` until SIGTERM; children end with their launchers, launchers with children."""
    _warm()
    gc.collect()
    gc.freeze()  # children that collect do not copy what they never free
    Path(path).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    Path(path).chmod(0o600)
    listening.listen()
    awake, wake = socket.socketpair()
    awake.settimeout(0)
    wake.settimeout(0)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    children: _Connections = {}
    with selectors.DefaultSelector() as ready:
        ready.register(listening, selectors.EVENT_READ)
        ready.register(awake, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is listening:
                    _bear(listening, children, ready)
                elif key.fileobj is awake:
                    with suppress(BlockingIOError):
                        awake.recv(4096)
                    _bury(children, ready)
                else:  # a launcher never tells more: it was killed, and its run with it
                    ready.unregister(key.fileobj)
                    for pid, connection in children.items():
                        if connection is key.fileobj:
                            os.kill(pid, signal.SIGKILL)


def _warm() -> None:
    """Do for the children what each of them would do anew: import, build the models, read the configuration."""
    for name in _IMPORTED:
        importlib.import_module(name)
    for name in _LATE:
        with suppress(ImportError):
            importlib.import_module(name)
    for name in _SCHEMAS:
        for model in vars(importlib.import_module(name)).values():
            if isinstance(model, type) and issubclass(model, BaseModel) and model.__module__ == name:
                model.model_rebuild()
    configure_mappers()
    database.newest()
    _read_again()


def _read_again() -> None:
    """Have the configuration as it is now; one that cannot be read is told of by the run."""
    try:
        house.warm(settings.load())
    except Exception:  # noqa: BLE001 - the nursery lives on whatever stands in a file
        return


def _bear(listening: socket.socket, children: _Connections, ready: selectors.BaseSelector) -> None:
    connection, _ = listening.accept()
    connection.settimeout(10)
    try:
        told, files, _, _ = socket.recv_fds(connection, _MOST, 2)
        while not told.endswith(b"\n"):
            told += connection.recv(_MOST) or b"\n"
        asked = json.loads(told)
    except (OSError, ValueError):
        connection.close()
        return
    pid = os.fork()
    if pid == 0:
        _live(asked, files, [listening, connection, *children.values()])
    for file in files:
        os.close(file)
    connection.sendall(f"{pid}\n".encode())
    children[pid] = connection
    ready.register(connection, selectors.EVENT_READ)
    _read_again()  # while the child is at work: a file that was changed is read by this run and by us, and no more


def _live(asked: dict[str, object], files: list[int], others: list[socket.socket]) -> None:
    """Be the child: what `python ARGUMENTS` would be; never returns."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for one in others:
            one.close()
        for number, file in enumerate(files, start=1):
            os.dup2(file, number)
            os.close(file)
        os.chdir(str(asked["folder"]))
        settings.become(dict(asked["environment"]))  # type: ignore[call-overload]  # as the launcher has it
        module = str(asked["module"])
        sys.argv[:] = [module]
        sys.modules.pop(module, None)
        # whoever starts the runs sees theirs end; a heartbeat costs more than the rest, and a second at the end of each
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as broken:  # noqa: BLE001 - the end of a process tells it as Python would
        sys.excepthook(type(broken), broken, broken.__traceback__)
    finally:
        with suppress(Exception):  # what a whole process does at its end, without what it would tear down
            threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - no other way to wait for threads
            atexit._run_exitfuncs()  # noqa: SLF001 - the same
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def _bury(children: _Connections, ready: selectors.BaseSelector) -> None:
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            pid, status = found
            connection = children.pop(pid, None)
            if connection is None:
                continue
            with suppress(KeyError, ValueError):
                ready.unregister(connection)
            with suppress(OSError):
                connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            connection.close()


if __name__ == "__main__":
    main(sys.argv[1])
