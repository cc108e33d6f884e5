"""A real Chromium without a window, driven through its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import connect
from websockets.sync.connection import Connection

_PATIENCE = 60.0  # seconds for anything that a page shows
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def program() -> str:
    """The browser; without one the test is skipped, and in CI it fails."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        if os.environ.get("VARTA_TEST_REAL") == "required":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    return found


class Page:
    """One tab. Elements are named by what a person reads on them."""

    def __init__(self, socket: Connection) -> None:
        self._socket, self._number = socket, 0
        self.requests: dict[str, tuple[str, str]] = {}
        self.statuses: dict[str, int] = {}
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **given: Any) -> dict[str, Any]:
        """One command of the protocol."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": given}))
        while True:
            told = json.loads(self._socket.recv(timeout=_PATIENCE))
            if told.get("id") == self._number:
                assert "error" not in told, told
                return dict(told["result"])
            self._note(told)

    def _note(self, told: dict[str, Any]) -> None:
        about = told.get("params", {})
        if told.get("method") == "Network.requestWillBeSent":
            self.requests[about["requestId"]] = (about["request"]["method"], about["request"]["url"])
        elif told.get("method") == "Network.responseReceived":
            self.statuses[about["requestId"]] = about["response"]["status"]

    def refused(self) -> list[tuple[int, str, str]]:
        """Requests of the page that a server refused."""
        return [(status, *self.requests[key]) for key, status in self.statuses.items() if status >= 400]

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)

    def script(self, code: str) -> Any:
        """What an expression is."""
        found = self.call("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, code: str, what: str = "") -> Any:
        """What an expression is as soon as it is true."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if found := self.script(code):
                return found
            time.sleep(0.2)
        raise AssertionError(f"never: {what or code}\n{self.text()[:3000]}")

    def text(self) -> str:
        """Everything that stands on the page."""
        return str(self.script("document.body?.innerText ?? ''"))

    def shows(self, words: str) -> None:
        """Wait until the page shows these words."""
        self.until(f"document.body?.innerText.includes({json.dumps(words)})", words)

    def click(self, element: str) -> None:
        """Press the mouse on an element, given as an expression, once it is there."""
        place = (
            f"(() => {{ const e = {element}; if (!e || e.disabled) return null; e.scrollIntoView({{block: 'center'}});"
            "const b = e.getBoundingClientRect(); return b.width ? [b.x + b.width / 2, b.y + b.height / 2] : null; })()"
        )
        x, y = self._still(place, f"to click {element}")
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def _still(self, place: str, what: str) -> Any:
        """Where an element is once it moves no more: what is pressed while a list opens may be its neighbour."""
        before = None
        for _ in range(50):
            now = self.until(place, what)
            if now == before:
                return now
            before = now
            time.sleep(0.1)
        raise AssertionError(f"never still: {what}")

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        for key in text:
            self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
            self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def press(self, key: str) -> None:
        """Press a key such as Escape."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def picture(self, path: Path) -> None:
        """Write what the window shows as PNG."""
        shown = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shown["data"]))


def named(words: str, kind: str) -> str:
    """The expression of the first element among those of a CSS selector that reads exactly so."""
    return f"[...document.querySelectorAll({json.dumps(kind)})].find(e => e.innerText?.trim() === {json.dumps(words)})"


@contextmanager
def opened(folder: Path, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """A tab of a fresh browser that reaches nothing but this machine."""
    profile = folder / "profile"
    process = subprocess.Popen(
        [
            program(), "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--window-size={width},{height}",
            # without a window there is no mouse either, and the page would show what it shows on a telephone
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
            "--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = _wait(lambda: (profile / "DevToolsActivePort").read_text().split()[0])
        found = _wait(lambda: requests.get(f"http://127.0.0.1:{port}/json/list", timeout=10).json())
        tab = next(one for one in found if one["type"] == "page")
        with connect(tab["webSocketDebuggerUrl"], max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait(20)


def _wait(what: Callable[[], Any]) -> Any:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            if found := what():
                return found
        except (OSError, IndexError):
            pass
        time.sleep(0.2)
    raise AssertionError("the browser does not start")
