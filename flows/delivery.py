"""The path of an alert, from a stored match to a recorded delivery; knows nothing of Prefect."""

from __future__ import annotations

from flows import digesting, opening, updating
from flows.house import House
from flows.operating import operate
from flows.sending import send_due
from flows.tally import DeliveryTally


def deliver(house: House, *, backfilled: bool = False) -> DeliveryTally:
    """Decide on what is new or was held, make what is due, then send, one claim at a time.

    `backfilled` says that a backfill has just ended, whose digest may be made.
    """
    tally = prepare(house, backfilled=backfilled)
    send_due(house, tally)
    return tally


def prepare(house: House, *, backfilled: bool = False) -> DeliveryTally:
    """Do all of a pass but the sending."""
    tally = DeliveryTally()
    opening.open_new(house, tally)
    opening.answer(house, tally)
    opening.look_again(house, tally)
    updating.tell_updates(house, tally)
    updating.escalate(house, tally)
    digesting.make_due(house, tally, backfilled=backfilled)
    operate(house, tally)
    return tally
