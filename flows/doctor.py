"""Look at everything a run depends on and say what is broken or unsafe."""

from __future__ import annotations

import enum
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from sqlalchemy.exc import SQLAlchemyError

from alerts import incidents
from alerts.destinations import Destination, secret_name
from alerts.incidents import IncidentKind
from alerts.model import DeliveryState
from flows import house, report, settings
from flows.house import Configuration
from flows.settings import Settings
from scrapers.errors import ConfigError
from storage import channels, outbox, sources
from storage import engine as database
from storage import incidents as stored
from storage.channels import Circuit, Suppressed
from storage.engine import StorageError, reading

_PATIENCE = 5.0
_TOLD_ABOVE = (IncidentKind.CIRCUIT, IncidentKind.DEAD, IncidentKind.RULE)


class Verdict(enum.StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check with what it found."""

    check: str
    verdict: Verdict
    detail: str


def examine() -> list[Finding]:
    """Every check in turn; none stops the others."""
    try:
        chosen = settings.load()
        configuration = house.configure(chosen)
    except ConfigError as wrong:
        return [Finding("configuration", Verdict.BROKEN, str(wrong))]
    return [
        *_configuration(configuration),
        *_database(chosen, configuration),
        _prefect(chosen),
        *_channels(chosen, configuration),
        *_links(chosen),
        *_security(chosen),
    ]


def _configuration(found: Configuration) -> Iterator[Finding]:
    for problem in found.problems:
        yield Finding("configuration", Verdict.BROKEN, str(problem))
    counts = (
        f"{len(found.catalogue.sources)} sources, {len(found.watchlist.watches)} watches, "
        f"{len(found.destinations.by_id)} destinations"
    )
    silent = not found.destinations.by_id
    if silent:
        yield Finding("configuration", Verdict.WARNING, "nobody is alerted: destinations.yaml names no destination")
    if not found.problems:
        yield Finding("configuration", Verdict.OK, counts)
    if not silent and not any(one.operator for one in found.destinations.by_id.values()):
        what = "nobody is told when sources fall silent or messages get stuck: no destination has `operator: true`"
        yield Finding("configuration", Verdict.WARNING, what)
    mute = [watch.id for watch in found.watchlist.watches if not watch.to]
    if mute:
        what = f"watches that alert nobody, because they name no `to`: {', '.join(mute)}"
        yield Finding("configuration", Verdict.WARNING, what)


def _database(chosen: Settings, configuration: Configuration) -> Iterator[Finding]:
    try:
        engine = database.open_engine(chosen.database)
        if not database.is_current(engine):
            yield Finding("database", Verdict.BROKEN, "tables are not up to date: run `varta db upgrade`")
            return
        with reading(engine) as session:
            counts = outbox.counts(session)
            circuits, refused = channels.troubled(session), channels.suppressed(session)
            polled = sources.states(session).values()
            known = configuration.destinations.by_id
            facts = stored.facts(session, configuration.sources, known, house.utc_now())
    except (StorageError, SQLAlchemyError, OSError) as broken:
        yield Finding("database", Verdict.BROKEN, str(broken).splitlines()[0])
        return
    yield Finding("database", Verdict.OK, "tables are up to date")
    yield from _outbox(counts, circuits, refused)
    silent = [state.source for state in polled if state.failures]
    if silent:
        what = f"{len(silent)} of {len(polled)} do not answer, see `varta sources list`: {', '.join(silent)}"
        yield Finding("sources", Verdict.WARNING, what)
    for state in polled:
        if state.rule_error:
            yield Finding("sources", Verdict.WARNING, f"the rule of {state.source} is broken: {state.rule_error}")
    for one in incidents.conditions(facts, house.utc_now()):
        if one.kind not in _TOLD_ABOVE:
            yield Finding("operation", Verdict.WARNING, f"{one.headline}. {' '.join(filter(None, one.lines))}")


def _outbox(
    counts: Mapping[DeliveryState, int], circuits: Sequence[Circuit], refused: Sequence[Suppressed]
) -> Iterator[Finding]:
    for state in (DeliveryState.DEAD, DeliveryState.HELD):
        if count := counts.get(state):
            yield Finding(
                "deliveries", Verdict.WARNING, f"{count} {state}: see `varta deliveries list --state {state}`"
            )
    for one in circuits:
        yield Finding("channels", Verdict.BROKEN if one.opened else Verdict.WARNING, report.circuit(one))
    for gone in refused:
        what = f"{gone.destination}: {gone.address or 'it'} gets nothing more: {gone.reason}"
        yield Finding("channels", Verdict.WARNING, what)


def _prefect(chosen: Settings) -> Finding:
    url = chosen.prefect_api_url
    try:
        answer = requests.Session().get(f"{url}/health", timeout=_PATIENCE)
    except requests.RequestException:
        return Finding("prefect", Verdict.WARNING, f"no server answers at {url}: start it with `varta up`")
    verdict = Verdict.OK if answer.ok else Verdict.BROKEN
    return Finding("prefect", verdict, f"{url} answers {answer.status_code}")


def _channels(chosen: Settings, configuration: Configuration) -> Iterator[Finding]:
    found = configuration.destinations.by_id.values()
    if any(one.email for one in found):
        yield _mail(chosen)
    for one in found:
        if one.slack:
            yield _slack(one)


def _links(chosen: Settings) -> Iterator[Finding]:
    """Whether the page behind the links of messages runs, where messages carry such links."""
    if chosen.links is None:
        return
    where = f"http://{chosen.links_listen}/"
    try:
        with requests.Session() as session:
            session.trust_env = False
            server = session.get(where, timeout=_PATIENCE).headers.get("Server", "")
    except requests.RequestException:
        server = ""
    if server == "Varta":
        yield Finding("links", Verdict.OK, f"the page behind {chosen.links.base} answers at {where}")
    else:
        what = (
            f"the links of messages lead nowhere: nothing of ours answers at {where}; `varta up` or `varta links` does"
        )
        yield Finding("links", Verdict.WARNING, what)


def _mail(chosen: Settings) -> Finding:
    try:
        smtp = house.smtp(chosen)
    except ConfigError as wrong:
        return Finding("mail", Verdict.BROKEN, str(wrong))
    if smtp is None:
        return Finding("mail", Verdict.BROKEN, "VARTA_SMTP_URL is not set, so no mail can be sent")
    if not chosen.mail_from:
        return Finding("mail", Verdict.BROKEN, "VARTA_MAIL_FROM is not set, so no mail can be sent")
    return _reach("mail", smtp.host, smtp.port)


def _slack(destination: Destination) -> Finding:
    assert destination.slack is not None
    reference = destination.slack.webhook or destination.slack.token or ""
    value = settings.secret(secret_name(reference))
    if not value:
        return Finding("slack", Verdict.BROKEN, f"{destination.id}: {secret_name(reference)} is not set")
    parts = urlsplit(value if destination.slack.webhook else destination.slack.api)
    return _reach("slack", parts.hostname or "", parts.port or 443)


def _reach(check: str, host: str, port: int) -> Finding:
    try:
        socket.create_connection((host, port), _PATIENCE).close()
    except OSError as broken:
        return Finding(check, Verdict.BROKEN, f"{host}:{port} cannot be reached: {broken.strerror or broken}")
    return Finding(check, Verdict.OK, f"{host}:{port} answers; `varta destinations test ID` proves the rest")


def _security(chosen: Settings) -> Iterator[Finding]:
    if chosen.smtp_url and "tls=none" in chosen.smtp_url.get_secret_value():
        yield Finding("security", Verdict.WARNING, "VARTA_SMTP_URL has tls=none: mail travels unprotected")
    if urlsplit(chosen.prefect_api_url).hostname in ("127.0.0.1", "localhost", "::1"):
        yield from _open_to_this_machine(chosen)
    elif not chosen.has_prefect_auth:
        what = "the Prefect API is not on this machine and PREFECT_API_AUTH_STRING is not set"
        yield Finding("security", Verdict.BROKEN, what)
    else:
        yield from _open_to_others(chosen)
    if chosen.allow_hosts:
        what = f"VARTA_ALLOW_HOSTS opens {', '.join(sorted(chosen.allow_hosts))}"
        yield Finding("security", Verdict.WARNING, what)


def _open_to_others(chosen: Settings) -> Iterator[Finding]:
    """Say whether a Prefect server elsewhere asks for the password that we would send."""
    try:
        asked = requests.Session().get(f"{chosen.prefect_api_url}/admin/version", timeout=_PATIENCE)
    except requests.RequestException:
        return  # there is no server; that is told above
    if asked.ok:
        what = "whoever reaches the Prefect server runs flows with any parameters: it answers without a password, set "
        yield Finding("security", Verdict.BROKEN, f"{what}PREFECT_SERVER_API_AUTH_STRING=user:password where it runs")


def _open_to_this_machine(chosen: Settings) -> Iterator[Finding]:
    """Say what a local Prefect server lets others do: accounts of this machine, and pages in the same browser."""
    try:
        foreign = {"Origin": "https://elsewhere.example"}
        health = requests.Session().get(f"{chosen.prefect_api_url}/health", headers=foreign, timeout=_PATIENCE)
        asked = requests.Session().get(f"{chosen.prefect_api_url}/admin/version", timeout=_PATIENCE)
    except requests.RequestException:
        return  # there is no server; that is told above
    if health.headers.get("Access-Control-Allow-Origin") in ("*", foreign["Origin"]):
        what = "the Prefect server answers every website in your browser: set PREFECT_SERVER_CORS_ALLOWED_ORIGINS"
        yield Finding("security", Verdict.WARNING, what)
    if asked.ok:
        what = "every account of this machine can use Prefect; PREFECT_SERVER_API_AUTH_STRING=user:password prevents it"
        yield Finding("security", Verdict.OK, what)
