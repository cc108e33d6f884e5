"""Commands on what the user configures: sources, watches, destinations, doctor."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from alerts import destinations as destination_files
from alerts.channels.ways import way_of
from alerts.errors import DeliveryError
from alerts.model import Message
from flows import doctor, habits, house, report, settings
from flows.cli import catalogue, watches
from flows.cli.output import Failed, complain, to_json, to_lines, to_table, wrong
from flows.cli.run import Json
from scrapers.source import Route
from scrapers.yamlfile import Problem, nearest
from storage import channels, health, leases
from storage import sources as states
from storage.engine import reading, transaction
from storage.health import Health, RouteHealth, key_of


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    groups: dict[str, tuple[str, dict[str, Callable[..., None]]]] = {
        "sources": (
            "Where articles come from.",
            {
                "list": list_sources,
                "verify": catalogue.verify,
                "add": catalogue.add,
                "import": catalogue.import_opml,
                "export": catalogue.export,
            },
        ),
        "watches": ("What is looked for.", {"list": watches.listing, "check": watches.check, "try": watches.try_watch}),
        "destinations": (
            "Where alerts go.",
            {"list": list_destinations, "test": test_destination, "restore": restore_address},
        ),
    }
    for name, (text, commands) in groups.items():
        group = typer.Typer(help=text, no_args_is_help=True)
        for verb, command in commands.items():
            group.command(verb)(command)
        app.add_typer(group, name=name)
    app.command("doctor")(run_doctor)


def list_sources(*, as_json: Json = False) -> None:
    """Every source with its routes and the outcome of its last poll."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        configuration, known = rooms.configuration, states.states(session)
        judged = {(name, one.url): one for name, routes in health.of_sources(session).items() for one in routes}
        used = {one.source: one for one in habits.habits(session, configuration.catalogue.sources, rooms.now())}
    rows = []
    for source in configuration.catalogue.sources:
        state = known.get(source.id)
        rows.append(
            {
                "id": source.id,
                "name": source.name,
                "kind": source.kind,
                "language": source.language,
                "family": source.family,
                "topics": source.topics,
                "routes": [_route(source.id, route, judged) for route in source.routes],
                "backfill": [_route(source.id, route, judged) for route in source.backfill],
                "outcome": state.outcome if state else "",
                "failures": state.failures if state else 0,
                "last_ok": state.last_ok_at if state else None,
                "next_poll": state.next_poll_at if state else None,
                "interval": state.interval.total_seconds() if state and state.interval else None,
                "error": state.error if state else "",
                "rule_error": state.rule_error if state else "",
                **habits.row(used[source.id]),
            }
        )
    if as_json:
        to_json(rows)
    else:
        to_table(f"sources: {len(rows)}", [_shown(row) for row in rows])
        to_lines(f"! {row['error']}" for row in rows if row["error"])
        to_lines(f"! {row['id']}: rule broken: {row['rule_error']}" for row in rows if row["rule_error"])
    _tell(configuration.catalogue.problems)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A source as people see it; `--json` has the rest. `routes ok` counts what the last verify found."""
    judged = [route["health"] for route in row["routes"] if route["health"]]
    return {
        "id": row["id"],
        "kind": row["kind"],
        "outcome": row["outcome"] or "not polled",
        "failures": row["failures"],
        "every": _pace(row["interval"]),
        "last ok (UTC)": row["last_ok"],
        "routes ok": f"{sum(Health(one).is_good for one in judged)}/{len(judged)}" if judged else "",
    }


def _pace(seconds: float | None) -> str:
    """The wait between two polls, as it is written in sources.yaml: 5m, 3h, 1d."""
    if not seconds:
        return ""
    unit, length = next((unit, length) for unit, length in (("d", 86400), ("h", 3600), ("m", 0)) if seconds >= length)
    return f"{seconds / (length or 60):.0f}{unit}"


def _route(source: str, route: Route, judged: Mapping[tuple[str, str], RouteHealth]) -> dict[str, Any]:
    """A route with its health, empty where it was never verified."""
    found = judged.get((source, key_of(route)))
    return {
        "type": route.type,
        "url": route.url or route.channel,
        "health": found.health if found else "",
        "reason": found.reason if found else "",
        "newest": found.newest if found else None,
        "verified": found.verified_at if found else None,
    }


def list_destinations(*, as_json: Json = False) -> None:
    """Every destination, without its secrets, and whether its way works."""
    with house.opened(settings.load()) as rooms, reading(rooms.engine) as session:
        found, due = rooms.configuration.destinations, leases.due(session, rooms.now())
        circuits = {one.way: one for one in channels.troubled(session)}
        refused = channels.suppressed(session)
    rows = []
    for one in found.by_id.values():
        circuit = circuits.get(way_of(one).name)
        state = "ok" if circuit is None else "broken" if circuit.opened else "failing"
        gone = [line.address for line in refused if line.destination == one.id]
        rows.append(
            destination_files.to_json(one)
            | {"way": way_of(one).name, "state": state, "due": due.get(one.id, 0), "suppressed": gone}
        )
    if as_json:
        to_json(rows)
    else:
        to_table(f"destinations: {len(rows)}", rows)
        to_lines(f"! {report.circuit(one)}" for one in circuits.values())
        to_lines(
            f"! {one.destination}: {one.address or 'it'} gets nothing more since {one.since:%Y-%m-%d}: {one.reason}"
            for one in refused
        )
    _tell(found.problems)


def restore_address(
    name: Annotated[str, typer.Argument(metavar="ID", help="Of `varta destinations list`.")],
    address: Annotated[str, typer.Argument(help="An address that gets nothing more.")],
) -> None:
    """Let an address that was refused, or unsubscribed, get alerts again."""
    with house.opened(settings.load()) as rooms, transaction(rooms.engine) as session:
        if not channels.restore(session, name, address):
            known = [one.address for one in channels.suppressed(session) if one.destination == name]
            raise wrong(f"nothing keeps {address} from the alerts of {name}{nearest(address, known)}")
    complain(f"{address} gets the alerts of {name} again; `varta deliveries retry ID` sends what was cancelled")


def test_destination(name: Annotated[str, typer.Argument(metavar="ID", help="Of `varta destinations list`.")]) -> None:
    """Really send one test message."""
    with house.opened(settings.load()) as rooms:
        known = rooms.configuration.destinations.by_id
        if name not in known:
            raise wrong(f"no destination is called `{name}`{nearest(name, known)}")
        text = f"Varta test message for {name}: alerts that are sent here arrive."
        block: dict[str, object] = {"type": "section", "text": {"type": "plain_text", "text": text}}
        message = Message(text=text, subject="Varta test message", blocks=(block,))
        for recipient in known[name].recipients:
            try:
                rooms.channel(known[name], recipient).send(message, uuid.uuid4().hex)
            except DeliveryError as refused:
                raise Failed(f"{name}: {refused}") from None
        with transaction(rooms.engine) as session:
            channels.close(session, way_of(known[name]))  # what waits for it need not wait for a probe
        complain(f"sent to {name}")


def run_doctor(*, as_json: Json = False) -> None:
    """Check configuration, database, Prefect, mail and Slack, and warn of what is unsafe."""
    findings = doctor.examine()
    rows: list[dict[str, Any]] = [
        {"check": found.check, "state": found.verdict, "detail": found.detail} for found in findings
    ]
    if as_json:
        to_json(rows)
    else:
        to_table("Varta doctor", rows)
    bad = [f"{found.check}: {found.detail}" for found in findings if found.verdict is doctor.Verdict.BROKEN]
    complain(*bad)
    if any(found.check == "configuration" and found.verdict is doctor.Verdict.BROKEN for found in findings):
        raise typer.Exit(2)
    if bad:
        raise typer.Exit(1)


def _tell(problems: tuple[Problem, ...]) -> None:
    complain(*map(str, problems))
    if problems:
        raise typer.Exit(2)
