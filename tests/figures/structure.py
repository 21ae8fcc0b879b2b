"""What can be counted of the product's own Python files: signatures, lengths, imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter

import grimp

from cli.instance import ROOT

from .forges import named_elsewhere
from .lists import lists

SERVICES = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester")
PACKAGES = (*SERVICES, "common", "forges", "cli")
LONGEST = 40                     # lines of a function
RUN = "orchestrator.runs.conductor"   # where a run is carried out


@dataclass(frozen=True)
class Figure:
    """`found`: one text for each thing that counts. `limit`: how many there may be; it only ever goes down."""

    name: str
    found: list[str]
    limit: int


def figures() -> list[Figure]:
    return [
        Figure("bare dicts in signatures of services", bare_dicts(), 0),
        Figure(f"functions over {LONGEST} lines", long_functions(), 0),
        Figure("import cycles", cycle(), 0),
        Figure("files outside a forge's folder that name it", named_elsewhere(), 0),
        Figure("files that list stages, kinds of run or states", sorted(lists()), 1),
        Figure("files in the longest chain of imports of a run", chain(RUN), 5),
    ]


def bare_dicts() -> list[str]:
    return [f"{place} {argument.arg}" for place, function in _functions(SERVICES)
            for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            if isinstance(argument.annotation, ast.Name) and argument.annotation.id == "dict"]


def long_functions() -> list[str]:
    return [place for place, function in _functions(PACKAGES) if function.end_lineno - function.lineno >= LONGEST]


def cycle() -> list[str]:
    """The modules of one import cycle; empty where there is none."""
    imports = _imports()
    try:
        TopologicalSorter({module: imports.find_modules_directly_imported_by(module) for module in imports.modules}).prepare()
    except CycleError as problem:
        return problem.args[1]
    return []


def chain(start: str) -> list[str]:
    """The longest chain of imports from `start` within its own package."""
    package = f"{start.partition('.')[0]}."

    @cache
    def longest(module: str) -> tuple[str, ...]:
        imported = [name for name in _imports().find_modules_directly_imported_by(module) if name.startswith(package)]
        return (module, *max(map(longest, imported), key=len, default=()))
    return list(longest(start))


@cache
def _imports() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, cache_dir=None)


def _functions(packages: tuple[str, ...]) -> Iterator[tuple[str, ast.FunctionDef]]:
    """(file:line name, function)."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef):
                    yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node
