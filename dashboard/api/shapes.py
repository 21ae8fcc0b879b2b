"""From what dbproxy keeps to what the API answers."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel

from ..auth.targets import repo_id
from .answers import Page


def page(answer: dict, model: type[BaseModel], shape: Callable[[dict], dict] = dict) -> Page:
    return Page[model](items=[model.model_validate(shape(item)) for item in answer["items"]], total=answer["total"],
                       page=answer["page"], per_page=answer["per_page"])


def repo(found: dict) -> dict:
    return {**found, "last_run": found.get("last_run") and run(found["last_run"], found["id"]),
            "live": found.get("live") and deployment({"state": "live", **found["live"]}, found["id"])}


def run(found: dict, repo_number: int | None = None) -> dict:
    return {**found, "repo": repo_id(found) if "repo" in found else repo_number, "jobs": found.get("jobs") or []}


def deployment(found: dict, repo_number: int | None = None) -> dict:
    return {**found, "repo": repo_id(found) if "repo" in found else repo_number}
