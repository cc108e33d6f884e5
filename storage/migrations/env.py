"""Alembic's entry: migrate over the connection that storage.engine hands in."""

from __future__ import annotations

from alembic import context

from storage.alert_tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite cannot alter a table in place
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
