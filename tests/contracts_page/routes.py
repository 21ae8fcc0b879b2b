"""The routes of a service, read from its files: nothing is started, so no service needs its settings."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from cli.instance import ROOT

from .models import fields

METHODS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """`answer`: the row as its view names it; `about`: the first paragraph of the view's docstring."""

    path: str
    methods: tuple[str, ...]
    callers: tuple[str, ...]
    body: str
    answer: str
    about: str

    @property
    def call(self) -> str:
        return f"`{','.join(self.methods)} {self.path}`"


def routes(folder: Path) -> list[Route]:
    """Of all files below `folder`, by path."""
    found = [route for file in sorted(folder.rglob("*.py")) for route in _routes(file)]
    return sorted(found, key=lambda route: (route.path, [METHODS.index(method.lower()) for method in route.methods]))


def _routes(file: Path) -> Iterator[Route]:
    views = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef) and _of_routes(node)]
    module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts)) if views else None
    for view in views:
        marks = {call.func.id: call.args for call in view.decorator_list
                 if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}
        for call in _of_routes(view):
            yield Route(_path(call.args[0], module), (call.func.attr.upper(),),
                        tuple(ast.literal_eval(name) for name in marks.get("callers", ())),
                        fields(_value(marks["body_as"][0], module)) if "body_as" in marks else "",
                        f"`{ast.unparse(marks['answers'][0])}`" if "answers" in marks else "", _about(view))


def _of_routes(view: ast.FunctionDef) -> list[ast.Call]:
    return [call for call in view.decorator_list if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
            and call.func.attr in METHODS]


def _path(argument: ast.expr, module: ModuleType) -> str:
    """`/v1/runs/<int:run>` as `/v1/runs/{run}`."""
    return re.sub(r"<(?:[^<>]*:)?(\w+)>", r"{\1}", _value(argument, module))


def _value(expression: ast.expr, module: ModuleType):
    """Of an expression of our own, with the names of its module."""
    return eval(compile(ast.Expression(expression), module.__name__, "eval"), vars(module))


def _about(view: ast.FunctionDef) -> str:
    return " ".join((ast.get_docstring(view) or "").partition("\n\n")[0].split())
