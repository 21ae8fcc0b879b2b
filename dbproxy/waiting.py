"""The listener of the current app, for views that wait."""

from __future__ import annotations

from flask import current_app

from .bells import Listener


def listener() -> Listener:
    return current_app.extensions["listener"]
