"""Recognise the lines in which an outlet speaks of itself: where to follow it, how to subscribe."""

from __future__ import annotations

import re

_LONGEST = 250  # characters of such a line
_CHANNEL = (
    r"(?:telegram|телеграм|whatsapp|viber|вайбер|google[ -](?:news|новин|новост)|facebook|фейсбу|instagram|youtube"
    r"|twitter|messenger|threads|signal|дзен|newsletter|розсилк|рассылк|push-)"
)
_ASKS = re.compile(
    r"^\W*(?:реклама|advertisement|advertisment|anzeige|werbung|reklama|publicité|publicidad)\W*$"
    r"|\b(?:читайте|підпи(?:суйтесь|суйтеся|шіться|шись)|стежте|слідкуйте|приєднуйтесь|приєднуйтеся|долучайтесь"
    r"|долучайтеся|подпи(?:сывайтесь|шитесь)|следите|присоединяйтесь|śledź nas|obserwuj nas|folgen sie uns"
    rf"|(?:^|[.!]\s)\W*(?:subscribe|follow us|join (?:us|our)|sign up))\b.{{0,120}}{_CHANNEL}"
    r"|^\W*(?:subscribe|sign in|log in|register) (?:now )?to (?:continue|keep|read|unlock)"
    r"|\b(?:unlimited|full digital) access to\b.{0,80}\b(?:journalism|articles|content|stories)"
    r"|^\W*already a (?:subscriber|member)\b",
    re.IGNORECASE,
)


def asks(text: str) -> bool:
    """Whether a line is no part of an article but asks readers to follow, to join or to pay."""
    return len(text) <= _LONGEST and _ASKS.search(text) is not None
