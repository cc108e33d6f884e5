"""Do what a reader asked for with a message, with what follows for messages that are on their way."""

from __future__ import annotations

from alerts.links import Action, Claim
from alerts.rules.mutes import Mute, MuteScope
from flows import muting, refreshing
from flows.house import House
from storage import actions, matches, refreshes
from storage.actions import ActionError, Done, Subject
from storage.engine import transaction


def do(house: House, subject: Subject, claim: Claim, by: str) -> Done:
    """Do it once; raises ActionError where the delivery is not of that kind, or `check` does."""
    check(house, subject, claim.action)
    with transaction(house.engine) as session:
        matches.wait_for_turn(session)
        done = actions.act(session, subject, claim, by, house.now())
        if claim.action is Action.MUTE:  # also by a link that was followed before: what came since goes, too
            story = claim.ref or str(subject.story)
            wanted = Mute(MuteScope.STORY, story, done.until, subject.destination, by, "from a message")
            muting.silence(session, house, wanted)
        destination = house.configuration.destinations.by_id.get(subject.destination)
        if claim.action is Action.ACKNOWLEDGE and done.is_new and destination:
            alerts = refreshes.of_story(session, subject.story, subject.destination)
            refreshing.acknowledged(session, destination, alerts, by, done.at)
    return done


def check(house: House, subject: Subject, action: Action) -> None:
    """Raise ActionError for what would have no effect, as the configuration stands."""
    destination = house.configuration.destinations.by_id.get(subject.destination)
    if action is Action.TO_DIGEST and not (destination and destination.digest):
        fix = "whoever configures Varta can give it one in destinations.yaml"
        raise ActionError(f"{subject.destination} has no digest: {fix}")


def undo(subject: Subject, claim: Claim) -> str:
    """The command that takes it back, "" where there is none."""
    if claim.action is Action.MUTE:
        return f"varta unmute story {claim.ref or subject.story} --destination {subject.destination}"
    return f"varta answer instant {subject.key[:12]}" if claim.action is Action.TO_DIGEST else ""
