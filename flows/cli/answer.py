"""Commands that do what the links of a message do, and the page behind those links."""

from __future__ import annotations

import getpass
import signal
import sys
import threading
from enum import StrEnum
from typing import Annotated

import typer

from alerts.links import Action, Claim
from flows import answering, house, settings
from flows.cli.output import Failed, complain, to_json, to_lines
from flows.cli.run import Json
from flows.web import copies, serving
from storage import actions, lookup
from storage.engine import reading, transaction


class Verb(StrEnum):
    """What can be done with a delivery."""

    ACKNOWLEDGE = "ack"
    MUTE = "mute"
    IRRELEVANT = "irrelevant"
    TO_DIGEST = "digest"
    INSTANT = "instant"
    UNSUBSCRIBE = "unsubscribe"


_DONE: dict[Verb, str] = {
    Verb.ACKNOWLEDGE: "acknowledged",
    Verb.MUTE: "muted the story",
    Verb.IRRELEVANT: "noted as not relevant",
    Verb.TO_DIGEST: "moved the watch to the digest of this destination",
    Verb.INSTANT: "the watch alerts this destination at once again",
    Verb.UNSUBSCRIBE: "unsubscribed",
}


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (answer, copy, links):
        app.command()(command)


def answer(
    verb: Annotated[Verb, typer.Argument(help="What to do.")],
    delivery: Annotated[str, typer.Argument(help="The delivery that the message names, or how it begins.")],
    story: Annotated[str, typer.Argument(help="Number of the story, for a digest that tells of several.")] = "",
    by: Annotated[str, typer.Option(help="Who does it; default: the user of this terminal.")] = "",
) -> None:
    """Do what a link of a message does: acknowledge, mute, not relevant, to digest, unsubscribe."""
    with house.opened(settings.load()) as rooms:
        with transaction(rooms.engine) as session:
            subject = actions.find_by_beginning(session, delivery)
            if verb is Verb.INSTANT and not actions.forget_wish(session, subject.watch, subject.destination):
                raise Failed(f"`{subject.watch}` alerts {subject.destination} at once already")
        said = ""
        if verb is not Verb.INSTANT:
            claim = Claim(Action(verb.value), subject.key, story)
            done = answering.do(rooms, subject, claim, by or getpass.getuser())
            said = f" until {done.until:%Y-%m-%d %H:%M} UTC" if done.until else ""
            said += "" if done.is_new else f", as it was since {done.at:%Y-%m-%d %H:%M} UTC already"
    to_lines([f"{subject.headline} ({subject.destination}): {_DONE[verb]}{said}"])


def copy(
    url: Annotated[str, typer.Argument(help="Address of the article, in any spelling.")],
    *,
    source: Annotated[bool, typer.Option("--source", help="The page as it came, as markup.")] = False,
    as_json: Json = False,
) -> None:
    """Show the copy that was kept of an article."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        stored = lookup.article(session, url)
        found = copies.of(session, rooms.archive, stored) if stored else None
    if found is None:
        raise Failed(f"{url}: no copy of an article is kept under this address")
    if as_json:
        to_json(found)
    elif source:
        if not found.markup:
            raise Failed(f"{url}: the page itself is not kept on this machine any more")
        to_lines(found.markup.splitlines())
    else:
        head = [found.title, f"{found.source}, kept {found.kept:%Y-%m-%d %H:%M} UTC: {found.address}", ""]
        to_lines([*head, *(line for paragraph in found.paragraphs for line in (paragraph, ""))])


def links() -> None:
    """Serve the page behind the links of messages, at VARTA_LINKS_LISTEN; `varta up` does it by itself."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with serving.running(settings.load()) as url:
            complain(f"action pages listen on {url}, Ctrl-C ends")
            while not threading.Event().wait(1):  # pause() would miss a signal that comes just before it
                pass
    except KeyboardInterrupt:
        sys.stderr.write("\n")
