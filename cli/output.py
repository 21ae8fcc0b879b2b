"""How commands show lists: a table for people, `--json` for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.terminal import safe

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
        _print(columns, [[_text(row.get(column)) for column in columns] for row in rows])


def _print(columns: Sequence[str], rows: list[list[str]]) -> None:
    """A table that fits the terminal; in a pipe one line for each row, whole."""
    if sys.stdout.isatty():
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in row))
        Console(soft_wrap=False).print(table)
        return
    lines = [[column.replace("_", " ") for column in columns], *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _text(value) -> str:
    return "" if value is None else safe(" ".join(str(value).splitlines()), colours=False)


def ago(moment: str | None) -> str:
    """ISO 8601 -> "3m ago"."""
    if not moment:
        return ""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment.replace("Z", "+00:00"))).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit} ago"
    return f"{max(0, int(seconds))}s ago"
