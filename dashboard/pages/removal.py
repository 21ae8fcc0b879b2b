"""The danger zone of a repository's settings: the name is typed, then all that is of it goes."""

from __future__ import annotations

from flask import g

from ..api import removal as api
from ..api.inputs import RepoRemoval
from .blueprint import form, page, posted
from .repo import R
from .settings import show


@page(R + "/settings/remove", right="admin", method="POST")
def remove_repo(**_):
    def action() -> str:
        api.remove_repo(g.repo.id, form(RepoRemoval))
        return f"{g.repo.path} and all that was of it are removed."
    return posted(action, "/repos", show)
