"""The words by which a text says where its report comes from, and those that only seem to."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

from scrapers.origin import words

_NEAR = 110  # characters beside a name in which its reporting phrase stands


class Depth(enum.IntEnum):
    """How far back a phrase leads in a chain: "B, citing A" comes from A."""

    RELAY = 0
    REPORT = 1
    CITE = 2
    TOLD = 3


_QUOTES = "\"«»„“”'‘’`‹›"
_CAPITAL = "A-ZА-ЯЄІЇҐŁŚŻČŘŠŽÄÖÜÉ"
_GAP = rf"[\s,:]*(?:l['’])?(?:[{_QUOTES}]?{words.BETWEEN}[{_QUOTES}]?[,:]?\s+){{0,6}}[{_QUOTES}(\s]*$"
_BEFORE = re.compile(
    rf"\b(?:(?P<TOLD>{words.TELLS})|(?P<RELAY>{words.RELAYS})|(?P<CITE>{words.CITES})|(?P<REPORT>{words.REPORTS})"
    rf"|(?P<ENGLISH>{words.REPORTS_ENGLISH})){_GAP}",
    re.IGNORECASE,
)
_AGO = re.compile(rf"\b{words.AGO}\W+(?:\w+\W+)?$", re.IGNORECASE)
_ENDS = re.compile(rf"[{_QUOTES})]*\s*(?:[.,;:)…—–-]|$|on \w+day)")
_AFTER = re.compile(
    rf"[{_QUOTES})]*(?:\s+(?:also|first|has|have|had|now|вже|уже|также|також|{words.BETWEEN})){{0,3}}\s+"
    rf"(?:{words.REPORTS_AFTER}|{words.REPORTS})\b",
    re.IGNORECASE,
)
_CITING = re.compile(rf"[{_QUOTES})]*,?\s+{words.CITING}\b", re.IGNORECASE)
_OF_ITSELF = re.compile(rf"\s*{words.OF_ITSELF}", re.IGNORECASE)
_CREDIT = re.compile(rf"(?:\b{words.CREDITS}[^.!?\n]{{0,60}}|[/|]\s*)$", re.IGNORECASE)
_LEGAL = re.compile(rf"\b{words.LEGAL}", re.IGNORECASE)
_LABEL = re.compile(rf"\s*[*•–—-]?\s*{words.LABELS}\s*[:–—-]\s*", re.IGNORECASE)
_REPORTER = re.compile(
    r"(?:кореспондент\w*|корреспондент\w*|correspondents?|reporters?)\s*(?:of|for|від|от)?\s*(?:the\s+)?[^\w\s]?$",
    re.IGNORECASE,
)
_PLACE = re.compile(rf"[{_CAPITAL}][^!?\n]{{1,60}}")
_DATED = re.compile(
    rf"(?:[{_CAPITAL}][\w’'-]+[\s./-]*){{1,3}}[,.]?\s+(?:\d{{1,2}}\.?\s+\w+|\w+\.?\s+\d{{1,2}})\.?(?:,?\s+\d{{4}})?"
    rf"(?:\s*[рг]\.)?\s*[-–—.•/,]+\s*|[{_CAPITAL}]{{3,}}\s*[.,•/–—-]\s*"
)
_BYLINE = re.compile(r"\s*(?:By|Von|Par|Автор:?|Autor:?)\s+(?:the\s+)?", re.IGNORECASE)
_READ_ALSO = re.compile(rf"\W*{words.READ_ALSO}\b", re.IGNORECASE)
_BACKGROUND = re.compile(rf"\W*{words.BACKGROUND}", re.IGNORECASE)
_EARLIER = re.compile(rf"\W*{words.AGO}\b", re.IGNORECASE)
_ANCHOR = re.compile(
    rf"(?:\w+\s){{0,2}}(?:{words.REPORTS}|{words.REPORTS_ENGLISH}|{words.CITES})(?:\W+\w+){{0,4}}", re.IGNORECASE
)
_OUTLET = re.compile(rf"{words.BETWEEN}(?:\s+{words.BETWEEN}){{0,3}}", re.IGNORECASE)
_DASH = re.compile(rf"[\s,.]*\s[-–—]\s+[{_QUOTES}]?$")
_HEAD = 80  # characters before the agency of a dateline
_TAIL = 600  # characters at the end of a text among which a line may name its source
_SENTENCE_END = re.compile(rf"[.!?…]+[{_QUOTES})\]]*\s+(?=[{_QUOTES}(—–-]*\s*[{_CAPITAL}0-9])")
_SHORTENED = re.compile(
    rf"\b(?:[{_CAPITAL}]|Jan|Feb|Mar|Apr|Aug|Sep|Oct|Nov|Dec|Gen|Col|Maj|Gov|Sen|Rep|млн|грн|тис|тыс)$"
)


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence that tells of the matter itself: no background, no links to further reading."""
    at = 0
    for paragraph in text.split("\n"):
        for start, end in _split(paragraph):
            if _BACKGROUND.match(paragraph, start):
                return
            if _READ_ALSO.match(paragraph, start) or _EARLIER.match(paragraph, start):
                break
            yield at + start, at + end
        at += len(paragraph) + 1


def _split(paragraph: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _SENTENCE_END.finditer(paragraph):
        if _SHORTENED.search(paragraph, max(start, found.start() - 5), found.start()):
            continue
        yield start, found.end()
        start = found.end()
    if start < len(paragraph):
        yield start, len(paragraph)


def said_at(text: str, start: int, end: int, *, bounds: tuple[int, int]) -> tuple[Depth, int, int] | None:
    """How deep the outlet named at `start`:`end` stands as an origin, and where the words that say so do.

    `bounds` are the sentence. None when the name stands there for another reason.
    """
    left, right = text[max(bounds[0], start - _NEAR) : start], text[end : min(bounds[1], end + _NEAR)]
    if _CREDIT.search(left) or _LEGAL.search(text, *bounds):
        return None
    before = _BEFORE.search(left)
    if before and before.lastgroup and not _AGO.search(left, 0, before.start()):
        begins = start - len(left) + before.start()
        if before.lastgroup != "ENGLISH":
            return Depth[before.lastgroup], begins, end
        if _ENDS.match(right) or _CITING.match(right):
            return Depth.REPORT, begins, end
    return _said_after(right, start, end) or ((Depth.REPORT, bounds[0], end) if _LABEL.match(text, *bounds) else None)


def _said_after(right: str, start: int, end: int) -> tuple[Depth, int, int] | None:
    after = _AFTER.match(right)
    if after and _OF_ITSELF.match(right, after.end()):
        after = None
    found = after or _CITING.match(right)
    return (Depth.REPORT, start, end + found.end()) if found else None


def is_own_reporter(text: str, start: int) -> bool:
    """Whether the name at `start` belongs to a reporter: "кореспондент Укрінформу"."""
    return bool(_REPORTER.search(text, max(0, start - 60), start))


def said_by(anchor: str, start: int, said: tuple[Depth, int, int] | None) -> tuple[Depth, int, int] | None:
    """What a link at `start` with the words `anchor` says of where it leads, given what is `said` around it.

    "Officials reported the attack" says nothing of where "the attack" leads; "the daily reported" does.
    """
    if said and (said[0] is Depth.CITE or _OUTLET.fullmatch(anchor)):
        return said
    return (Depth.REPORT, start, start + len(anchor)) if _ANCHOR.fullmatch(anchor) else None


def is_dateline(text: str, start: int, end: int, *, paragraph: int) -> bool:
    """Whether the name opens an agency's report, as in "KYIV, Feb 12 (Reuters) -"; `paragraph` is where it begins."""
    head, rest = text[paragraph:start], text[end : end + 40]
    if len(head) > _HEAD or "\n" in head:
        return False
    if head.rstrip(_QUOTES).endswith(("(", "/")):
        place = head.rstrip(_QUOTES)[:-1]
        closed = re.match(r"[^()\n/]{0,24}[)/][\s.]*[-–—:./]?", rest)
        return bool(closed and (not place.strip() or _is_place(place)))
    if _BYLINE.fullmatch(head):
        return bool(re.match(r"\s*(?:\n|$)", rest))
    return bool(_DATED.fullmatch(head) and re.match(r"\s*[-–—.:/]", rest))


def _is_place(head: str) -> bool:
    """A place begins with two capitals, or has a date after it."""
    return bool(_PLACE.fullmatch(head) and (re.search(r"\d", head) or re.match(r"[^\W\d_a-zа-яєіїґ]{2}", head)))


def trails(text: str, start: int, end: int, *, bounds: tuple[int, int]) -> bool:
    """Whether the name closes a sentence after a dash: "... by spring — Reuters."."""
    left, right = text[max(bounds[0], start - 30) : start], text[end : bounds[1]]
    return bool(_DASH.search(left) and not _CREDIT.search(left) and re.fullmatch(rf"[{_QUOTES}]*\s*[.!]?\s*", right))


def closes(text: str, start: int, end: int, *, bounds: tuple[int, int]) -> bool:
    """Whether the name closes a paragraph in brackets, as agencies sign: "... by spring. (PAP)"."""
    after = text[end : end + 3]
    return (
        text[start - 1 : start] in ("(", "/")
        and not text[end + 2 : bounds[1]].strip(" .\n")
        and bool(re.match(r"[)/]\.?(?:\n|$)", after))
    )


def opens(title: str, start: int, end: int) -> bool:
    """Whether a title begins with the name and a colon: "Reuters: ..."."""
    return title[:start].strip(f"{_QUOTES} ").lower() in ("", "the") and bool(
        re.match(rf"[{_QUOTES}]?:\s", title[end:])
    )


def label(text: str) -> tuple[int, int] | None:
    """Where the last line stands that names the source of the text: "Джерело: ..."."""
    found = None
    at = text.rfind("\n", 0, max(0, len(text) - _TAIL)) + 1
    for line in text[at:].split("\n"):
        if _LABEL.match(line) and not _CREDIT.search(line[:30]):
            found = (at, at + len(line))
        at += len(line) + 1
    return found
