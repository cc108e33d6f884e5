"""The doctor tells who may use the Prefect page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import doctor
from flows.doctor import Verdict
from tests.servers import Call, Reply, Web

FREE = ("OK", "every account of this machine can use Prefect; PREFECT_SERVER_API_AUTH_STRING=user:password prevents it")
CORS = (
    "WARNING",
    "the Prefect server answers every website in your browser: set PREFECT_SERVER_CORS_ALLOWED_ORIGINS",
)
UNSENT = ("BROKEN", "the Prefect API is not on this machine and PREFECT_API_AUTH_STRING is not set")
OPEN = (
    "BROKEN",
    (
        "whoever reaches the Prefect server runs flows with any parameters: it answers without a password, "
        "set PREFECT_SERVER_API_AUTH_STRING=user:password where it runs"
    ),
)


class Prefect(Web):
    """A stand-in that asks for a password or not, as the real server does: the health is for everybody."""

    def __init__(self) -> None:
        super().__init__({"/api/health": self._health, "/api/admin/version": self._version})
        self.password = ""
        self.origins = ""  # "": those of its own page alone

    def _health(self, call: Call) -> Reply:
        allowed = {"Access-Control-Allow-Origin": self.origins} if self.origins and "origin" in call.headers else {}
        return Reply(200, b"true", allowed)

    def _version(self, call: Call) -> Reply:
        return Reply(200 if not self.password or "authorization" in call.headers else 401)


@pytest.fixture
def prefect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Prefect]:
    with Prefect() as server:
        monkeypatch.setenv("VARTA_HOME", str(tmp_path))
        monkeypatch.setenv("PREFECT_API_URL", server.url("/api"))
        monkeypatch.delenv("PREFECT_API_AUTH_STRING", raising=False)
        yield server


@pytest.fixture
def elsewhere(prefect: Prefect, monkeypatch: pytest.MonkeyPatch) -> Prefect:
    """The same on another machine, reached by a proxy: tests talk to loopback only."""
    monkeypatch.setenv("PREFECT_API_URL", "http://prefect.example:4200/api")
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, prefect.url())
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return prefect


def told() -> list[tuple[str, str]]:
    return [(one.verdict.name, one.detail) for one in doctor.examine() if one.check == "security"]


def is_well() -> bool:
    """Whether the server answers at all, without which the rest would prove nothing."""
    return [one.verdict for one in doctor.examine() if one.check == "prefect"] == [Verdict.OK]


def test_a_server_of_this_machine_may_be_free_for_its_accounts(prefect: Prefect) -> None:
    assert told() == [FREE]
    prefect.password = "secret"
    assert told() == []
    assert is_well()


@pytest.mark.parametrize("origins", ["*", "https://elsewhere.example"])
def test_a_server_that_answers_foreign_pages_is_told(prefect: Prefect, origins: str) -> None:
    prefect.password = "secret"
    prefect.origins = origins
    assert told() == [CORS]


def test_a_server_elsewhere_without_a_password_is_broken(elsewhere: Prefect, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told() == [UNSENT]
    monkeypatch.setenv("PREFECT_API_AUTH_STRING", "admin:secret")
    assert told() == [OPEN]  # we would send one, but nobody asks
    elsewhere.password = "secret"
    assert told() == []
    assert is_well()


def test_without_a_server_nothing_is_told_of_who_may_use_it(prefect: Prefect, monkeypatch: pytest.MonkeyPatch) -> None:
    del prefect
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert told() == []
    assert not is_well()
