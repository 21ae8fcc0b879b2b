"""Runs are made here, for the dashboard's calls and for pushes alike."""

from __future__ import annotations

from pydantic import BaseModel, Field

from common.service.client import ServiceClient
from common.wire import stages
from common.wire.contracts import AUTHOR, SUBJECT, Kind
from common.wire.contracts import Commit as CommitHash
from common.wire.errors import BadRequest, Conflict, NotFound, Unavailable, shortened, shown
from forges import Commit, Forge
from forges.names import is_hash

from . import pipeline
from .starting_points import StartingPoints

PULLS = "a pull request runs by itself, or by its approval"


class RunRequest(BaseModel):
    """`ref` without `commit`: its head now; `commit` without `ref`: on the default branch."""

    repo: int
    kind: Kind = "full"
    ref: str | None = None
    commit: CommitHash | None = None
    event: str = Field(default="manual", max_length=40)
    actor: str = Field(min_length=1, max_length=200)
    key: str | None = Field(default=None, max_length=200)
    most_waiting: int | None = Field(default=None, ge=1)      # of the actor's runs; one more is a 429


class Launcher:
    """Makes runs. Every method answers (the run, is it new); a double of a run that is not over is that run."""

    def __init__(self, db: ServiceClient, forges: dict[str, Forge]):
        self._db, self._forges = db, forges
        self._sources = StartingPoints(db)

    def launch(self, wanted: RunRequest) -> tuple[dict, bool]:
        """Raises NotFound (repo, ref), BadRequest (a ref that cannot be), Conflict (nothing to start from, or a commit
        that is on no branch named)."""
        if wanted.kind not in stages.STARTABLE:
            raise BadRequest("a rollback is made by POST /v1/repos/{id}/rollback")
        repo = self._db.get(f"/v1/repos/{wanted.repo}")
        ref = wanted.ref or repo["default_branch"]
        self._refuse_pulls(ref, wanted)
        start = self._from_commit(repo, ref, wanted.commit) if stages.KINDS[wanted.kind].starts_from == "commit" \
            else self._sources.of(wanted.kind, repo, ref)
        return self._create(repo, wanted.kind, start, wanted.event, wanted.actor, wanted.key,
                            wanted.most_waiting)

    def push(self, repo: dict, ref: str, commit: Commit, event: str, actor: str, key: str) -> tuple[dict, bool]:
        """A full run for a branch or tag that moved."""
        return self._create(repo, "full", _start(ref, commit), event, actor, key)

    def pull(self, repo: dict, ref: str, commit: Commit, actor: str, about: dict) -> tuple[dict, bool]:
        """The run of a pull request's commit; `about` (number, fork, base_ref, title) stays with it over retries."""
        start = {**_start(ref, commit), "pull": about}
        return self._create(repo, "full", start, pipeline.PREVIEW_EVENT, actor, f"pull:{about['number']}:{commit.sha}")

    def roll_back(self, repo: int, digest: str | None, actor: str, key: str | None = None) -> tuple[dict, bool]:
        """`key`: of two calls with the same one, the second makes no run. Raises NotFound, Conflict (nothing to go back to)."""
        row = self._db.get(f"/v1/repos/{repo}")
        return self._create(row, "rollback", self._sources.of_rollback(row, digest), "manual", actor, key)

    def cancel(self, run: int, actor: str) -> dict:
        """A run that waits is over at once; raises NotFound, Conflict (it is over otherwise)."""
        return self._db.post(f"/v1/runs/{run}/cancel", {"actor": actor})

    def retry(self, run: int, actor: str) -> dict:
        """Raises NotFound, Conflict (it succeeded, or is not over)."""
        return self._db.post(f"/v1/runs/{run}/retry", {"actor": actor})

    def kinds(self, repo: int, ref: str | None) -> dict[str, str | None]:
        """Each kind: None, or why it cannot run now."""
        if (ref or "").startswith("refs/"):
            return dict.fromkeys(stages.KINDS, PULLS)
        return self._sources.kinds(repo, ref)

    def forge(self, repo: dict) -> Forge:
        """Raises Unavailable where FORGES does not name it any more."""
        if repo["forge"] not in self._forges:
            raise Unavailable(f"the forge {repo['forge']} is not set up; FORGES names those that are")
        return self._forges[repo["forge"]]

    def _refuse_pulls(self, ref: str, wanted: RunRequest) -> None:
        """Pull requests run as previews alone; raises BadRequest."""
        if ref.startswith("refs/") or wanted.event == pipeline.PREVIEW_EVENT:
            raise BadRequest(f"{shortened(ref)!r} is no branch and no tag; {PULLS}")

    def _from_commit(self, repo: dict, ref: str, commit: str | None) -> dict:
        """A hash alone may be of anybody's fork, and that has its own way in; raises Conflict."""
        forge, path = self.forge(repo), (repo["owner"], repo["name"])
        found = forge.resolve(*path, commit or ref)
        by_hash = commit is not None or is_hash(ref) and not self._is_head(forge, path, ref, found)
        branch = repo["default_branch"] if is_hash(ref) else ref
        if by_hash and not forge.holds(*path, branch, found.sha):
            raise Conflict(f"commit {found.sha[:12]} is not on {shown(branch)}: name the branch that it is on; one of a fork's "
                           "pull request is approved there", error="fork")
        return _start(ref, found)

    @staticmethod
    def _is_head(forge: Forge, path: tuple[str, str], ref: str, commit: Commit) -> bool:
        """Of a branch or tag whose name looks like a hash, for one."""
        for kind in ("heads", "tags"):
            try:
                if forge.head(*path, f"refs/{kind}/{ref}").sha == commit.sha:
                    return True
            except NotFound:
                continue
        return False

    def _create(self, repo: dict, kind: str, start: dict, event: str, actor: str,
                key: str | None, most_waiting: int | None = None) -> tuple[dict, bool]:
        inputs = {name: start[name] for name in ("results", "sources", "rollback_of", "pull") if name in start}
        inputs["stages"] = list(pipeline.graph(kind, given=inputs.get("results", ()), preview="pull" in inputs))
        body = {"repo": repo["id"], "kind": kind, "event": event, "actor": actor, "key": key, "inputs": inputs,
                "most_waiting": most_waiting,
                **{name: start[name] for name in ("ref", "commit", "message", "author")},
                "supersede": (repo.get("settings") or {}).get("supersede", True)}
        answer = self._db.send("POST", "/v1/runs", json=body)
        return answer.json(), answer.status_code == 201


def _start(ref: str, commit: Commit) -> dict:
    return {"commit": commit.sha, "ref": ref, "message": commit.subject[:SUBJECT], "author": commit.author[:AUTHOR]}
