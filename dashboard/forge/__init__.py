"""A forge as the dashboard knows it: who signs in, how this installation is registered, which addresses reach it."""

from __future__ import annotations

from flask import Flask, current_app

from common.wire.errors import NotFound
from forges import Forge, open_forge, with_capability
from forges.registrations import Registrations

from ..clients import db
from ..settings import DashboardSettings


def hubs() -> list[str]:
    """The names of the forges at which people sign in, set up or not."""
    return with_capability("signin")


def add_forges(app: Flask, settings: DashboardSettings) -> None:
    opened = {name: open_forge(name, settings) for name in hubs()}
    app.extensions["forges"] = opened
    app.extensions["registrations"] = {name: Registrations(db, forge, "dashboard", settings)
                                       for name, forge in opened.items()}


def hub(name: str) -> Forge:
    """The forge of that name, if people sign in there; raises NotFound."""
    if name not in hubs():
        raise NotFound(f"nobody signs in at the forge {name}")
    return current_app.extensions["forges"][name]


def usual_hub() -> Forge:
    """The one that pages offer where no name was given: the first that is set up. An account knows one identity, so
    people of one installation sign in at one forge."""
    return hub(next((name for name in hubs() if is_on(name)), hubs()[0]))


def is_on(name: str) -> bool:
    return name in current_app.config["SETTINGS"].forge_names


def registrations(forge: Forge) -> Registrations:
    return current_app.extensions["registrations"][forge.name]


def warnings() -> list[str]:
    """What owners should know about the forges that are set up."""
    return [forge.warning for forge in current_app.extensions["forges"].values() if is_on(forge.name) and forge.warning]
