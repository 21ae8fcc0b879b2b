"""Everything that the fakes know, and what tests put there."""

from __future__ import annotations

import itertools
import threading

from common.wire.stages import STARTABLE
from tests.unit.dashboard import github_fakes

NOW = "2026-11-22T21:00:00.000Z"


class World:
    """Everything that the fakes know."""

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.reports: list[dict] = []          # as dbproxy's status has them
        self.slow: dict[str, float] = {}
        self.calls: list[tuple[str, str, str]] = []          # service, method, path
        self.bodies: list = []
        self.repos: dict[int, dict] = {}
        self.runs: dict[int, dict] = {}
        self.deployments: dict[int, dict] = {}
        self.lines: dict[tuple[int, str], list[list]] = {}   # (run, "build.1") -> rows
        self.complete: set[tuple[int, str]] = set()
        self.findings: dict[int, dict] = {}
        self.tests: dict[int, dict] = {}
        self.accounts: dict[int, dict] = {}
        self.gone: list[str] = []                            # logins of deleted accounts
        self.passwords: dict[str, str] = {}
        self.members: dict[tuple[int, int], str] = {}
        self.sessions: dict[str, dict] = {}
        self.tokens: dict[str, dict] = {}
        self.secrets: dict[int, dict[str, dict]] = {}
        self.waivers: dict[int, dict] = {}
        self.limits: dict[int | None, dict] = {}             # what is set: of the installation (None), of a repo
        self.ref_updates: dict[int, list[dict]] = {}         # of a repo, newest first
        self.invitations: dict[str, dict] = {}             # by the hash of their secret
        self.audit: list[dict] = []
        self.events: list[dict] = []
        self.files: dict[str, str] = {}
        self.kinds: dict[str, str | None] = dict.fromkeys(STARTABLE)
        self.kinds_of: dict[str, dict[str, str]] = {}        # branch -> what differs there
        self.ids = itertools.count(1)
        self.github = github_fakes.GitHub()
        self.revoked: set[int] = set()                       # accounts whose token GitHub took back
        self.stale: set[int] = set()                         # accounts whose former token orchestrator still holds
        self.rate: dict | None = None
        self.changed = threading.Condition()

    def add_account(self, login: str, password: str = "correct horse", role: str = "user") -> dict:
        number = next(self.ids)
        self.accounts[number] = {"id": number, "forge": "local", "login": login, "name": "", "role": role,
                                 "disabled": False, "created": NOW, "seen": NOW}
        self.passwords[login] = password
        return self.accounts[number]

    def add_repo(self, owner: str, name: str, private: bool = True) -> dict:
        number = next(self.ids)
        self.repos[number] = {"id": number, "forge": "local", "owner": owner, "name": name, "app": name, "url": "",
                              "default_branch": "main", "private": private, "description": "", "settings": {},
                              "created": NOW, "last_run": None, "live": None}
        return self.repos[number]

    def add_run(self, repo: int, state: str = "success", **values) -> dict:
        number = next(self.ids)
        self.runs[number] = {"id": number, "repo": repo, "kind": "full", "ref": "main", "commit": "3f2a1c" + "0" * 34,
                             "event": "manual", "actor": "ann", "message": "Sum the cart", "author": "Ann",
                             "state": state, "reason": "", "code": "", "params": {}, "inputs": {}, "outputs": {},
                             "cancel_requested": False,
                             "created": NOW, "started": NOW, "ended": None, "jobs": [], **values}
        self.repos[repo]["last_run"] = {key: value for key, value in self.runs[number].items() if key != "repo"}
        return self.runs[number]

    def add_job(self, run: int, stage: str, state: str = "success", lines: list[str] = (), **values) -> dict:
        job = {"run": run, "stage": stage, "attempt": 1, "state": state, "reason": "done" if state == "success" else "",
               "code": "done" if state == "success" else "", "params": {},
               "worker": None, "outputs": {}, "steps": [], "progress": None, "lines": len(lines), "started": 1000,
               "ended": 2000 if state not in ("pending", "running") else None, "id": f"{run}.{stage}.1", **values}
        self.runs[run]["jobs"].append(job)
        key = (run, f"{stage}.{job['attempt']}")
        self.lines[key] = [[number, 1000 + number, 0, text, False] for number, text in enumerate(lines, 1)]
        if job["state"] not in ("pending", "running"):
            self.complete.add(key)
        return job

    def emit(self, kind: str, **about) -> None:
        with self.changed:
            self.events.append({"id": len(self.events) + 1, "kind": kind, "at": NOW, **about})
            self.changed.notify_all()
