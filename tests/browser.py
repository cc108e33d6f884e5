"""A real browser that shows a page: pictures of it, and what a test can measure in it."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

NARROW, MIDDLE, WIDE = 360, 500, 700

_MEASURE = """
<script>
function rgb(text) { const m = text.match(/[\\d.]+/g).map(Number); return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1]; }
function light(c) {
  const [r, g, b] = c.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(element, view) {
  for (let e = element; e; e = e.parentElement) {
    const c = rgb(view.getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c;
  }
  return [255, 255, 255, 1];
}
window.addEventListener("load", () => {
  const frame = document.querySelector("iframe"), inside = frame.contentDocument, view = frame.contentWindow;
  const found = { width: inside.documentElement.scrollWidth, height: inside.documentElement.scrollHeight, texts: 0, faint: [] };
  const walk = inside.createTreeWalker(inside.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.getClientRects().length || ["STYLE", "SCRIPT"].includes(element.tagName)) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    found.texts += 1;
    const [one, other] = [light(rgb(view.getComputedStyle(element).color).slice(0, 3)), light(behind(element, view).slice(0, 3))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) found.faint.push([node.data.trim().slice(0, 40), Math.round(ratio * 100) / 100]);
  }
  document.title = JSON.stringify(found);
});
</script>
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as the browser laid it out; `faint` are texts with a contrast below 4.5 to 1."""

    width: int
    height: int
    texts: int
    faint: list[tuple[str, float]]


def required() -> str:
    """The browser; without one the test is skipped, and in CI it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("VARTA_TEST_REAL") == "required":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    return found


def look(page: str, width: int, *, dark: bool) -> Seen:
    """Lay `page` out at `width` pixels and measure it."""
    dom = _run(page, width, 200, dark=dark, arguments=["--dump-dom"])
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert title is not None
    return Seen(**json.loads(html.unescape(title[1])))


def picture(page: str, width: int, path: Path, *, dark: bool, most: int = 6000) -> None:
    """Write a PNG of the whole page."""
    height = min(look(page, width, dark=dark).height, most)
    _run(
        page, width, height, dark=dark, arguments=[f"--screenshot={path}", f"--window-size={max(width, 500)},{height}"]
    )


def _run(page: str, width: int, height: int, *, dark: bool, arguments: list[str]) -> str:
    """The page stands in a frame: the window itself cannot be as narrow as a telephone."""
    frame = f'<iframe srcdoc="{html.escape(page)}" style="border:0;display:block;width:{width}px;height:{height}px"></iframe>'
    with tempfile.TemporaryDirectory(prefix="varta-browser-") as folder:
        outer = Path(folder) / "outer.html"
        outer.write_text(
            f'<!doctype html><meta charset="utf-8"><title>x</title><body style="margin:0">{_MEASURE}{frame}',
            encoding="utf-8",
        )
        done = subprocess.run(
            [
                required(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                "--disable-background-networking", "--disable-sync", "--force-device-scale-factor=1",
                f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--user-data-dir={folder}/profile",
                "--virtual-time-budget=2000", *arguments, outer.as_uri(),
            ],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip
    return done.stdout
