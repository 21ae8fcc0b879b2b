"""What heads that moved mean: a run, or why there is none. The same for every forge and for every way to hear of it
(a look at the folder, a webhook, a poll for what webhooks missed), so a move that is told twice moves nothing twice.

A head that is new or moved starts a full run as `on` of the commit's own `.continuum.yml` says; where that file is
broken the run starts all the same, so that build tells why.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.wire import repofile
from common.wire.contracts import AUTHOR, OnConfig
from common.wire.errors import BadRequest, Conflict, ContinuumError, Failure, NotFound, TooLarge
from forges import Commit
from forges.names import check_ref

from ..runs.launch import Launcher
from . import ref_snapshot as heads
from . import triggers
from .ref_updates import RefUpdate, RefUpdates

log = logging.getLogger(__name__)

NEVER = "refs/"      # begins no branch or tag that runs: the names of pull requests begin so


class NotYet(ContinuumError):
    """The forge does not show yet what it has told; worth another look in a moment."""


@dataclass(frozen=True)
class Followed:
    """What became of one head; `why` is for people."""

    ref: str
    why: str
    run: int | None = None


class RefSync:
    """For all forges. Every method may be repeated, by several orchestrators at once."""

    def __init__(self, db: Dbproxy, launcher: Launcher):
        self._db, self._launcher, self._updates = db, launcher, RefUpdates(db)

    def all(self, repo: Repo, now: dict[str, str], most: int | None = None) -> list[Followed]:
        """Compare all heads of a repo (full name -> commit) with those that were last seen, and follow at most `most`
        that changed, branches first. `now` may be old: a head that moved is asked for again, so that a commit which it
        left meanwhile starts nothing."""
        last = repo.last_heads
        if heads.LOOKED not in last:        # its heads were there before us
            self.meet(repo, now)
            return []
        followed = [self._again(repo, move) for move in heads.moves(last, now)[:most]]
        gone = [ref for ref in heads.changes(last, now, [])][:None if most is None else most - len(followed)]
        followed += [self._gone(repo, ref) for ref in gone]
        if gone:
            self.remember(repo, dict.fromkeys(gone))
        return followed

    def one(self, repo: Repo, ref: str, commit: Commit | None, actor: str | None = None) -> Followed:
        """Compare one head (full name); `commit`: what it is at its forge now, None where it is gone."""
        last = repo.last_heads
        short = ref.split("/", 2)[2]
        if commit is None:
            if ref not in last:
                return Followed(ref, f"{short} is gone, as is known")
            gone = self._gone(repo, ref)
            self.remember(repo, {ref: None})
            return gone
        moved = heads.moves({name: value for name, value in last.items() if name == ref}, {ref: commit.sha})
        if not moved:
            return Followed(ref, f"{short} is at {commit.sha[:12]}, as is known")
        followed = self._start(repo, moved[0], commit, actor)
        self.remember(repo, heads.changes({}, {ref: commit.sha}, moved))
        return followed

    def meet(self, repo: Repo, now: dict[str, str]) -> None:
        """Remember the heads of a repository that is new to us: they start no run."""
        default = f"refs/heads/{repo.default_branch}"
        if default in now:
            self._updates.record(repo, RefUpdate(default, None, now[default], f"no run: {repo.default_branch} was there "
                                 "when Continuum first saw the repository; push a commit, or start a run"))
        self.remember(repo, heads.first_look(now))

    def refused(self, repo: Repo, why: str) -> None:
        """Show on the repository's page that none of its heads was looked at."""
        self._updates.record(repo, RefUpdate(f"refs/heads/{repo.default_branch}", None, None, f"no run: {why}"))

    def remember(self, repo: Repo, changes: dict[str, str | None]) -> None:
        self._db.repos.change(repo.id, last_heads=changes)

    def on(self, repo: Repo, commit: str) -> OnConfig | None:
        """What the commit's own `.continuum.yml` says; None: the file is broken."""
        forge = self._launcher.forge(repo)
        try:
            text = forge.file(repo.owner, repo.name, commit, repofile.FILE_NAME).decode(errors="replace")
            return repofile.parse(text).on
        except NotFound:
            return OnConfig()
        except (Failure, BadRequest, TooLarge) as broken:
            log.info("%s of %s/%s: %s", repofile.FILE_NAME, repo.owner, repo.name, broken)
            return None

    def _again(self, repo: Repo, move: heads.Move) -> Followed:
        """One head that was seen to move, as it and our own row are by now: a webhook may have told of a later move."""
        try:
            commit = self._launcher.forge(repo).head(repo.owner, repo.name, move.ref)
        except (NotFound, BadRequest, TooLarge) as none:
            followed = self._told(repo, move, f"no run: {none.detail}")
            self.remember(repo, heads.changes({}, {}, [move]))       # once it is gone, that is another change
            return followed
        return self.one(self._db.repos.get(repo.id), move.ref, commit)

    def _start(self, repo: Repo, move: heads.Move, commit: Commit | None = None, actor: str | None = None) -> Followed:
        where = f"{move.name} moved to {move.after[:12]}"
        try:
            check_ref(move.name)
            commit = commit or self._launcher.forge(repo).resolve(repo.owner, repo.name, move.after)
        except NotFound:
            return self._told(repo, move, f"{where}; no run: that commit is gone already", actor=actor)
        except (BadRequest, TooLarge) as odd:
            return self._told(repo, move, f"no run: {odd.detail}", actor=actor)
        actor = (actor or commit.author or "git")[:AUTHOR]
        reason = self._why_not(repo, move, commit)
        if reason:
            return self._told(repo, move, f"{where}; no run: {reason}", actor=actor)
        run, new = self._launcher.push(repo, move.name, commit, "tag" if move.is_tag else "push",
                                       actor, move.key)
        return self._told(repo, move, f"{where}: {'' if new else 'known as '}run {run.id}", run.id, actor)

    def _why_not(self, repo: Repo, move: heads.Move, commit: Commit) -> str | None:
        """Why the move starts no run; None: it does."""
        if move.name.startswith(NEVER):
            return f"a branch or tag may not be called {move.name}"
        if triggers.skipped(commit.message):
            return f"the message of commit {move.after[:12]} says [skip ci]"
        on = self.on(repo, move.after)
        if on is None:
            return None
        if move.is_tag:
            return None if triggers.wants_tag(on, move.name) else \
                f"no glob of on.tag matches {move.name}" if on.tag else "on.tag is not set, so tags start no run"
        if not triggers.wants_branch(on, move.name, repo.default_branch):
            return f"no glob of on.push matches {move.name}" if on.push is not None else \
                f"on.push is not set, so only the default branch, {repo.default_branch}, starts runs"
        return None if triggers.wants_paths(on, self._changed(repo, move, on)) else "it changes nothing that on.paths names"

    def _changed(self, repo: Repo, move: heads.Move, on: OnConfig) -> list[str] | None:
        """The first commit of the default branch changes everything: there is nothing to compare it with."""
        if not on.paths or move.before is None and move.name == repo.default_branch:
            return None
        return self._launcher.forge(repo).changed(repo.owner, repo.name, move.before, move.after)

    def _gone(self, repo: Repo, ref: str) -> Followed:
        """Runs of it that wait have nothing to wait for; one that is under way has its commit and goes on."""
        short = ref.split("/", 2)[2]
        before, _, count = repo.last_heads.get(ref, "").partition(" ")
        rows = list(self._db.runs.all(repo=repo.id, ref=short, state="pending", event=["push", "tag"], sort="id"))
        for row in rows:
            try:
                self._launcher.cancel(row.id, f"the deletion of {short}")
            except Conflict as over:
                log.info("%s", over)
        ended = f"; {len(rows)} waiting runs of it are canceled" if rows else ""
        return self._told(repo, heads.Move(ref, before or None, "", int(count or 0)), f"{short} was deleted{ended}")

    def _told(self, repo: Repo, move: heads.Move, why: str, run: int | None = None, actor: str | None = None) -> Followed:
        log.info("%s/%s: %s", repo.owner, repo.name, why)
        self._updates.record(repo, RefUpdate(move.ref, move.before, move.after or None, why, run, actor, move.count))
        return Followed(move.ref, why, run)
