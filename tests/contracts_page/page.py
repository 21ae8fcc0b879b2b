"""The page with its tables filled."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cli.instance import ROOT

from .models import ROW_MODULES, SERVICES, rows, settings
from .routes import Route, routes

WITH_ROUTES = ("dbproxy", "orchestrator", "deployer", "builder", "scanner")      # of their own
PAGE = ROOT / "docs" / "contracts.md"
TABLE = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """`page` with each of its tables as the code has it. Raises KeyError for a table that is unknown."""
    made = tables()
    return TABLE.sub(lambda match: f"{match[1]}{made[match[2]]}\n{match[3]}", page)


def names(page: str) -> set[str]:
    return {match[2] for match in TABLE.finditer(page)}


def tables() -> dict[str, str]:
    """By name, as Markdown."""
    folders = {"all workers": "common/worker", **{name: name for name in WITH_ROUTES}}
    return {**{f"routes of {name}": _calls(routes(ROOT / folder)) for name, folder in folders.items()},
            **{f"rows of {name}": _table(("row", "fields"), rows(name)) for name in ROW_MODULES},
            "settings": _table(("service", "its own settings"), ((name, settings(name)) for name in SERVICES))}


def _calls(found: list[Route]) -> str:
    with_callers = any(route.callers for route in found)
    columns = ("call", *(["callers"] if with_callers else []), "body", "answer", "")
    return _table(columns, ((route.call, *([", ".join(route.callers)] if with_callers else []), route.body, route.answer, route.about)
                            for route in found))


def _table(columns: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    body = [f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines]
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *body])
