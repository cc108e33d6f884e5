"""Bytes to text, whatever the server said about them."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEAD = 4096  # bytes searched for a declaration; WHATWG asks for 1024, real pages put scripts first
_SAMPLE = 32768  # bytes judged when nothing is declared
_BORNE = 10  # letters beyond ASCII for one broken place
# What browsers read these labels as (https://encoding.spec.whatwg.org/#names-and-labels).
_READ_AS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "johab": "cp949",
    "big5": "big5hkscs",
    "utf-16": "utf-8",  # a declaration that could be read as ASCII is not in UTF-16
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
# Python knows codecs that are no charsets (unicode_escape, utf-7, rot13): none of them is taken from outside.
_CHARSETS = re.compile(
    r"utf-8|cp\d+|iso8859-\d+|koi8-[rut]|gb18030|cp932|cp949|big5hkscs|euc_jp|iso2022_jp|mac-(cyrillic|roman)"
)


def decode(body: bytes, content_type: str = "", head: bytes = b"") -> str:
    """The text of `body`; a wrong declaration is overruled by what the bytes are. Never raises.

    The result holds no NUL and no lone surrogate. `content_type` is the HTTP header; `head` is what stood
    before `body` and may declare its charset.
    """
    text = _by_mark(body)
    if text is None:
        declared = _declared(head or body, content_type)
        text = _as_utf8(body) or _first_that_fits(body, declared)
        if text is None:
            text = body.decode(_guess(body) or (declared[0] if declared else "cp1252"), "replace")
    return re.sub("[\x00\ud800-\udfff]", "", text).removeprefix("\ufeff")


def recoded(chunks: Callable[[], Iterator[bytes]], content_type: str = "", head: bytes = b"") -> Iterator[bytes]:
    """The same chunks in UTF-8; all are held at once only where they are in another charset.

    `chunks` gives the same bytes whenever it is asked; the rest is as for `decode`.
    """
    if not _is_utf8(chunks()):
        yield decode(b"".join(chunks()), content_type, head).encode("utf-8")
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for chunk in chunks():
        yield decoder.decode(chunk).encode("utf-8")
    yield decoder.decode(b"", final=True).encode("utf-8")


def _is_utf8(chunks: Iterator[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = beyond = 0
    escapes = False
    for chunk in chunks:
        text = decoder.decode(chunk)
        broken += text.count("\ufffd")
        beyond += _beyond_ascii(text)
        escapes = escapes or b"\x1b" in chunk
    # with escapes and in ASCII alone it may be Japanese by ISO 2022
    return broken * _BORNE <= beyond and bool(beyond or not escapes)


def _beyond_ascii(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


def _by_mark(body: bytes) -> str | None:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    if body.startswith(b"<\x00"):
        return body.decode("utf-16-le", "replace")
    if body.startswith(b"\x00<"):
        return body.decode("utf-16-be", "replace")
    return None


def _as_utf8(body: bytes) -> str | None:
    """UTF-8, if the bytes beyond ASCII say so: other charsets do not form its sequences by chance.

    A broken place in ten letters (what a careless script cut up) is borne.
    """
    if body.isascii():
        return None
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return None if broken and broken * _BORNE > _beyond_ascii(text) else text


def _first_that_fits(body: bytes, names: list[str]) -> str | None:
    for name in names:
        if name == "utf-8" and not body.isascii():
            continue  # it was looked at before, and is not UTF-8
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode("ascii") if body.isascii() else None


def _declared(body: bytes, content_type: str) -> list[str]:
    """The charsets named by the header and the document, the likelier first."""
    head = body[:_HEAD].decode("latin-1")
    outside = re.search(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", content_type, re.IGNORECASE)
    inside = re.search(r"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.:-]+)", head) or re.search(
        r"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", head, re.IGNORECASE
    )
    names = [_charset(found[1]) for found in (outside, inside) if found]
    if names[:1] == ["cp1252"]:
        names.reverse()  # the default of many a server, set by nobody
    return [name for name in names if name]


def _charset(label: str) -> str:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    name = _READ_AS.get(name, name)
    return name if _CHARSETS.fullmatch(name) else ""


def _guess(body: bytes) -> str:
    best = from_bytes(body[:_SAMPLE]).best()
    return _charset(best.encoding) if best else ""
