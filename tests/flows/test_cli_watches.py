"""`varta why`, `varta watches try` and `varta rematch`: what they print and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.flows.test_cli import Varta

WATCHLIST = """
entities:
  - {id: rutte, names: {en: [Mark Rutte, Rutte], uk: [Марк Рютте, Рютте]}}
  - {id: patriot, weak: {en: [Patriot]}, needs: [missile]}
watches:
  - {id: talks, query: '@rutte AND (Україна OR Ukraine)', to: [desk]}
  - {id: silent, query: Odesa}
  - {id: hardware, query: '@rutte AND @patriot', to: [desk]}
  - {id: cycling, query: 'velodrome'}
"""
DESTINATIONS = 'destinations:\n  - {id: desk, slack: {webhook: "env:NOT_THERE"}}\n'
TEXT = "У Брюсселі зустрілися міністри. Марк Рютте назвав дві умови для України. Там говорили про гравця Patriot."
URL = "https://wire.example/a/1"


@pytest.fixture
def varta(tmp_path: Path) -> Varta:
    """A house with one article, ingested by hand: the watches are those that its configuration names."""
    from tests.flows.rooms import Clock, opened  # noqa: PLC0415 - the clock of the tests of flows
    from tests.flows.test_rematching import store  # noqa: PLC0415

    with opened(tmp_path, "", watchlist=WATCHLIST, destinations=DESTINATIONS, clock=Clock()) as rooms:
        store(rooms, {"Дві умови": TEXT})
    return Varta(tmp_path, {"VARTA_HOME": str(tmp_path / "var")})
