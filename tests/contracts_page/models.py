"""Models as the page shows them: bodies, rows and settings."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from types import ModuleType

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from common.api.base import Row
from common.service.settings import Settings
from common.worker.app import WorkerSettings

ROW_MODULES = ("repos", "runs", "deployments", "results", "forges", "people", "events")
SERVICES = ("dbproxy", "orchestrator", "builder", "scanner", "deployer", "tester", "dashboard")


def fields(model: type[BaseModel]) -> str:
    """`{kind, ref?}`: the fields of a body, with ? where it may be left out."""
    return f"`{{{', '.join(name if field.is_required() else f'{name}?' for name, field in model.model_fields.items())}}}`"


def rows(name: str) -> Iterator[tuple[str, str]]:
    """(a row of `common/api/<name>.py`, its fields: those that may be null with ?)."""
    module = importlib.import_module(f"common.api.{name}")
    for row in _own(module, Row):
        base = row.__bases__[0]
        known, begins = ({}, []) if base is Row else (base.model_fields, [f"as `{base.__name__}`"])
        own = [f"{field}?" if _nullable(info) else field for field, info in row.model_fields.items() if field not in known]
        yield f"`{row.__name__}`", ", ".join(begins + own)


def settings(service: str) -> str:
    """What the service reads beside what all read, with its default in brackets where it has one."""
    known = WorkerSettings.model_fields if issubclass(_settings_of(service), WorkerSettings) else Settings.model_fields
    own = {name: field for name, field in _settings_of(service).model_fields.items()
           if name not in known or field.default != known[name].default}
    return ", ".join(f"`{name.upper()}`{_default(field)}" for name, field in own.items()) or "nothing"


def _settings_of(service: str) -> type[Settings]:
    """A service without a model of its own is a worker that adds nothing."""
    try:
        module = importlib.import_module(f"{service}.settings")
    except ModuleNotFoundError:
        return WorkerSettings
    return _own(module, Settings)[0]


def _own(module: ModuleType, kind: type[BaseModel]) -> list[type[BaseModel]]:
    return [found for name, found in inspect.getmembers(module, inspect.isclass)
            if issubclass(found, kind) and found.__module__ == module.__name__ and "[" not in name]


def _nullable(field: FieldInfo) -> bool:
    return type(None) in getattr(field.annotation, "__args__", ())


def _default(field: FieldInfo) -> str:
    return "" if field.default is PydanticUndefined or field.default in (None, "") else f" (`{field.default}`)"
