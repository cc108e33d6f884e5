"""What the page answers: GET shows what an address is for, and only POST does it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.cards import phrases
from alerts.cleaning import clean_text
from alerts.links import Action, Claim, LinkFault
from flows import answering
from flows.house import House
from flows.web import copies
from storage import actions
from storage.actions import ActionError, Subject
from storage.engine import reading

log = logging.getLogger(__name__)

_HTML = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# No script, no picture, no frame, nothing of others; and nobody keeps or frames the page, or learns its address.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
_QUESTIONS: dict[Action, tuple[str, str]] = {
    Action.ACKNOWLEDGE: ("Acknowledge this alert?", "Acknowledge"),
    Action.MUTE: ("Mute this story for 24 hours?", "Mute the story"),
    Action.IRRELEVANT: ("Was this alert not relevant?", "Not relevant"),
    Action.TO_DIGEST: ("Get this watch in the digest only?", "Move it to the digest"),
    Action.UNSUBSCRIBE: ("Stop all mail of this kind?", "Unsubscribe"),
}
_DONE: dict[Action, tuple[str, str]] = {
    Action.ACKNOWLEDGE: ("Acknowledged", "Nobody else is called for it."),
    Action.MUTE: ("Muted", "Nothing more of this story comes until {until}."),
    Action.IRRELEVANT: ("Noted as not relevant", "It helps whoever tends this watch. You will still get its alerts."),
    Action.TO_DIGEST: ("Moved to the digest", "This watch waits for your digest from now on."),
    Action.UNSUBSCRIBE: ("Unsubscribed", "Nothing more is sent to {recipient} through {destination}."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A page with its status."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=lambda: dict(_HEADERS))


def answer(house: House, method: str, path: str) -> Answer:
    """The page for a request; never raises, and never writes an address into the log."""
    try:
        return _answer(house, method, path)
    except Exception:  # whatever breaks: the reader gets a page, the log the reason
        log.exception("action page broke")
        return refused(500, "This did not work", "Something is broken on our side. Please try again later.")


def refused(status: int, title: str, text: str, **headers: str) -> Answer:
    """A page that says no."""
    page = _HTML.get_template("told.html.j2").render(title=title, lines=[text], subject=None, is_good=False)
    return Answer(status, page.encode(), {**_HEADERS, **headers})


def _answer(house: House, method: str, path: str) -> Answer:
    links, now = house.links, house.now()
    plain, _, query = path.partition("?")
    parts = plain.split("/")
    if links is None or len(parts) < 3:  # noqa: PLR2004 - /action/token, below whatever a proxy puts before it
        return _unknown()
    claim = links.read(parts[-2], parts[-1], now)
    if claim is LinkFault.EXPIRED:
        text = "It worked for some weeks after its message was sent. A newer message has a fresh one."
        return refused(410, "This address has ended", text)
    if claim is LinkFault.FORGED:
        return _unknown()
    with reading(house.engine) as session:
        subject = actions.find(session, claim.key)
        since = actions.stands(session, subject, claim.action) if subject else None
    if subject is None:
        text = "The message that it came with is too old to be known here."
        return refused(410, "This address has ended", text)
    return _known(house, (method, query), subject, claim, since)


def _known(house: House, asked: tuple[str, str], subject: Subject, claim: Claim, since: datetime | None) -> Answer:
    method, query = asked
    if claim.action is Action.COPY:
        return _copy(house, subject, query) if method in ("GET", "HEAD") else _wrong_method("GET, HEAD")
    if method not in ("GET", "HEAD", "POST"):
        return _wrong_method("GET, HEAD, POST")
    try:
        if method == "POST":
            return _act(house, subject, claim)
        answering.check(house, subject, claim.action)
        return _question(house, subject, claim, since)
    except ActionError as refusal:
        return refused(409, "This did not work", f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.")


def _unknown() -> Answer:
    return refused(404, "This address does not work", "It may be cut off: copy it whole from the message.")


def _wrong_method(allowed: str) -> Answer:
    return refused(405, "This does not work", "An address from a message is opened in a browser.", Allow=allowed)


def _question(house: House, subject: Subject, claim: Claim, since: datetime | None) -> Answer:
    title, button = _QUESTIONS[claim.action]
    page = _HTML.get_template("question.html.j2").render(
        title=title, button=button, subject=_shown(subject), since=_moment(house, subject, since), story=claim.ref
    )
    return Answer(200, page.encode())


def _act(house: House, subject: Subject, claim: Claim) -> Answer:
    by = subject.recipient or subject.destination
    done = answering.do(house, subject, claim, by)
    log.info("action", extra={"action": claim.action, "delivery": subject.id, "is_new": done.is_new})
    title, said = _DONE[claim.action]
    zone_of = _placer(house, subject)
    told = said.format(
        until=zone_of(done.until) if done.until else "it is unmuted",
        recipient=subject.recipient,
        destination=subject.destination,
    )
    lines = [told] if done.is_new else [f"That was done on {zone_of(done.at)} already.", told]
    lines += _undo(subject, claim)
    page = _HTML.get_template("told.html.j2").render(title=title, lines=lines, subject=_shown(subject), is_good=True)
    return Answer(200, page.encode())


def _undo(subject: Subject, claim: Claim) -> list[str]:
    if claim.action is Action.UNSUBSCRIBE:
        return ["Whoever configures Varta can let you get them again: `varta destinations restore`."]
    command = answering.undo(subject, claim)
    return [f"To take it back: {command}"] if command else []


def _copy(house: House, subject: Subject, query: str) -> Answer:
    with reading(house.engine) as session:
        found = copies.find(session, house.archive, actions.article_of(session, subject))
    if found is None:
        return refused(404, "No copy is kept", "The article, or what was kept of it, is gone.")
    if query == "source":
        headers = {
            **_HEADERS,
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Content-Disposition": 'inline; filename="page.txt"',
        }
        return Answer(200, found.markup.encode("utf-8", "replace"), headers)
    kept = _moment(house, subject, found.kept)
    page = _HTML.get_template("copy.html.j2").render(copy=found, kept=kept, has_source=bool(found.markup))
    return Answer(200, page.encode("utf-8", "replace"))


def _shown(subject: Subject) -> dict[str, str]:
    return {
        "headline": clean_text(subject.headline, 300),
        "watch": clean_text(subject.watch, 64),
        "destination": clean_text(subject.destination, 64),
    }


def _moment(house: House, subject: Subject, at: datetime | None) -> str:
    return _placer(house, subject)(at) if at else ""


def _placer(house: House, subject: Subject) -> Callable[[datetime], str]:
    """Times in the zone of the destination, or in UTC when it is gone."""
    known = house.configuration.destinations.by_id.get(subject.destination)
    return lambda at: phrases.moment(at, known.zone) if known else f"{at:%Y-%m-%d %H:%M} UTC"
