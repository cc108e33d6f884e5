"""The house itself: sizes, docstrings, words that README must hold, files that must be right."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from alerts import destinations, watchlist
from scrapers import source
from storage.health import Health

ROOT = Path(__file__).parent.parent
PACKAGES = ("scrapers", "alerts", "storage", "flows", "deployments")
MODULES = sorted(
    path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "versions" not in path.parts
)
MOST_LINES, MOST_FUNCTION = 400, 60


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_a_module_is_short_and_says_what_it_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    assert text.count("\n") <= MOST_LINES
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < MOST_FUNCTION, node.name


def test_no_flow_module_is_called_like_a_package_of_ours() -> None:
    # loaded by path it would hide the package
    assert not {path.stem for path in (ROOT / "flows").glob("*.py")} & set(PACKAGES)


def test_what_we_ship_is_right() -> None:
    assert source.load(None).problems == ()
    assert watchlist.load(None).problems == ()
    assert destinations.load(None).problems == ()


def test_the_lock_file_has_a_hash_for_everything_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9][^\s=]*==\S+", lock, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(pinned) > 100
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in lock
    assert "--index" not in lock


def test_the_lock_file_holds_every_dependency_that_is_declared() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for requirement in declared:
        name = re.match(r"[A-Za-z0-9_.-]+", requirement)
        assert name is not None
        assert re.search(rf"^{re.escape(name[0].lower())}==", lock, re.MULTILINE), requirement


def test_the_readme_names_every_command_and_setting() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = (
        "varta up", "varta demo", "varta ingest", "varta deliver", "varta backfill", "varta sources", "varta watches",
        "varta search", "varta why", "varta stories", "varta deliveries", "varta destinations", "varta mute",
        "varta export", "varta doctor", "varta db upgrade", "make run", "make test", "make demo",
    )  # fmt: skip
    settings = ast.parse((ROOT / "flows" / "settings.py").read_text(encoding="utf-8"))
    fields = {
        f"VARTA_{node.target.id.upper()}"
        for found in ast.walk(settings)
        if isinstance(found, ast.ClassDef)
        for node in found.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert [word for word in (*commands, *sorted(fields)) if word not in readme] == []


def test_the_readme_names_every_health_of_a_route() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [health for health in Health if f"`{health}`" not in readme] == []


def test_the_yaml_examples_in_the_readme_are_right(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    examples = [text for text in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL) if text.startswith("# config/")]
    loaded = {}
    for text in examples:
        name = text.split("\n", 1)[0].removeprefix("# config/").strip()
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        loaded[name] = path
    assert set(loaded) == {"sources.yaml", "watchlist.yaml", "destinations.yaml"}
    assert source.load(loaded["sources.yaml"]).problems == ()
    known = destinations.load(loaded["destinations.yaml"])
    assert known.problems == ()
    assert watchlist.load(loaded["watchlist.yaml"], destinations=known.by_id).problems == ()


def test_the_scale_out_file_deploys_what_up_serves() -> None:
    text = (ROOT / "deployments" / "prefect.yaml").read_text(encoding="utf-8")
    listed = {entry["name"]: entry for entry in yaml.safe_load(text)["deployments"]}
    by_hand = {"backfill", "rematch", "try_watch", "explain", "mute"}
    names = {"ingest", "deliver", "upkeep", "verify", "health"} | by_hand
    assert set(listed) == names
    for name, entry in listed.items():
        assert entry["entrypoint"] == f"flows.{name}.{name}"


def test_no_path_of_a_machine_and_no_package_index_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if name and path.suffix in {".py", ".md", ".yaml", ".toml", ".lock", ""} and path.is_file():
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"(?<![\w.])/(?:work|farm|root)/[A-Za-z.]", text), name
            assert "pypi.org/simple" not in text or path == Path(__file__), name
