"""The explain flow: why an article alerted somebody, or why not, as `varta why` tells it."""

from __future__ import annotations

import contextlib
import io

import typer
from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.cli import ask


@flow(name="explain", flow_run_name="explain {url}", timeout_seconds=300)
def explain(url: str) -> State[None]:
    """Say for every watch and destination what became of an article: sent, merged, held, muted, no match, and why.

    Args:
        url: Address of the article, in any spelling; tracking parameters do not matter.
    """
    written = io.StringIO()
    try:
        with contextlib.redirect_stdout(written):
            ask.why(url.strip())
    except typer.Exit:
        return Failed(message=written.getvalue().strip() or f"{url}: never seen")
    lines = written.getvalue().splitlines()
    # indented, it is text without any meaning in Markdown, whatever an outlet wrote
    create_markdown_artifact(
        "\n".join(f"    {line}" for line in lines), key="explanation", description=f"What became of {url}"
    )
    return Completed(message=lines[0] if lines else url)
