"""Runs are made here, for the dashboard's calls and for pushes alike."""

from __future__ import annotations

from pydantic import BaseModel, Field

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.api.runs import Run
from common.wire import stages
from common.wire.contracts import Commit as CommitHash
from common.wire.contracts import Kind
from common.wire.errors import BadRequest, Conflict, NotFound, Unavailable, shortened, shown
from forges import Commit, Forge
from forges.names import is_hash

from . import pipeline
from .start import PullInputs, Start
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

    def __init__(self, db: Dbproxy, forges: dict[str, Forge]):
        self._db, self._forges = db, forges
        self._sources = StartingPoints(db)

    def launch(self, wanted: RunRequest) -> tuple[Run, bool]:
        """Raises NotFound (repo, ref), BadRequest (a ref that cannot be), Conflict (nothing to start from, or a commit
        that is on no branch named)."""
        if wanted.kind not in stages.STARTABLE:
            raise BadRequest("a rollback is made by POST /v1/repos/{id}/rollback")
        repo = self._db.repos.get(wanted.repo)
        ref = wanted.ref or repo.default_branch
        self._refuse_pulls(ref, wanted)
        start = self._from_commit(repo, ref, wanted.commit) if stages.KINDS[wanted.kind].starts_from == "commit" \
            else self._sources.of(wanted.kind, repo, ref)
        return self._create(repo, wanted.kind, start, wanted.event, wanted.actor, wanted.key,
                            wanted.most_waiting)

    def push(self, repo: Repo, ref: str, commit: Commit, event: str, actor: str, key: str) -> tuple[Run, bool]:
        """A full run for a branch or tag that moved."""
        return self._create(repo, "full", Start.of(ref, commit), event, actor, key)

    def pull(self, repo: Repo, ref: str, commit: Commit, actor: str, about: PullInputs) -> tuple[Run, bool]:
        """The run of a pull request's commit; `about` stays with it over retries."""
        return self._create(repo, "full", Start.of(ref, commit, about), pipeline.PREVIEW_EVENT, actor,
                            f"pull:{about.number}:{commit.sha}")

    def roll_back(self, repo: int, digest: str | None, actor: str, key: str | None = None) -> tuple[Run, bool]:
        """`key`: of two calls with the same one, the second makes no run. Raises NotFound, Conflict (nothing to go back to)."""
        row = self._db.repos.get(repo)
        return self._create(row, "rollback", self._sources.of_rollback(row, digest), "manual", actor, key)

    def cancel(self, run: int, actor: str) -> Run:
        """A run that waits is over at once; raises NotFound, Conflict (it is over otherwise)."""
        return self._db.runs.cancel(run, actor)

    def retry(self, run: int, actor: str) -> Run:
        """Raises NotFound, Conflict (it succeeded, or is not over)."""
        return self._db.runs.retry(run, actor)

    def kinds(self, repo: int, ref: str | None) -> dict[str, str | None]:
        """Each kind: None, or why it cannot run now."""
        if (ref or "").startswith("refs/"):
            return dict.fromkeys(stages.KINDS, PULLS)
        return self._sources.kinds(repo, ref)

    def forge(self, repo: Repo) -> Forge:
        """Raises Unavailable where FORGES does not name it any more."""
        if repo.forge not in self._forges:
            raise Unavailable(f"the forge {repo.forge} is not set up; FORGES names those that are")
        return self._forges[repo.forge]

    def _refuse_pulls(self, ref: str, wanted: RunRequest) -> None:
        """Pull requests run as previews alone; raises BadRequest."""
        if ref.startswith("refs/") or wanted.event == pipeline.PREVIEW_EVENT:
            raise BadRequest(f"{shortened(ref)!r} is no branch and no tag; {PULLS}")

    def _from_commit(self, repo: Repo, ref: str, commit: str | None) -> Start:
        """A hash alone may be of anybody's fork, and that has its own way in; raises Conflict."""
        forge, path = self.forge(repo), (repo.owner, repo.name)
        found = forge.resolve(*path, commit or ref)
        by_hash = commit is not None or is_hash(ref) and not self._is_head(forge, path, ref, found)
        branch = repo.default_branch if is_hash(ref) else ref
        if by_hash and not forge.holds(*path, branch, found.sha):
            raise Conflict(f"commit {found.sha[:12]} is not on {shown(branch)}: name the branch that it is on; one of a fork's "
                           "pull request is approved there", error="fork")
        return Start.of(ref, found)

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

    def _create(self, repo: Repo, kind: str, start: Start, event: str, actor: str,
                key: str | None, most_waiting: int | None = None) -> tuple[Run, bool]:
        given = start.inputs
        stages = list(pipeline.graph(kind, given=given.results, preview=given.pull is not None))
        return self._db.runs.create(
            repo=repo.id, kind=kind, event=event, actor=actor, key=key, most_waiting=most_waiting, ref=start.ref,
            commit=start.commit, message=start.message, author=start.author, supersede=repo.settings.supersede,
            inputs=given.model_copy(update={"stages": stages}).model_dump(exclude_unset=True))
