"""`python -m flows.cli` is `varta`."""

from __future__ import annotations

from flows.cli import main

main()
