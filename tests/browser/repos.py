"""Repositories that the stories run."""

from __future__ import annotations

import uuid

from tests.harness.apps import steady
from tests.harness.stack import Repo


def quiet(**what) -> dict[str, str]:
    """Files of `steady` whose pushes start nothing, since the stories press the buttons, and that no cache knows."""
    files = steady(**what)
    return {**files, ".continuum.yml": files[".continuum.yml"] + "on: {push: []}\n", "tick.py": unseen(files["tick.py"])}


def unseen(text: str) -> str:
    return f"{text}# {uuid.uuid4()}\n"


class Ticking:
    """A repository whose build prints a line each 0.1 s for some seconds."""

    def __init__(self, repo: Repo):
        self.repo = repo
        self.id, self.owner, self.name = repo.id, repo.owner, repo.name

    def refresh(self) -> None:
        """A new commit, so that the build's cache knows nothing of it."""
        self.repo.write("tick.py", unseen((self.repo.work / "tick.py").read_text()))
        self.repo.commit("Tick anew")
        self.repo.push("main")

    def build(self) -> int:
        """Start a build that will tick; its run's number."""
        self.refresh()
        return self.repo.run("build")["id"]
