"""Steps and caches of one trust class leave those of another alone: repositories, and a repository's forks."""

from __future__ import annotations

import json
import subprocess
import uuid

import pytest

from tests.harness.stack import Repo, Stack
from tests.security import signed

# Two contexts that differ in one file's text, and at first in nothing that BuildKit compares: path, size, mode and time.
CONTEXTS = """
import json, os, pathlib, subprocess, tempfile
from builder.workspace import tell_apart

def build(text, apart):
    with tempfile.TemporaryDirectory() as folder:
        context = pathlib.Path(folder) / "context"
        context.mkdir()
        for name, content in {"file": text, "Dockerfile": "FROM scratch\\nCOPY file /file\\n"}.items():
            (context / name).write_text(content)
            os.utime(context / name, ns=(10**18, 10**18))
        if apart:
            tell_apart(context)
        subprocess.run(["buildctl", "--addr", os.environ["BUILDKIT_ADDRESS"], "build", "--frontend=dockerfile.v0",
                        f"--local=context={context}", f"--local=dockerfile={context}",
                        f"--output=type=local,dest={folder}/made"], check=True, capture_output=True)
        return (pathlib.Path(folder) / "made" / "file").read_text()

print(json.dumps([build("mine", False), build("your", False), build("mine", True), build("your", True)]))
"""


def test_a_context_takes_nothing_over_from_another_repositorys(platform):
    """Holds: builder.workspace.tell_apart. The control: without it, the second build gets the file of the first."""
    done = subprocess.run(["docker", "exec", platform["builder"]["Id"], "python", "-c", CONTEXTS],
                          capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-2000:]
    alike, apart = json.loads(done.stdout)[:2], json.loads(done.stdout)[2:]
    assert alike == ["mine", "mine"], "BuildKit tells them apart by now, so that this test says nothing any more"
    assert apart == ["mine", "your"]


@pytest.fixture
def repo(stack):
    return stack.repo_of({"Dockerfile": "FROM python:3.13-slim\nRUN sleep 300\n", ".continuum.yml": "on: {push: []}\n"},
                         name="classes")


def test_a_fork_and_its_repository_share_no_step_and_no_cache_mount(stack, repo):
    """Holds: builder.stage._cache. A step is run anew in the other class, and finds its cache mount empty."""
    run = repo.run("build")["id"]      # goes on meanwhile: only then do builds of this repository get tokens
    stack.wait_stage(run, "build")
    first = commit(repo)
    own, fork = build(stack, repo, run, 7, first), build(stack, repo, run, 8, first, foreign=True)
    again, forks = build(stack, repo, run, 9, first), build(stack, repo, run, 10, first, foreign=True)
    found = build(stack, repo, run, 11, commit(repo))
    stack.api.post(f"/runs/{run}/cancel")
    assert (own["state"], fork["state"]) == ("success", "success"), (own["reason"], fork["reason"])
    assert [executed(view) for view in (own, fork)] == [1, 1]
    assert [executed(view) for view in (again, forks)] == [0, 0], "the control: a class has its cache"
    assert found["state"] == "failure" and "exited 3" in found["reason"], "the control: a class has its cache mount"
    stack.wait(run)


def executed(view: dict) -> int:
    """How many steps were not taken from the cache. FROM is a step, and the base image is there already."""
    return view["outputs"]["steps"] - view["outputs"]["cached_steps"]


def commit(repo: Repo) -> str:
    """A step that fails where its cache mount holds anything, and leaves something there."""
    step = 'if [ -n "$(ls /cache)" ]; then exit 3; fi; touch /cache/left'
    repo.write("Dockerfile", f"FROM python:3.13-slim\nRUN --mount=type=cache,target=/cache : {uuid.uuid4().hex}; {step}\n")
    made = repo.commit()
    repo.push()
    return made


def build(stack: Stack, repo: Repo, run: int, attempt: int, commit: str, *, foreign: bool = False) -> dict:
    """The end of a build that orchestrator could have asked for. It has its row, or the sweep would end it."""
    fence = call(stack, "dbproxy", "GET", f"/v1/runs/{run}")["fence"]
    call(stack, "dbproxy", "PUT", f"/v1/runs/{run}/jobs/build.{attempt}", {"fence": fence, "state": "running"})
    inputs = {"run": run, "attempt": attempt, "ref": "main", "commit": commit, "foreign": foreign,
              "repo": {"id": repo.id, "forge": "local", "owner": repo.owner, "name": repo.name},
              "clone": {"url": f"/repositories/{repo.owner}/{repo.name}.git"}}
    name = f"/v1/jobs/{run}.build.{attempt}"
    view = call(stack, "builder", "PUT", name, {"fence": fence, "inputs": inputs})
    for _ in range(20):
        if view["state"] not in ("pending", "running"):
            return view
        view = call(stack, "builder", "GET", f"{name}?wait=15&seen={view['version']}")
    raise AssertionError(f"build {attempt} did not end")


def call(stack: Stack, service: str, method: str, path: str, body: dict | None = None) -> dict:
    """As orchestrator."""
    bearer = signed.token(signed.private_key(stack, "orchestrator"), "orchestrator", service)
    answer = signed.send(stack, service, method, path, bearer, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()
