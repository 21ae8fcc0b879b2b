"""Modules that register what they define when they are imported: a page, a call of the API."""

from __future__ import annotations

import importlib
import pkgutil


def import_all(package: str) -> None:
    """Import each module of `package`, so that a new one needs no second list."""
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{module.name}")
