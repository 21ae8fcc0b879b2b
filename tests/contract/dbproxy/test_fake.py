"""The same history, and then the same queries, at the fake dbproxy of the orchestrator's unit tests and at the real one.

What both answer is compared as rows: numbers become the names that the history gave them, times whether there is one.
"""

import itertools
import re
import uuid

import pytest
from pydantic import BaseModel

from common.api.client import Dbproxy
from common.wire.errors import Problem
from tests.unit.orchestrator.fakes import FakeDb

DIGEST = "sha256:" + "e" * 64
MANY = 102      # runs: more than a page has
NAMED = {"repo": "repo", "run": "run", "run_id": "run", "deployment": "deployment"}      # field -> of what it is the number
NOT_COMPARED = {
    "Repo": {"app", "last_run", "live", "last_heads"},      # the fake knows no other apps, and shows nothing in lists
    "Run": {"app", "reason", "code", "params", "lease_until"}, "Deployment": {"findings", "app", "reason"}, "PullRequest": {"run"},
    "JobFields": {"id", "started", "ended"}}


class Told:
    """One dbproxy, with the history told to it. `numbers`: (kind, number there) -> the name that it has here."""

    def __init__(self, db: Dbproxy, owner: str):
        self.db, self.owner, self.numbers, self.of = db, owner, {}, {}
        self._repos()
        self._runs()
        self._work()
        self._pulls()

    def __getitem__(self, name: str) -> int:
        return self.of[name]

    def _keep(self, kind: str, name: str, number: int) -> int:
        self.numbers[kind, number], self.of[name] = name, number
        return number

    def _repos(self) -> None:
        for name in ("shop", "library", "other"):
            about = {"default_branch": "main", "private": name == "other"}
            external = f"{self.owner}-9" if name == "other" else None
            repo = self.db.repos.put("local", self.owner, name, external_id=external, **about)
            self._keep("repo", name, repo.id)
        self.db.repos.change(self["library"], settings={"shared_with": [f"{self.owner}/shop", "somebody"], "lfs": True})
        self.db.repos.change(self["shop"], state={"gone": "404", "archived": True}, last_heads={"refs/heads/main": "a" * 40})
        self.db.repos.change(self["shop"], state={"gone": None})

    def _runs(self) -> None:
        for number in range(MANY):
            self._run(f"scan {number}", "library", kind="scan", ref=f"branch-{number}", event="push" if number % 2 else "manual")
        self._run("first", "shop", ref="main", event="push")
        self._run("second", "shop", ref="main", event="push", supersede=True)      # ends the first
        self._run("third", "shop", ref="v1", event="tag")

    def _run(self, name: str, repo: str, kind: str = "full", **run) -> None:
        commit = f"{len(self.of):040x}"
        made, new = self.db.runs.create(repo=self[repo], kind=kind, commit=commit, actor="ann", **{"supersede": False, **run})
        assert new, name
        self._keep("run", name, made.id)

    def _work(self) -> None:
        """The second run is built and put live, then the third is promoted over it."""
        for name in ("second", "third"):
            run = next(run for run in self._claimed() if run.id == self[name])
            self.db.jobs.put(run.id, "build", 1, fence=run.fence, state="running", reason="", worker="http://builder-1",
                             inputs={"a": 1})
            self.db.jobs.put(run.id, "build", 1, fence=run.fence, state="success", reason="built", outputs={"image": {}})
            made = self.db.deployments.create(run=run.id, fence=run.fence, repo=run.repo, environment="production",
                                              digest=DIGEST, repository="apps/x/y", commit=run.commit, actor="ann")
            self._keep("deployment", f"of {name}", made.id)
            self.db.deployments.change(made.id, fence=run.fence, state="live", container="c", url="http://shop.localhost")
            self.db.runs.change(run.id, run.fence, state="success", reason="done", outputs={"x": 1})

    def _claimed(self):
        """One of each repository is under way at a time."""
        return itertools.chain.from_iterable(iter(lambda: self.db.runs.claim("one", 10), []))

    def _pulls(self) -> None:
        for number, state in ((1, "open"), (2, "closed"), (3, "open")):
            self.db.pulls.put(self["shop"], number, title=f"t{number}", author="eve", author_id="9", head_commit="b" * 40,
                              head_ref="topic", head_repo_id="5", base_ref="main", fork=number == 3, state=state)
        self.db.pulls.approve(self["shop"], 3, "b" * 40, "ann")

    def seen(self, answer):
        """The answer with names instead of numbers, without what differs from one installation to another."""
        if isinstance(answer, BaseModel):
            kinds = {kind.__name__ for kind in type(answer).__mro__}
            left_out = set().union(*(NOT_COMPARED.get(kind, set()) for kind in kinds))
            own = next((kind.lower() for kind in ("Repo", "Run", "Deployment") if kind in kinds), None)
            return {name: self._field(NAMED.get(name) or (own if name == "id" else None), getattr(answer, name))
                    for name in type(answer).model_fields if name not in left_out}
        if isinstance(answer, (list, tuple)):
            return [self.seen(item) for item in answer]
        return answer

    def _field(self, kind, value):
        if kind and isinstance(value, int):
            return self.numbers[kind, value]
        return value.replace(self.owner, "OWNER") if isinstance(value, str) else "time" if hasattr(value, "tzinfo") else self.seen(value)


QUERIES = {
    "a repo": lambda db, it: db.repos.get(it["shop"]),
    "a repo by its name": lambda db, it: db.repos.by_name("local", it.owner, "library"),
    "repos of an owner": lambda db, it: list(db.repos.all(q=f"{it.owner}/", sort="id")),
    "repos of an owner, falling": lambda db, it: list(db.repos.all(q=f"{it.owner}/", sort="-id")),
    "a page of repos": lambda db, it: db.repos.page(q=f"{it.owner}/", sort="name", per_page=2, page=2),
    "repos of a forge": lambda db, it: db.repos.page(q=f"{it.owner}/", forge="elsewhere"),
    "a repo by its forge's number": lambda db, it: db.repos.page(forge="local", external_id=f"{it.owner}-9"),
    "repos that are shared with one": lambda db, it: list(db.repos.all(shared_with=f"{it.owner}/shop", sort="id")),
    "repos that are shared with an owner": lambda db, it: list(db.repos.all(q=f"{it.owner}/", shared_with="somebody/x", sort="id")),
    "all runs of a repo": lambda db, it: list(db.runs.all(repo=it["library"])),
    "all runs of a repo, the oldest first": lambda db, it: list(db.runs.all(repo=it["library"], sort="id")),
    "a page of runs": lambda db, it: db.runs.page(repo=it["library"], per_page=10, page=3),
    "a page past the last": lambda db, it: db.runs.page(repo=it["library"], per_page=10, page=30),
    "runs of a ref": lambda db, it: list(db.runs.all(repo=it["shop"], ref="main", sort="id")),
    "runs in a state": lambda db, it: list(db.runs.all(repo=it["shop"], state="success,canceled", sort="id")),
    "runs of an event": lambda db, it: list(db.runs.all(repo=it["shop"], event="tag,push", sort="-id")),
    "runs of a commit": lambda db, it: list(db.runs.all(repo=it["shop"], commit=f"{len(it.numbers):040x}")),
    "runs of a kind": lambda db, it: db.runs.page(repo=it["library"], kind="full"),
    "active runs": lambda db, it: list(db.runs.all(repo=it["shop"], active=True, sort="id")),
    "runs that are over": lambda db, it: list(db.runs.all(repo=it["shop"], active=False, sort="id")),
    "a run with its jobs": lambda db, it: db.runs.get(it["third"]),
    "the newest build": lambda db, it: db.jobs.newest(it["shop"], "build", "main"),
    "no newest scan": lambda db, it: db.jobs.newest(it["shop"], "scan", "main"),
    "what a run could start from": lambda db, it: db.runs.starts(it["shop"], "v1").deployments,
    "deployments of a repo": lambda db, it: list(db.deployments.all(repo=it["shop"])),
    "deployments of a repo, the oldest first": lambda db, it: list(db.deployments.all(repo=it["shop"], sort="id")),
    "deployments of a run": lambda db, it: db.deployments.page(run=it["second"]),
    "live deployments": lambda db, it: list(db.deployments.all(repo=it["shop"], state="live")),
    "a deployment": lambda db, it: db.deployments.get(it["of second"]),
    "pull requests": lambda db, it: list(db.pulls.all(it["shop"])),
    "open pull requests": lambda db, it: list(db.pulls.all(it["shop"], state="open", sort="number")),
    "pull requests of forks": lambda db, it: list(db.pulls.all(it["shop"], fork=True)),
    "a run that is unknown": lambda db, it: db.runs.get(2**40),
    "a repo that is unknown": lambda db, it: db.repos.by_name("local", it.owner, "nothing"),
    "a page that is too long": lambda db, it: db.runs.page(per_page=101),
    "an order that is unknown": lambda db, it: db.runs.page(sort="commit"),
}


@pytest.fixture(scope="module")
def both(service):
    owner = f"o{uuid.uuid4().hex[:10]}"
    return Told(Dbproxy(FakeDb()), owner), Told(Dbproxy(service.client("orchestrator")), owner)


@pytest.mark.parametrize("query", QUERIES)
def test_the_fake_answers_as_the_real_one(both, query):
    fake, real = (answered(it, QUERIES[query]) for it in both)
    assert fake == real


def answered(it: Told, query):
    try:
        return it.seen(query(it.db, it))
    except Problem as problem:
        return problem.status, problem.error, bool(re.search(r"\w", problem.detail))
