"""The sentence that shows why a watch matched, in parts that are marked or not."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.cleaning import clean_piece
from alerts.model import Alert, Excerpt, Field

LONGEST = 500
_LONGEST_WORD = 30
_BEFORE_MARK = 0.3  # the part of a long sentence that is kept before its first mark


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the sentence; `marked` parts are what the watch found."""

    text: str
    marked: bool


def pieces(excerpt: Excerpt, longest: int = LONGEST) -> tuple[Piece, ...]:
    """The sentence in parts; marks that overlap, are out of order or out of range do no harm."""
    text, marks = excerpt.text, sorted(excerpt.marks)
    start = max(0, marks[0][0] - int(longest * _BEFORE_MARK)) if marks and len(text) > longest else 0
    stop = _stop(text, start + longest)
    raw: list[Piece] = [Piece("…", marked=False)] if start else []
    at = start
    for begin, end in marks:
        first, last = max(begin, at), min(end, stop)
        if first >= last:
            continue
        raw += [Piece(text[at:first], marked=False), Piece(text[first:last], marked=True)]
        at = last
    raw += [Piece(text[at:stop], marked=False), Piece("…" if stop < len(text) else "", marked=False)]
    cleaned = [Piece(clean_piece(piece.text), piece.marked) for piece in raw]
    return tuple(piece for piece in cleaned if piece.text)


def _stop(text: str, most: int) -> int:
    """Where to cut: after a word if one ends near, never beyond `most`."""
    if len(text) <= most:
        return len(text)
    blank = text.rfind(" ", most - _LONGEST_WORD, most)
    return blank if blank > 0 else most


def plain(found: tuple[Piece, ...]) -> str:
    """The sentence without its marks."""
    return "".join(piece.text for piece in found)


def bracketed(found: tuple[Piece, ...]) -> str:
    """The sentence with its marks in [brackets], for plain text."""
    return "".join(f"[{piece.text}]" if piece.marked else piece.text for piece in found)


def where(alert: Alert) -> str:
    """Where in the article the terms stand."""
    if alert.excerpt.field is Field.TITLE:
        return "in the headline"
    in_title = any(term in alert.article.title for term in alert.terms)
    return "in the headline and the text" if in_title else "in the text"
