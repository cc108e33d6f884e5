"""Read the elements of an XML document one after the other, in memory that does not grow with it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from html.entities import html5
from typing import Any

from lxml import etree

CHUNK = 65_536  # bytes
SMALL = 1_000_000  # bytes; the tree of such a document takes about ten times as many
Chunks = Callable[[], Iterator[bytes]]

_END = b"\n" * 64
_CDATA, _CDATA_END = b"<![CDATA[", b"]]>"
_WHITE = b"\t\n\r"
_CONTROLS = bytes(code for code in range(32) if code not in _WHITE)
_NO_CHARACTER = re.compile(b"\xef\xbf[\xbe\xbf]")
_REFERENCE = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)(?:#(\d{1,7}|[xX][\da-fA-F]{1,6});|(\w{1,32};))?")
# A tag that another one follows before it ends: parsers look for its end once for each of them.
ENDLESS = re.compile(rb"<(?!!\[CDATA\[)(?=[^<>]*<)")
_LONGEST_REFERENCE = 40  # bytes
_INDENT = 100  # bytes between a tag and its text
_ALLOWED = ((0x20, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))  # https://www.w3.org/TR/xml/#charsets
_SAFE: Any = {
    "resolve_entities": False,
    "no_network": True,
    "remove_comments": True,
    "remove_pis": True,
}


def pieces(body: bytes, start: int = 0) -> Iterator[bytes]:
    """`body` from `start` on, in chunks."""
    for at in range(start, len(body), CHUNK):
        yield body[at : at + CHUNK]


def shortened(body: bytes, start: int, longest: int) -> Iterator[bytes]:
    """The same with every text that is longer than about `longest` bytes cut off there.

    It costs a fraction of what parsing these texts does. A section of CDATA counts as a text only right behind
    a tag: in a comment it may have no end of its own.
    """
    at = start
    while at < len(body):
        opened = body.find(_CDATA, at)
        plain_end = len(body) if opened < 0 else opened
        if plain_end - at > longest:
            yield from _runs(body, at, plain_end, longest)
        else:
            yield body[at:plain_end]
        if opened < 0:
            return
        closed = body.find(_CDATA_END, opened)
        at = len(body) if closed < 0 else closed
        if at - opened > longest and body[max(start, opened - _INDENT) : opened].rstrip().endswith(b">"):
            yield body[opened : _space(body, opened + longest, at)]
        else:
            yield body[opened:at]


def _runs(body: bytes, start: int, end: int, longest: int) -> Iterator[bytes]:
    """A part without CDATA, its runs without a tag cut off."""
    kept = at = start
    while at + longest < end:
        tag = body.rfind(b"<", at, at + longest)
        if tag >= 0:
            at = tag + 1
            continue
        following = body.find(b"<", at + longest, end)
        resumed = following if following >= 0 else end
        yield body[kept : _space(body, at + longest, resumed)]
        kept = at = resumed
    yield body[kept:end]


def _space(body: bytes, at: int, end: int) -> int:
    """The next place to cut without parting a letter or a reference."""
    found = body.find(b" ", at, end)
    return found if found >= 0 else end


def in_chunks(parts: Iterator[bytes]) -> Iterator[bytes]:
    """The same in pieces that are worth a call of the parser."""
    held: list[bytes] = []
    size = 0
    for part in parts:
        if len(part) > CHUNK:
            yield b"".join(held)
            yield from pieces(part)
            held, size = [], 0
            continue
        held.append(part)
        size += len(part)
        if size > CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


def elements(chunks: Chunks, recoded: Chunks, names: tuple[str, ...], *, partial: bool = False) -> Iterator[Any]:
    """The elements of these local names, each valid only until the next one is asked for.

    `chunks` gives the document from its root on, so without a DTD, whose entities serve only attacks. Where
    it is not well-formed UTF-8, `recoded` is asked for the same in UTF-8, which is mended and read on. An
    element that breaks off with the document is given only with `partial`, and if all its texts are whole.
    """
    seen = 0
    try:
        for element in _strictly(chunks(), names):
            seen += 1
            yield element
    except etree.XMLSyntaxError:
        pass
    else:
        return
    try:
        for number, element in enumerate(_pulled(mended(recoded()), names, recover=True, partial=partial)):
            if number >= seen:
                yield element
    except etree.XMLSyntaxError:
        return  # broken beyond recovery: what was read before stands


def _strictly(chunks: Iterator[bytes], names: tuple[str, ...]) -> Iterator[Any]:
    """The elements of a well-formed document; a small one is parsed at once, which is a sixth faster."""
    held: list[bytes] = []
    size = 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size > SMALL:
            yield from _pulled(itertools.chain(held, chunks), names, recover=False)
            return
    parser: Any = etree.XMLParser(encoding="utf-8", **_SAFE)
    yield from etree.fromstring(b"".join(held), parser).iter(*_tags(names))


def _tags(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{{*}}{name}" for name in names)


def _pulled(chunks: Iterator[bytes], names: tuple[str, ...], *, recover: bool, partial: bool = False) -> Iterator[Any]:
    parser: Any = etree.XMLPullParser(("end",), tag=_tags(names), encoding="utf-8", recover=recover, **_SAFE)
    # white space behind the root makes the parser finish; what ends only by closing it was cut off
    within_tag = False
    for chunk in itertools.chain(chunks, (_END,)):
        parser.feed(chunk)
        if chunk is not _END and chunk:
            within_tag = chunk.rfind(b"<") > chunk.rfind(b">")
        for _, element in parser.read_events():
            yield element
            _forget(element)
    parser.close()
    if partial and within_tag:
        yield from (element for _, element in parser.read_events())


def _forget(element: Any) -> None:
    element.clear()
    before = element.getprevious()
    while before is not None:
        before.getparent().remove(before)
        before = element.getprevious()


def mended(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """UTF-8 without what XML forbids: controls, stray ampersands, tags without an end, references of HTML alone."""
    rest, inside = b"", False
    for chunk in chunks:
        rest += _NO_CHARACTER.sub(b"", chunk.translate(None, _CONTROLS))
        while mark := _CDATA_END if inside else _CDATA:
            before, found, after = rest.partition(mark)
            if not found:
                break
            yield (before if inside else _outside(before)) + found
            rest, inside = after, not inside
        cut = _cut(rest)
        yield rest[:cut] if inside else _outside(rest[:cut])
        rest = rest[cut:]
    yield rest if inside else _outside(rest)


def _outside(text: bytes) -> bytes:
    return _REFERENCE.sub(_mended, ENDLESS.sub(b"&lt;", text))


def _cut(text: bytes) -> int:
    """Where `text` can be parted without parting a tag, a reference or the mark of a section."""
    opened = text.rfind(b"<", max(0, len(text) - CHUNK))
    if opened > text.rfind(b">"):
        return opened
    tail = max(0, len(text) - _LONGEST_REFERENCE)
    found = [at for mark in (b"&", b"<", b"]") if (at := text.find(mark, tail)) >= 0]
    return min(found, default=len(text))


def _mended(found: re.Match[bytes]) -> bytes:
    number, name = found.groups()
    if number:
        code = int(number[1:], 16) if number[:1] in b"xX" else int(number)
        return found[0] if code in tuple(_WHITE) or any(low <= code <= high for low, high in _ALLOWED) else b""
    meant = html5.get(name.decode("utf-8", "replace")) if name else None
    return meant.encode() if meant else b"&amp;" + (name or b"")
