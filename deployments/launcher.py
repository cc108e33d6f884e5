"""Stand for `python -m MODULE`: have the nursery fork a child for it and end as that child ends.

It imports next to nothing, as it is started for every run.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys


def main(path: str, real: str, arguments: list[str]) -> int:
    """The exit status of the child; a signal to us is one to it."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(20)
        connection.connect(path)
        asked = {"module": arguments[1], "environment": dict(os.environ), "folder": os.getcwd()}  # noqa: PTH109, TID251
        socket.send_fds(connection, [json.dumps(asked).encode() + b"\n"], [1, 2])
        answer = connection.makefile("r")
        child = int(answer.readline())
    except (OSError, ValueError, IndexError):
        os.execv(real, [real, *arguments])  # noqa: S606 - as if we had not been there
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: os.kill(child, number))
    connection.settimeout(None)
    status = int(answer.readline() or -signal.SIGKILL)
    if status < 0:
        signal.signal(-status, signal.SIG_DFL) if -status != signal.SIGKILL else None
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))
