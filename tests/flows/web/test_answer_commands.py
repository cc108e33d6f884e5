"""Where no page is configured, the commands that a message names do what its links would."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest
import requests

from flows import settings
from scrapers.errors import ConfigError
from tests.flows import rooms
from tests.flows.rooms import feed, page, source
from tests.flows.test_cli import Varta
from tests.servers import Web

SECRET = "a secret that only this test knows"
DESTINATIONS = """
destinations:
  - {id: editor, email: {to: editor@newsroom.example}, digest: {at: "08:00", of: [low]}}
"""


@dataclass
class Office:
    """A house with one mail that waits to be sent, and its commands."""

    varta: Varta
    url: str

    @property
    def mail(self) -> str:
        """The text of the mail, as it stands in the database."""
        with closing(sqlite3.connect(self.varta.folder / "var" / "varta.db")) as database:
            (payload,) = database.execute("SELECT payload FROM delivery").fetchone()
        return str(json.loads(payload)["text"])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    watchlist = rooms.WATCHLIST.replace("[desk, editor]", "[editor]")
    with Web() as web:
        now = datetime.now(UTC)
        listed = feed(web.url(""), "/a").replace(b"Wed, 12 Feb 2025 16:00:00 +0200", format_datetime(now).encode())
        web.routes |= {"/feed": listed, "/a": page(published=now.isoformat())}
        (tmp_path / "config").mkdir()
        entries = f"sources:\n{source('wire', web.url(''))}"
        for name, text in (("sources", entries), ("watchlist", watchlist), ("destinations", DESTINATIONS)):
            (tmp_path / "config" / f"{name}.yaml").write_text(text, encoding="utf-8")
        varta = Varta(tmp_path, {"VARTA_ALLOW_HOSTS": "127.0.0.1", "VARTA_HOST_DELAY": "0"})
        varta("ingest", expect=1)  # no mail server is configured: the message waits
        yield Office(varta, web.url("/a"))


def test_a_copy_is_shown_as_text_and_as_source(office: Office) -> None:
    text = office.varta("copy", office.url).stdout
    assert "Mark Rutte named two conditions" in text
    assert "<article>" in office.varta("copy", office.url, "--source").stdout
    assert office.varta.json("copy", office.url)["source"] == "wire"
    assert "no copy" in office.varta("copy", "https://nowhere.example/", expect=1).stderr


def test_a_delivery_that_nobody_knows_is_refused(office: Office) -> None:
    assert "no delivery begins" in office.varta("answer", "ack", "0" * 12, expect=1).stderr
    assert "at least 8" in office.varta("answer", "ack", "abc", expect=1).stderr
    assert "at least 8" in office.varta("answer", "ack", "%%%%%%%%%", expect=1).stderr
    assert "Invalid value" in office.varta("answer", "acknowledge", "0" * 12, expect=2).stderr


# The settings, and the page as a process


@pytest.mark.parametrize(
    ("url", "secret", "told"),
    [
        ("http://alerts.example.org", SECRET, "VARTA_LINKS_URL"),
        ("ftp://alerts.example.org", SECRET, "VARTA_LINKS_URL"),
        ("alerts.example.org", SECRET, "VARTA_LINKS_URL"),
        ("https://u:p@alerts.example.org", SECRET, "VARTA_LINKS_URL"),
        ("https://alerts.example.org/?a=b", SECRET, "VARTA_LINKS_URL"),
        ("https://alerts.example.org/", "", "VARTA_LINKS_SECRET"),
        ("https://alerts.example.org/", "short", "VARTA_LINKS_SECRET"),
    ],
)
def test_an_address_that_readers_cannot_trust_is_refused(
    monkeypatch: pytest.MonkeyPatch, url: str, secret: str, told: str
) -> None:
    monkeypatch.setenv("VARTA_LINKS_URL", url)
    if secret:
        monkeypatch.setenv("VARTA_LINKS_SECRET", secret)
    with pytest.raises(ConfigError, match=told) as refused:
        settings.load()
    assert secret not in str(refused.value) or not secret


@pytest.mark.parametrize("place", ["8030", "127.0.0.1", "127.0.0.1:", ":8030", "127.0.0.1:99999", "127.0.0.1:x"])
def test_a_place_to_listen_has_a_host_and_a_port(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("VARTA_LINKS_LISTEN", place)
    with pytest.raises(ConfigError, match="VARTA_LINKS_LISTEN"):
        settings.load()


def test_without_an_address_there_are_no_links_and_no_page(office: Office) -> None:
    assert "VARTA_LINKS_URL" in office.varta("links", expect=2).stderr


def test_the_page_runs_until_it_is_told_to_end(office: Office) -> None:
    own = {
        "VARTA_LINKS_URL": "https://alerts.example.org",
        "VARTA_LINKS_SECRET": SECRET,
        "VARTA_LINKS_LISTEN": "127.0.0.1:0",
        "PYTHONPATH": str(Path(__file__).parents[3]),
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VARTA_")}
    command = [sys.executable, "-m", "flows.cli", "links"]
    with subprocess.Popen(
        command,
        cwd=office.varta.folder,
        env={**clean, **office.varta.variables, **own},
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stderr is not None
            told = re.search(r"http://127\.0\.0\.1:\d+", running.stderr.readline())
            assert told is not None
            with requests.Session() as session:
                assert session.get(f"{told[0]}/ack/nothing", timeout=20).status_code == 404
        finally:
            running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0


def commands(text: str) -> list[list[str]]:
    return [shlex.split(line.strip())[1:] for line in text.splitlines() if line.strip().startswith("varta ")]


def test_what_a_message_tells_to_type_can_be_typed(office: Office) -> None:
    found = commands(office.mail)
    assert [words[:2] for words in found] == [
        ["copy", office.url],
        ["answer", "ack"],
        ["answer", "mute"],
        ["answer", "irrelevant"],
        ["answer", "digest"],
    ]
    for words in found:
        assert office.varta(*words).stdout
    key = found[1][2]
    assert "alerts this destination at once again" in office.varta("answer", "instant", key).stdout
    assert "at once already" in office.varta("answer", "instant", key, expect=1).stderr
    (muted,) = office.varta.json("mutes")
    office.varta("unmute", "story", muted["ref"], "--destination", "editor")
    assert "already" in office.varta("answer", "ack", key, "--by", "Olena").stdout
    assert "unsubscribed" in office.varta("answer", "unsubscribe", key).stdout


def test_a_watch_is_not_moved_to_a_digest_that_does_not_exist(office: Office) -> None:
    (command,) = [line for line in office.mail.splitlines() if "answer digest" in line]
    destinations = office.varta.folder / "config" / "destinations.yaml"
    destinations.write_text(DESTINATIONS.replace(', digest: {at: "08:00", of: [low]}', ""), encoding="utf-8")
    done = office.varta(*shlex.split(command[command.index("varta answer") :])[1:], expect=1)
    assert "editor has no digest: whoever configures Varta can give it one in destinations.yaml" in done.stderr
