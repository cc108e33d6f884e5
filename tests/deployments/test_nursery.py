"""Runs that are forked behave as runs that are started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployments.ups import ROOT, children, kill, wait_for

pytestmark = [pytest.mark.real, pytest.mark.slow]
CHILD = """
import os, pathlib, random, signal, sys, time
print(os.environ["TOLD"], pathlib.Path.cwd().name, __name__, random.random(), flush=True)
if os.environ["TOLD"] == "wait":
    pathlib.Path("pid").write_text(str(os.getpid()))
    time.sleep(60)
raise SystemExit(int(os.environ.get("STATUS", "0")))
"""


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "child_of_a_test.py").write_text(CHILD)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}",
        "PREFECT_HOME": str(tmp_path / "prefect"),
    }
    process = subprocess.Popen([sys.executable, "-m", "deployments.nursery", str(tmp_path / "place")], env=environment)
    wait_for((tmp_path / "place").exists, 60)
    yield process
    process.terminate()
    process.wait(20)


def launch(folder: Path, told: str, **more: str) -> subprocess.Popen[str]:
    launcher = ROOT / "deployments" / "launcher.py"
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(launcher), str(folder / "place"), sys.executable, "-m", "child_of_a_test"],
        cwd=folder,
        env={"TOLD": told, "PYTHONPATH": str(folder), **more},
        stdout=subprocess.PIPE,
        text=True,
    )


def pid_in(folder: Path) -> int:
    return int(wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text(), 20))


def test_a_child_has_the_environment_the_folder_and_the_output_of_its_launcher(
    nursery: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    told = [launch(tmp_path, word).communicate(timeout=30)[0].split() for word in ("one", "two")]
    assert [one[:3] for one in told] == [[word, tmp_path.name, "__main__"] for word in ("one", "two")]
    assert told[0][3] != told[1][3]  # forks do not share their chances
    process = launch(tmp_path, "three", STATUS="3")
    process.communicate(timeout=30)
    assert process.returncode == 3
    assert nursery.poll() is None


def test_a_killed_child_ends_its_launcher_in_the_same_way(nursery: subprocess.Popen[bytes], tmp_path: Path) -> None:
    with launch(tmp_path, "wait") as process:
        assert pid_in(tmp_path) in children(nursery.pid)
        kill(pid_in(tmp_path))
        assert process.wait(20) == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_does_not_outlive_its_launcher(
    nursery: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    with launch(tmp_path, "wait") as process:
        child = pid_in(tmp_path)
        process.send_signal(number)
        assert process.wait(20) == -number
    wait_for(lambda: child not in children(nursery.pid), 20)


def test_without_a_nursery_python_is_started_after_all(tmp_path: Path) -> None:
    (tmp_path / "child_of_a_test.py").write_text(CHILD)
    assert launch(tmp_path, "one").communicate(timeout=30)[0].startswith(f"one {tmp_path.name} __main__")
