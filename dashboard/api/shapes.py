"""From dbproxy's rows to what the API answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from common.api import deployments, repos, runs
from common.api.base import Page as Rows
from common.api.base import Row

from .answers import Deployment, Page, Repo, Run

Answer = TypeVar("Answer", bound=BaseModel)
AnyRow = TypeVar("AnyRow", bound=Row)


def answer(model: type[Answer], row: Row, **more: Any) -> Answer:
    """Return `row` as the API answers it; `more` holds what the row lacks or has otherwise."""
    return model.model_validate(row.model_dump(mode="json", include=model.model_fields.keys() - more.keys()) | more)


def page(found: Rows[AnyRow], model: type[Answer], shape: Callable[[AnyRow], Answer] | None = None) -> Page[Answer]:
    """Return a page of rows as a page of `model`, each made by `shape`, or by `answer`."""
    items = [shape(row) if shape else answer(model, row) for row in found.items]
    return Page[model].model_construct(items=items, total=found.total, page=found.page, per_page=found.per_page)


def whole(items: Sequence[Answer], model: type[Answer]) -> Page[Answer]:
    """Return a list that has no pages as one page."""
    return Page[model](items=items, total=len(items), page=1, per_page=max(1, len(items)))


def repo(row: repos.Repo, right: str | None = None) -> Repo:
    """`right`: of the person who asks."""
    return answer(Repo, row, right=right, last_run=row.last_run and answer(Run, row.last_run, repo=row.id),
                  live=row.live and answer(Deployment, row.live, repo=row.id, state="live"))


def run(row: runs.Run) -> Run:
    return answer(Run, row)


def deployment(row: deployments.Deployment) -> Deployment:
    return answer(Deployment, row)
