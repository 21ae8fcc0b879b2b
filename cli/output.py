"""How commands show lists: a table for people, `--json` for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

STYLES = {"success": "green", "failure": "red", "error": "magenta", "running": "blue", "pending": "yellow",
          "canceled": "dim", "skipped": "dim", "live": "green", "kept": "dim", "failed": "red", "healthy": "green",
          "down": "red"}

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def show(rows: Sequence[dict], columns: Sequence[str], as_json: bool, empty: str) -> None:
    """`rows` under `columns`; with `as_json` the rows as they are."""
    if as_json:
        click.echo(json.dumps(list(rows), indent=2))
    elif not rows:
        click.echo(empty)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*(_cell(row.get(column)) for column in columns))
        Console(soft_wrap=False).print(table)


def _cell(value) -> Text:
    text = "" if value is None else str(value)
    return Text(text, style=STYLES.get(text, ""))


def ago(moment: str | None) -> str:
    """ISO 8601 -> "3m ago"."""
    if not moment:
        return ""
    seconds = (datetime.now(timezone.utc) - datetime.fromisoformat(moment.replace("Z", "+00:00"))).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} ago"
    return f"{max(0, int(seconds))}s ago"
