"""The running test installation: repositories, runs, apps, logs; everything through the front door."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import requests

from cli import compose
from cli.api import Api, ApiError
from cli.instance import ROOT, Instance
from cli.localforge import commit_all, publish
from cli.waiting import wait_for
from common.wire.stages import TERMINAL

RUN_LIMIT = 300      # seconds; a bound for a run that hangs, not a measure


@dataclass
class Repo:
    """A repository of the local forge with a clone to work in."""

    stack: Stack
    owner: str
    name: str
    bare: Path
    work: Path
    record: dict = field(default_factory=dict)

    @property
    def id(self) -> int:
        return self.record["id"]

    def write(self, path: str, text: str) -> None:
        target = self.work / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def replace(self, path: str, old: str, new: str) -> None:
        text = (self.work / path).read_text()
        assert old in text, f"{path} does not hold {old!r}"
        (self.work / path).write_text(text.replace(old, new))

    def commit(self, message: str = "Change") -> str:
        """Commit everything; returns the commit."""
        commit_all(self.work, message)
        return git(self.work, "rev-parse", "HEAD")

    def push(self, ref: str = "main") -> None:
        git(self.work, "push", "--quiet", "origin", ref)

    def run(self, kind: str = "full", ref: str = "main") -> dict:
        return self.stack.api.post(f"/repos/{self.id}/runs", {"kind": kind, "ref": ref})

    def runs(self, **query) -> list[dict]:
        return self.stack.api.get(f"/repos/{self.id}/runs", **query)["items"]

    def wait_for_push_run(self, commit: str) -> dict:
        """The run that a push started, once there is one."""
        return wait_for(lambda: next((run for run in self.runs() if run["commit"] == commit), None),
                        f"a run of {commit[:7]}", 30)

    def deployments(self) -> list[dict]:
        return self.stack.api.get(f"/repos/{self.id}/deployments")["items"]

    @property
    def app(self) -> str:
        return self.record["app"]

    def fetch(self, path: str = "/", **options) -> requests.Response:
        """The live app, through Caddy, as people reach it."""
        return self.stack.fetch(self.app, path, **options)


class Stack:
    """The test installation."""

    def __init__(self, instance: Instance, scratch: Path):
        self.instance = instance
        self.api = Api(instance)
        self.scratch = scratch
        self.repositories = compose.repositories(instance, self.api.settings)

    def repo(self, example: str, name: str | None = None, *, prepare=None, owner: str | None = None) -> Repo:
        """`examples/<example>` as a fresh repository of a fresh owner; known to the platform when this returns.

        `prepare(work)` may change the files before the first commit.
        """
        owner, name = owner or fresh_owner(), name or example
        source = self.scratch / owner / name
        shutil.copytree(ROOT / "examples" / example, source)
        if prepare:
            prepare(source)
        return self._published(source, owner, name)

    def repo_of(self, files: dict[str, str], name: str = "app") -> Repo:
        """A repository of just these files, of a fresh owner."""
        owner = fresh_owner()
        source = self.scratch / owner / name
        for path, text in files.items():
            (source / path).parent.mkdir(parents=True, exist_ok=True)
            (source / path).write_text(text)
        return self._published(source, owner, name)

    def _published(self, source: Path, owner: str, name: str) -> Repo:
        bare = publish(source, self.repositories, owner, name)
        work = self.scratch / owner / f"{name}-work"
        git(self.scratch, "clone", "--quiet", str(bare), str(work))
        return Repo(self, owner, name, bare, work, self.known(owner, name))

    def known(self, owner: str, name: str) -> dict:
        return wait_for(lambda: self._find(owner, name), f"the local forge to show {owner}/{name}", 30)

    def wait(self, run: int, limit: float = RUN_LIMIT) -> dict:
        """The run once it is over."""
        def look():
            found = self.api.get(f"/runs/{run}")
            return found if found["state"] in TERMINAL else None
        return wait_for(look, f"run {run} to end", limit)

    def wait_stage(self, run: int, stage: str, state: str = "running", limit: float = RUN_LIMIT) -> dict:
        """The newest job of `stage` once it is in `state` (or the run is over, which fails)."""
        def look():
            found = self.api.get(f"/runs/{run}")
            jobs = [job for job in found["jobs"] if job["stage"] == stage]
            if jobs and jobs[-1]["state"] == state:
                return jobs[-1]
            assert found["state"] not in TERMINAL, f"run {run} ended as {found['state']}: {found['reason']}"
            return None
        return wait_for(look, f"{stage} of run {run} to be {state}", limit, every=0.05)

    def lines(self, run: int, job: str) -> list[str]:
        """Every line of a job, e.g. `build.1`, once all are stored."""
        return self.text(run, job).splitlines()

    def text(self, run: int, job: str) -> str:
        """The whole log of a job, once all its lines are stored: they are stored up to 3 s after the run's end."""
        def look():
            page = self.api.get(f"/runs/{run}/jobs/{job}/lines", **{"from": 1, "count": 1})
            return page["complete"] or None
        wait_for(look, f"the log of run {run}, {job}, to be complete", 60)
        return self.text_so_far(run, job)

    def text_so_far(self, run: int, job: str) -> str:
        """What is stored of a job's log by now."""
        response = self.api._send("GET", f"/runs/{run}/jobs/{job}/log.txt")
        response.raise_for_status()
        response.encoding = "utf-8"
        return response.text

    def fetch(self, app: str, path: str = "/", **options) -> requests.Response:
        host = f"{app}.{self.api.settings['APPS_DOMAIN']}"
        options.setdefault("allow_redirects", False)
        return requests.get(f"http://127.0.0.1:{self.api.settings['HTTP_PORT']}{path}", timeout=10,
                            headers={"Host": host, **options.pop("headers", {})}, **options)

    def container(self, service: str) -> str:
        return compose.container(self.instance, service)

    def compose(self, *words: str) -> list[str]:
        return compose.call(self.instance, *words)

    def _find(self, owner: str, name: str) -> dict | None:
        try:
            return self.api.repo(f"{owner}/{name}")
        except ApiError as problem:
            if problem.status == 404:
                return None
            raise


def fresh_owner() -> str:
    return f"t{uuid.uuid4().hex[:8]}"


def git(work: Path, *words: str) -> str:
    """Run git in `work`; returns what it printed."""
    done = subprocess.run(["git", "-c", "protocol.file.allow=always", "-c", "user.name=Continuum",
                           "-c", "user.email=continuum@localhost", "-C", str(work), *words],
                          check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout.strip()


def test_instance() -> Instance:
    return Instance(os.environ.get("CONTINUUM_INSTANCE", "continuum-test"))


test_instance.__test__ = False
