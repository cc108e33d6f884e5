"""A PostgreSQL server of our own, started from its binaries for the length of the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder with initdb and pg_ctl, if PostgreSQL is installed."""
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    return next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


@contextmanager
def running(**settings: str) -> Iterator[str]:
    """The URL of a fresh server on loopback with these settings; everything is gone afterwards."""
    bin_folder = binaries()
    assert bin_folder is not None
    with tempfile.TemporaryDirectory(prefix="varta-pg-", ignore_cleanup_errors=True) as folder:
        # PostgreSQL refuses to run as root
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        port = _free_port()

        def run(name: str, *arguments: str) -> None:
            subprocess.run(
                [bin_folder / name, *arguments],
                check=True,
                capture_output=True,
                user=user,
                cwd=folder,
                timeout=60,
            )

        cluster = f"{folder}/cluster"
        run(
            "initdb",
            "-D",
            cluster,
            "-U",
            "varta",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C.UTF-8",
        )
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
        options += "".join(f" -c {name}={value}" for name, value in settings.items())
        run("pg_ctl", "-D", cluster, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://varta@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "-D", cluster, "-m", "immediate", "stop")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
