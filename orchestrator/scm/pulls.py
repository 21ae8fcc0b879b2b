"""Pull requests: what the forge says of one is recorded, and its head commit gets a run, or waits for somebody's yes.

A pull request of a fork (the number of its head's repository is not the base's) waits until somebody who may write has
approved that very commit; its runs get no secret. Who wrote it is known by number, names are for reading.
"""

from __future__ import annotations

import logging

from common.api.client import Dbproxy
from common.api.forges import PullRequest
from common.api.repos import Repo
from common.api.runs import Run
from common.wire.errors import Conflict, NotFound
from forges import Commit, Pull
from forges.names import check_ref

from ..runs.launch import Launcher
from ..runs.pipeline import PREVIEW_EVENT
from ..runs.start import PullInputs
from . import triggers
from .ref_sync import NotYet, RefSync
from .ref_updates import RefUpdate, RefUpdates

log = logging.getLogger(__name__)

Became = tuple[str, int | None]          # (a sentence, the run)


def ref_of(number: int) -> str:
    return f"refs/pull/{number}/head"


class Pulls:
    """Every method may be repeated, by several orchestrators at once."""

    def __init__(self, db: Dbproxy, launcher: Launcher, ref_sync: RefSync):
        self._db, self._launcher, self._ref_sync, self._updates = db, launcher, ref_sync, RefUpdates(db)

    def look(self, repo: Repo, number: int, actor: str | None = None, told: str | None = None) -> Became:
        """Bring our record of a pull request up to date with its forge, and do what follows from it.

        `told`: the head that a delivery named; raises NotYet where the forge still shows the one that we know."""
        known = self._known(repo, number)
        pull = self._launcher.forge(repo).pull(repo.owner, repo.name, number)
        if told and known and pull.state == "open" and pull.head_commit == known.head_commit != told:
            raise NotYet(f"the new commit of pull request {number} is not visible at the forge yet")
        check_ref(pull.base_ref)
        record = self._db.pulls.put(
            repo.id, number, title=pull.title[:1000], author=pull.author, author_id=pull.author_id, fork=pull.fork,
            head_commit=pull.head_commit, head_ref=pull.head_ref[:1000], head_repo_id=pull.head_repo_id,
            base_ref=pull.base_ref, state=pull.state)
        if pull.state == "closed":
            ended = self._cancel(repo, number, f"the closing of pull request {number}")
            return f"pull request {number} is closed{_and(ended)}", None
        if known and known.run and known.run.commit == pull.head_commit:
            return self._again(known, pull, actor)
        ended = self._cancel(repo, number, f"a newer commit of pull request {number}", but=pull.head_commit)
        sentence, run = self._judge(repo, pull, record, actor)
        return self._recorded(repo, pull, f"{sentence}{_and(ended)}", run, actor)

    def _recorded(self, repo: Repo, pull: Pull, sentence: str, run: int | None, actor: str | None) -> Became:
        self._updates.record(repo, RefUpdate(ref_of(pull.number), None, pull.head_commit, sentence, run, actor or pull.author))
        return sentence, run

    def approve(self, repo: Repo, number: int, commit: str, actor: str) -> tuple[Run, bool]:
        """The run of a fork's commit that somebody has looked at; raises Conflict where the head is another by
        now, or the pull request is closed.

        Whether they may write is asked before."""
        pull = self._launcher.forge(repo).pull(repo.owner, repo.name, number)
        if pull.state == "closed":
            self.look(repo, number)
            raise Conflict(f"pull request {number} is closed: reopen it first", error="closed")
        if pull.head_commit != commit:
            self.look(repo, number)
            raise Conflict(f"pull request {number} is at {pull.head_commit[:12]} by now: look at that commit first",
                           error="moved")
        self._db.pulls.approve(repo.id, number, commit, actor)
        run, new = self._start(repo, pull, self._commit(repo, pull), actor)
        self._recorded(repo, pull, f"pull request {number} is at {commit[:12]}, approved by {actor}: run {run.id}",
                       run.id, actor)
        return run, new

    def _again(self, known: PullRequest, pull: Pull, actor: str | None) -> Became:
        """Its head has a run; one that ended with the closing goes on with the reopening."""
        run = known.run
        if known.state == "closed" and run.state == "canceled":
            self._launcher.retry(run.id, actor or pull.author)
            return f"pull request {pull.number} is open again: run {run.id} is tried again", run.id
        return f"pull request {pull.number} is at {pull.head_commit[:12]}, as is known: run {run.id}", run.id

    def _judge(self, repo: Repo, pull: Pull, record: PullRequest, actor: str | None) -> Became:
        where = f"pull request {pull.number} is at {pull.head_commit[:12]}"
        commit = self._commit(repo, pull)
        reason = self._why_not(repo, pull, commit)
        if reason:
            return f"{where}; no run: {reason}", None
        if pull.fork and all(item.commit != pull.head_commit for item in record.approvals):
            return (f"{where}, of a fork: it waits until somebody with the right to write approves this commit on "
                    "the repository's page"), None
        run, new = self._start(repo, pull, commit, actor or pull.author)
        return f"{where}: {'' if new else 'known as '}run {run.id}", run.id

    def _why_not(self, repo: Repo, pull: Pull, commit: Commit) -> str | None:
        """For a fork the file of the branch that it wants to go into counts: its own could say anything."""
        on = self._ref_sync.on(repo, pull.base_ref if pull.fork else pull.head_commit)
        if on is None:
            return None if not pull.fork else "the .continuum.yml of its base is broken"
        if not on.pull_request:
            return "on.pull_request of .continuum.yml is not true"
        if triggers.skipped(commit.message):
            return f"the message of commit {pull.head_commit[:12]} says [skip ci]"
        changed = self._launcher.forge(repo).changed(repo.owner, repo.name, pull.base_ref, pull.head_commit) \
            if on.paths else None
        return None if triggers.wants_paths(on, changed) else "it changes nothing that on.paths names"

    def _start(self, repo: Repo, pull: Pull, commit: Commit, actor: str) -> tuple[Run, bool]:
        about = PullInputs(number=pull.number, fork=pull.fork, base_ref=pull.base_ref, title=pull.title[:200])
        return self._launcher.pull(repo, ref_of(pull.number), commit, actor, about)

    def _commit(self, repo: Repo, pull: Pull) -> Commit:
        return self._launcher.forge(repo).resolve(repo.owner, repo.name, pull.head_commit)

    def _cancel(self, repo: Repo, number: int, actor: str, but: str = "") -> int:
        """Runs of it that are not over, save those of commit `but`."""
        active = self._db.runs.all(repo=repo.id, ref=ref_of(number), event=PREVIEW_EVENT, active=True, sort="id")
        rows = [row for row in active if row.commit != but and not row.cancel_requested]
        for row in rows:
            try:
                self._launcher.cancel(row.id, actor)
            except Conflict as over:
                log.info("%s", over)
        return len(rows)

    def _known(self, repo: Repo, number: int) -> PullRequest | None:
        try:
            return self._db.pulls.get(repo.id, number)
        except NotFound:
            return None


def _and(ended: int) -> str:
    return f"; {ended} of its runs {'is' if ended == 1 else 'are'} canceled" if ended else ""
