"""Cut a watch query into words, phrases and signs; what is none of ours is refused with its column (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from alerts.errors import QueryError
from alerts.normalize import tokens
from scrapers.yamlfile import nearest

FIELDS = ("title", "intitle", "lead", "body", "source", "site", "kind", "lang", "country", "author")
FARTHEST, MOST_TIMES, SHORTEST_PREFIX = 50, 1_000, 4
NEAR = 10  # words, where none are given

_CLOSING = {  # the marks that end a quote, by the one that opens it
    '"': '"', "«": "»", "»": "«»", "“": "”“", "”": "”", "„": "“”‟", "‟": "”", "‹": "›", "›": "‹›", "＂": "＂",
}  # fmt: skip
_SINGLE = "'‘‚"  # open a quote at the beginning of a word, where one is closed: else they are apostrophes
_SINGLE_END = re.compile(r"(?<=\S)['’‘](?!\w)")
_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])|(?P<quote>[\"«»“”„‟‹›＂])|(?P<or>\|)|(?P<exact>=(?=[\"«“„'‘]))|(?P<minus>[-−](?=[^\s)|]))"
    r"|(?P<word>[^\s()\"«»“”„‟‹›＂|]+))"
)
_FIELD = re.compile(r"([^\W\d_]+):")
_OPERATOR = re.compile(r"(?i:(NEAR|ONEAR|ATLEAST))(?:/(.*))?", re.DOTALL)
_LOWER = re.compile(r"(?i:o?near|atleast)/\d*")
_SMALL = ("and", "or", "not")
_ELSEWHERE = {  # signs that others read as operators, and what they are here; read as words they would find nothing
    "АБО": "OR", "ИЛИ": "OR", "ТА": "AND", "І": "AND", "Й": "AND", "И": "AND", "НЕ": "NOT",
}  # fmt: skip
_NUMBERED = re.compile(r"(?:(O?NEAR|ATLEAST)|(?i:w|pre|n|adj))(/?)([0-9]+)")
_LOOKS = str.maketrans("АЕОТАНＡＤＥＮＯＲＴ", "AEOTAHADENORT")
_ENTITY = re.compile(r"@[a-z0-9][a-z0-9-]*")
# Signs of other query languages, of punctuation or of nothing: read as words they would mislead.
_FOREIGN = re.compile(r"[\x00-\x1f\x7f~^!?+=,;:<>{}\[\]\\%$&！＆（），：；＝？＊＋｜～]")
_REGULAR = "^?+{}[]\\$"
_SLASHED = re.compile(r"/.*/[a-z]*\Z|/", re.DOTALL)
_INSTEAD = {"&": "write AND", "!": "write NOT or a minus before the word", "~": "write `air NEAR/5 defence`"} | {
    wide: f"write {narrow}, which is narrower" for wide, narrow in zip("（）：＝＊｜", "():=*|", strict=True)
}


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a query; `kind` is an operator, word, prefix, phrase, exact, entity, field or a sign.

    `number` is the one behind NEAR and ATLEAST.
    """

    kind: str
    text: str
    column: int
    number: int = 0


def cut(query: str) -> Iterator[Token]:
    """The pieces from left to right, in time linear in the length. Raises QueryError."""
    position, has_single = 0, True
    is_attached = False  # right behind a field, where a word is no operator
    while position < len(query):
        found = _TOKEN.match(query, position)
        if found is None:
            return  # only blanks are left
        kind = str(found.lastgroup)
        text, column, position = found[kind], found.start(kind) + 1, found.end()
        was_attached, is_attached = is_attached and found.start() + 1 == column, False
        if kind == "word" and text[0] in _SINGLE and has_single:
            ending = _SINGLE_END.search(query, column)
            has_single = ending is not None
            if ending:
                text, position = query[column : ending.start()], ending.end()
                yield Token("phrase", _phrase(text, column), column)
                continue
        if kind in ("quote", "exact"):
            text, position = _quoted(query, column - 1 + (kind == "exact"))
            yield Token("phrase" if kind == "quote" else "exact", _phrase(text, column), column)
        elif kind != "word":
            yield Token(kind, text, column)
        elif field := _FIELD.match(text):
            position, is_attached = column - 1 + field.end(), True
            yield Token("field", _known(field[1], text, column), column)
        else:
            yield Token("word", text, column) if was_attached and text in _SMALL else _word(text, column)


def _quoted(query: str, start: int) -> tuple[str, int]:
    """What stands between the mark at `start` and the one that closes it, and where that ends."""
    opening = query[start]
    ends = _SINGLE_END if opening in _SINGLE else re.compile(f"[{_CLOSING[opening]}]")
    found = ends.search(query, start + 1)
    if found is None:
        mark = "'" if opening in _SINGLE else _CLOSING[opening][0]
        raise QueryError(f"the quote opened here is never closed: add {mark}", start + 1)
    return query[start + 1 : found.start()], found.end()


def _phrase(text: str, column: int) -> str:
    if "*" in text:
        what = "`*` has no meaning in quotes: write the beginning of one word without them, such as Шахед*"
        raise QueryError(what, column)
    return _checked(text, column)


def _known(name: str, text: str, column: int) -> str:
    """The field of this name."""
    if name.lower() in FIELDS:
        return name.lower()
    if text[len(name) :].startswith("://"):
        raise QueryError("an address is searched by its host alone: write site:example.org", column)
    near = nearest(name.lower(), FIELDS) or f": there are {', '.join(FIELDS)}"
    raise QueryError(f'no field is called `{name}:`{near} (or quote the words: "{text}")', column)


def _word(text: str, column: int) -> Token:
    if text in ("AND", "OR", "NOT"):
        return Token(text, text, column)
    if text in _SMALL:
        raise QueryError(f'write operators in capitals: {text.upper()} (or quote the word: "{text}")', column)
    if other := _elsewhere(text):
        raise QueryError(f'write operators in Latin capitals: {other} (or quote the word: "{text}")', column)
    if _LOWER.fullmatch(text) and not text.isupper():
        raise QueryError(f"write operators in capitals: {text.upper()}", column)
    operator = _OPERATOR.fullmatch(text)
    if operator and (operator[1].isupper() or operator[2] is not None):
        return _counted(operator[1].upper(), operator[2], column)
    if text.startswith("@"):
        if not _ENTITY.fullmatch(text):
            raise QueryError("an entity is written as @id, with the id of the watchlist", column)
        return Token("entity", text[1:], column)
    return _plain(text, column)


def _elsewhere(text: str) -> str:
    """The operator that is meant by a sign of another query language, or by one in letters that look like ours."""
    latin = text.translate(_LOOKS)
    if text != latin and latin in ("AND", "OR", "NOT", "NEAR", "ONEAR"):
        return latin
    numbered = _NUMBERED.fullmatch(text)
    if numbered and not (numbered[1] and numbered[2]) and (numbered[1] or numbered[2]):
        return f"{numbered[1] or 'NEAR'}/{numbered[3]}"
    return _ELSEWHERE.get(text, "")


def _counted(name: str, number: str | None, column: int) -> Token:
    least, most, such = (1, MOST_TIMES, "ATLEAST/3") if name == "ATLEAST" else (0, FARTHEST, f"{name}/5")
    if number is None and name != "ATLEAST":
        return Token(name, name, column, NEAR)
    if number is None or not re.fullmatch(r"[0-9]{1,4}", number) or not least <= int(number) <= most:
        raise QueryError(f"{name} takes a number from {least} to {most:,} behind a slash: write {such}", column)
    return Token(name, f"{name}/{number}", column, int(number))


def _plain(text: str, column: int) -> Token:
    """A word, or a prefix."""
    beginning = text.removesuffix("*")
    foreign = _FOREIGN.search(beginning)
    if foreign and (foreign[0] in _REGULAR or beginning[0] == "/"):
        _refuse_pattern(foreign[0], column + foreign.start())
    if foreign:
        what = _INSTEAD.get(foreign[0], "remove it, or put the words in quotes")
        if foreign[0] == "=" and foreign.start() == 0 and text[1:]:
            what = f'for this spelling alone write ="{text[1:]}"'
        raise QueryError(f"`{foreign[0]}` has no meaning here: {what}", column + foreign.start())
    if _SLASHED.match(text):
        _refuse_pattern(text, column)
    if "*" in beginning:
        what = "`*` may only stand at the end of a word, once; there are no regular expressions"
        raise QueryError(what, column + beginning.index("*"))
    if beginning == text:
        return Token("word", _checked(text, column), column)
    read = tokens(beginning)
    if not read or read[-1].end != len(beginning) or read[-1].end - read[-1].start < SHORTEST_PREFIX:
        raise QueryError(f"`*` needs at least {SHORTEST_PREFIX} letters before it: write more of the word", column)
    return Token("prefix", beginning, column)


def _refuse_pattern(text: str, column: int) -> NoReturn:
    what = "there are no regular expressions: write words, forms joined by OR, or a prefix such as Шахед*"
    raise QueryError(f"`{text[:40]}` has no meaning here, {what}", column)


def _checked(text: str, column: int) -> str:
    if not tokens(text):
        raise QueryError(f"`{text}` holds no letter or number: write a word", column)
    return text
