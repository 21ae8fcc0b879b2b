"""Postgres' roles: set by the superuser, who has no password and is let in by the container's own socket alone."""

from __future__ import annotations

from cli import compose
from cli.instance import Instance
from cli.progress import Task

SUPERUSER = "continuum"
SETUP = "/etc/continuum/setup.sql"


def set_up(instance: Instance, database: str = "continuum", task: Task | None = None) -> None:
    """Apply dbproxy/postgres/setup.sql, which may be repeated; Postgres must answer."""
    psql(instance, database, "--file", SETUP, task=task)


def psql(instance: Instance, database: str, *words: str, task: Task | None = None) -> None:
    """Run psql as the superuser; raises CommandFailed."""
    compose.call(instance, "exec", "-T", "postgres", "psql", "--quiet", "--no-psqlrc", "--username", SUPERUSER,
                 "--dbname", database, *words, task=task)
