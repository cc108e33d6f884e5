"""A person fills in the form of a backfill on the Prefect page, in a real browser."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from storage import engine as database
from storage import lookup
from storage.engine import reading
from tests.deployments.browser import Page, named, opened
from tests.deployments.ups import free_port, runs, talk, up, wait_for

pytestmark = [pytest.mark.real, pytest.mark.slow]
SOURCES = ("dnipro-wire", "portovyi-telehraf")
DAY, SHOWN = "02112025", "Feb 11th, 2025"


def fill(page: Page, address: str) -> None:
    """The form with a day and two sources, as a mouse and a keyboard do it."""
    page.open(address)
    page.shows("Only count what the archives list")  # the help of the last field
    for number in range(2):
        page.click(f"document.querySelectorAll('.p-date-button__control')[{number}]")
        page.until("!!document.querySelector('.p-date-picker input')", "a calendar")
        page.script("document.querySelector('.p-date-picker input').focus()")
        page.type(DAY)
        page.click(named("Apply", ".p-date-picker button"))
        chosen = f"document.querySelectorAll('.p-date-button__control')[{number}].innerText"
        page.until(f"{chosen} === {SHOWN!r} && !document.querySelector('.p-date-picker')", SHOWN)
    for _ in range(3):  # the list draws itself anew while it opens, and may lose a press
        choose(page, [source for source in SOURCES if source not in page.text()])
    assert all(source in page.text() for source in SOURCES)


def choose(page: Page, sources: list[str]) -> None:
    """Open the list of sources, press these, and close it; what is chosen then stands on the form."""
    if not sources:
        return
    page.script("document.querySelector('.p-select-button__control').focus()")
    page.press("ArrowDown")
    for source in sources:
        page.click(named(source, ".p-select-option"))
    page.click(named("Run Name", "label, span, div"))
    page.until("!document.querySelector('.p-select-option')", "the list closed")


def stored(folder: Path) -> set[str]:
    """The addresses of all articles in the database."""
    engine = database.open_engine(f"sqlite:///{folder / 'var' / 'varta.db'}")
    with reading(engine) as session:
        found = {one.url for one in lookup.articles(session)}
    engine.dispose()
    return found


def show(page: Page, name: str, tmp_path: Path) -> None:
    """Keep a picture; README's are made with VARTA_TEST_PICTURES=deployments/pictures."""
    page.picture(Path(os.environ.get("VARTA_TEST_PICTURES") or tmp_path) / f"{name}.png")


def test_a_person_brings_in_past_days_with_the_form(tmp_path: Path) -> None:
    port = free_port()
    with DemoSite() as site, MailStandIn() as mail, SlackStandIn() as slack:
        site.write_config(tmp_path / "config")
        variables = {
            "VARTA_ALLOW_HOSTS": "127.0.0.1",
            "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
            "VARTA_MAIL_FROM": "varta@varta.example",
            "SLACK_WEBHOOK_URL": slack.webhook_url,
        }
        with up(tmp_path, port, **variables) as process, opened(tmp_path) as page, talk(port) as api:
            wanted = {"deployments": {"name": {"any_": ["backfill"]}}}
            found = wait_for(lambda: api("POST", "deployments/filter", wanted))
            wait_for(lambda: runs(port, flow="ingest", state="COMPLETED"))
            past = {truth.url for truth in site.truth().values() if not truth.indexed}
            assert past
            assert not past & stored(tmp_path)  # a poll does not find them
            run_through(page, port, found[0]["id"], tmp_path)
            refused = [one for one in page.refused() if "/api/" in one[2]]  # Prefect lacks a picture or two
            assert refused == []  # the page lives with the protection against foreign pages
            hosts = {urlsplit(url).hostname for _, url in page.requests.values() if url.startswith("http")}
            assert hosts == {"127.0.0.1"}  # and asks nobody else
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    assert past <= stored(tmp_path)


def run_through(page: Page, port: int, deployment: str, folder: Path) -> None:
    address = f"http://127.0.0.1:{port}"
    fill(page, f"{address}/deployments/deployment/{deployment}/run")
    show(page, "backfill-form", folder)
    page.click(named("Submit", "button"))
    page.click(named("backfill 2025-02-11 to 2025-02-11", "a"))  # so is the run called once it began
    page.until("location.pathname.includes('/runs/flow-run/')", "the page of the run")
    page.shows("Completed")
    page.click(named("Artifacts", "*"))
    page.click("[...document.querySelectorAll('a')].find(e => e.innerText.includes('backfill-summary'))")
    page.shows("What the watches found in these days")
    page.shows("new articles: 1")
    page.shows("/committee-backs-veterans-housing-bill: 500 Internal Server Error")  # no sign is escaped twice
    show(page, "backfill-summary", folder)
