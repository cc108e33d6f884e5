"""Register every deployment with a work pool, for who runs workers instead of `varta up`."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from flows import settings

FILE = Path(__file__).parent / "prefect.yaml"
POD = Path(__file__).parent / "kubernetes" / "pod.yaml"
_PACKAGES = {"process": "prefect", "docker": "prefect-docker", "kubernetes": "prefect-kubernetes"}


class RegisterError(Exception):
    """The server did not take what was registered; the text says what it was."""


def plan(kind: str, pool: str, image: str) -> dict[str, Any]:
    """The content of prefect.yaml with every deployment in one pool of that kind."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    chosen = dict(content.pop("definitions")["pools"][kind], name=pool)
    if image and "job_variables" in chosen:
        chosen["job_variables"] = {**chosen["job_variables"], "image": image}
    return {**content, "deployments": [{**one, "work_pool": chosen} for one in content["deployments"]]}


def template(kind: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """The base job template of a pool, from what the server knows of workers."""
    base: dict[str, Any] = json.loads(json.dumps(known[_PACKAGES[kind]][kind]["default_base_job_configuration"]))
    if kind == "kubernetes":
        ours = yaml.safe_load(POD.read_text(encoding="utf-8"))
        pod = base["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
        pod.update(ours["pod"])
        pod["containers"][0].update(ours["container"])
    return base


async def _ensure_pool(kind: str, pool: str) -> None:
    # Prefect reads its settings at import, so whoever calls this has set them
    from prefect.client.orchestration import get_client  # noqa: PLC0415
    from prefect.client.schemas.actions import WorkPoolCreate  # noqa: PLC0415
    from prefect.exceptions import ObjectNotFound  # noqa: PLC0415

    async with get_client() as client:
        try:
            held = await client.read_work_pool(pool)
        except ObjectNotFound:
            base = template(kind, await client.read_worker_metadata())
            await client.create_work_pool(WorkPoolCreate(name=pool, type=kind, base_job_template=base))
        else:
            if held.type != kind:
                raise RegisterError(f"the work pool `{pool}` is of type {held.type}, not {kind}: name another one")


async def _ensure_automations(kind: str) -> None:
    from prefect.client.orchestration import get_client  # noqa: PLC0415 - as above

    from deployments import automations  # noqa: PLC0415

    pending = automations.PENDING if kind == "process" else automations.PENDING_CONTAINER
    async with get_client() as client:
        await automations.ensure(client, (await client.read_deployment_by_name("ingest/ingest")).id, pending)


def register(kind: str, pool: str, image: str) -> None:
    """Make the pool if there is none, then deploy; raises RegisterError."""
    asyncio.run(_ensure_pool(kind, pool))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prefect.yaml"
        path.write_text(yaml.safe_dump(plan(kind, pool, image)), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - arguments of our own
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(path)],
            env=settings.child_environment({"NO_COLOR": "1"}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RegisterError(f"prefect deploy ended with {done.returncode}:\n{done.stdout[-2000:]}")
    asyncio.run(_ensure_automations(kind))


def main() -> int:
    """The exit status of `python -m deployments.register`."""
    asked = argparse.ArgumentParser(prog="python -m deployments.register", description=__doc__)
    asked.add_argument("--type", choices=sorted(_PACKAGES), default="process", help="kind of work pool")
    asked.add_argument("--pool", default="varta", help="its name")
    asked.add_argument("--image", default="", help="container image for docker and kubernetes, else varta:latest")
    options = asked.parse_args()
    try:
        register(options.type, options.pool, options.image)
    except RegisterError as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    sys.stdout.write(f"registered with the {options.type} pool {options.pool}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
