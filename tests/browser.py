"""A real browser that shows pages: pictures of them, and what a test can measure."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

NARROW, MIDDLE, WIDE = 360, 500, 700
_LEAST_WINDOW = 500  # pixels: a headless window is never narrower

_MEASURE = """
<script>
function rgb(text) {
  const m = text.match(/[\\d.]+/g).map(Number);
  return [m[0], m[1], m[2], m.length > 3 ? m[3] : 1];
}
function light(c) {
  const [r, g, b] = c.slice(0, 3).map(v => {
    v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function behind(element, view) {
  for (let e = element; e; e = e.parentElement) {
    const c = rgb(view.getComputedStyle(e).backgroundColor);
    if (c[3] > 0) return c;
  }
  return [255, 255, 255, 1];
}
function measure(frame) {
  const inside = frame.contentDocument, view = frame.contentWindow, root = inside.documentElement;
  const found = { width: root.scrollWidth, height: root.scrollHeight, dark: false, texts: 0, faint: [] };
  found.dark = light(behind(inside.body, view)) < 0.2;
  const walk = inside.createTreeWalker(inside.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement, box = element.getBoundingClientRect();
    if (!node.data.trim() || !box.width || !box.height || element.tagName === "STYLE") continue;
    found.texts += 1;
    const one = light(rgb(view.getComputedStyle(element).color)), other = light(behind(element, view));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) found.faint.push(node.data.trim().slice(0, 40) + ": " + ratio.toFixed(2));
  }
  return found;
}
window.addEventListener("load", () => {
  document.title = JSON.stringify(Array.from(document.querySelectorAll("iframe"), measure));
});
</script>
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as the browser laid it out; `faint` are texts with a contrast below 4.5 to 1."""

    width: int
    height: int
    dark: bool
    texts: int
    faint: list[str]


def required() -> str:
    """The browser; without one the test is skipped, and in CI it fails."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        if os.environ.get("VARTA_TEST_REAL") == "required":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    return found


def look(pages: Sequence[tuple[str, int]], *, dark: bool) -> list[Seen]:
    """Lay out every page at its width in pixels, and measure."""
    dom = _run([(page, width, 200) for page, width in pages], dark=dark, arguments=["--dump-dom"])
    title = re.search(r"<title>(.*?)</title>", dom, re.DOTALL)
    assert title is not None
    return [Seen(**one) for one in json.loads(html.unescape(title[1]))]


def picture(pages: Sequence[tuple[str, int]], path: Path, *, dark: bool, most: int = 6000) -> None:
    """Write a PNG of the pages side by side, at most `most` pixels high."""
    seen = look(pages, dark=dark)
    height = min(max(one.height for one in seen), most)
    width = max(sum(width for _, width in pages), _LEAST_WINDOW)
    framed = [(page, width, height) for page, width in pages]
    _run(framed, dark=dark, arguments=[f"--screenshot={path}", f"--window-size={width},{height}"])


def _run(pages: Sequence[tuple[str, int, int]], *, dark: bool, arguments: list[str]) -> str:
    """The pages stand in frames: the window itself cannot be as narrow as a telephone."""
    plain = "border:0;display:block;flex:none"
    frames = "".join(
        f'<iframe srcdoc="{html.escape(page)}" style="{plain};width:{width}px;height:{height}px"></iframe>'
        for page, width, height in pages
    )
    head = '<!doctype html><meta charset="utf-8"><title>[]</title><body style="margin:0;display:flex">'
    with tempfile.TemporaryDirectory(prefix="varta-browser-", ignore_cleanup_errors=True) as folder:
        outer = Path(folder) / "outer.html"
        outer.write_text(f"{head}{_MEASURE}{frames}", encoding="utf-8")
        done = subprocess.run(
            [
                required(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                "--disable-background-networking", "--disable-sync", "--force-device-scale-factor=1",
                f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--user-data-dir={folder}/profile",
                "--virtual-time-budget=2000", *arguments, outer.as_uri(),
            ],
            capture_output=True, text=True, check=True, timeout=180,
        )  # fmt: skip
    return done.stdout
