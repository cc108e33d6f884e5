"""Secrets taken out of a text before it reaches a log, the database or a Prefect state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, unquote, urlsplit

GONE = "[hidden]"

_SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        r"(hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)[^\s\"'<>)]+",
        r"(/services/)T\w+/B\w+/\w+",
        r"()\bx(?:ox[a-z]|app)-[\w-]{4,}",
        # The last @ before a slash or blank ends the password, which may itself hold an @.
        r"(\b[a-z][a-z0-9+.-]*://)[^\s/\"'<>]+(?=@)",
    )
)
_SHORTEST = 4  # hiding every `a` of a text would hide the text


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with `secrets`, in every spelling that a library may quote them in, as [hidden].

    Also hidden, though nobody named them: Slack webhook paths, Slack tokens, user:password@ in a URL.
    """
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, GONE)
    for shape in _SHAPES:
        text = shape.sub(rf"\1{GONE}", text)
    return text


def _spellings(secret: str) -> Iterator[str]:
    parts = [secret]
    if "://" in secret:
        try:
            split = urlsplit(secret)
        except ValueError:
            split = urlsplit("")
        parts += [split.path, f"{split.path}?{split.query}", split.query, split.password or ""]
        parts += [split.path.rsplit("/", 1)[-1]]
    for part in parts:
        for spelling in (part, unquote(part), quote(part, safe="/"), quote(part, safe="")):
            if len(spelling.strip("/?")) >= _SHORTEST:
                yield spelling
