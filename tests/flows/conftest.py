"""What tests of several flows share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flows.demo.slack_server import SlackStandIn


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackStandIn]:
    with SlackStandIn() as server:
        monkeypatch.setenv("TEST_WEBHOOK", server.webhook_url)
        yield server
