"""The `varta` command: a second shell beside the flows, working without a Prefect server."""

from __future__ import annotations

import logging
import sys

import typer
from sqlalchemy.exc import DatabaseError

from alerts.errors import AlertError
from flows.cli import again, answer, ask, configure, muting, past, run
from flows.cli.output import Failed, WithFields, complain
from scrapers.errors import ConfigError
from storage.engine import DatabaseUrlError, StorageError

WRONG_USAGE = 2

app = typer.Typer(
    name="varta",
    help="Keep watch over defence and Ukraine news: ingest, match, alert.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (run, past, again, ask, configure, answer, muting):
    room.register(app)


def main() -> None:
    """Run the command line. Exit status: 0 done, 1 something failed, 2 wrong usage or configuration."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(WithFields("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("trafilatura").setLevel(logging.ERROR)  # what it finds strange is no news to the reader
    try:
        app()
    except ConfigError as wrong:
        complain(str(wrong))
        sys.exit(WRONG_USAGE)
    except DatabaseUrlError as wrong:
        complain(str(wrong))
        sys.exit(WRONG_USAGE)
    except (StorageError, AlertError, Failed) as failed:
        complain(str(failed))
        sys.exit(1)
    except DatabaseError as failed:
        complain(f"database: {str(failed.orig or failed).partition(chr(10))[0]}")
        sys.exit(1)
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
    except OSError as failed:
        complain(f"{failed.filename or 'a file or address'}: {failed.strerror or failed}")
        sys.exit(1)
    except (OverflowError, ValueError) as failed:
        complain(f"a number or date is out of range: {failed}")
        sys.exit(WRONG_USAGE)
