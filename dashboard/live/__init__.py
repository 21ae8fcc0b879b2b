"""What moves by itself: events of runs and repos, and log lines, each read once and handed to all who look."""

from __future__ import annotations

from flask import Flask, current_app

from ..settings import DashboardSettings
from .caps import Cap
from .events import EventHub
from .lines import LineHub
from .shared import Shared

SHARED_SECONDS = 0.1
CHECKED_SECONDS = 5      # for which one look at an account's right is good for all of its streams


def add_live(app: Flask, settings: DashboardSettings) -> None:
    """One reader of each kind in a process; they start once the app is about to serve."""
    events = EventHub(app.extensions["services"].db)
    lines = LineHub(settings.rabbitmq_url.get_secret_value())
    app.extensions.update(events=events, lines=lines, streams=Cap(settings.streams_per_account),
                          shared=Shared(SHARED_SECONDS), checked=Shared(CHECKED_SECONDS))
    app.background += [events.loop.start, lines.loop.start]
    app.closing += [lines.stop, events.loop.stop]


def event_hub() -> EventHub:
    return current_app.extensions["events"]


def line_hub() -> LineHub:
    return current_app.extensions["lines"]


def streams() -> Cap:
    return current_app.extensions["streams"]


def shared() -> Shared:
    return current_app.extensions["shared"]
