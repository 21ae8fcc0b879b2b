"""Pushes to a forge whose repositories lie in a folder: about every second the folder is compared with what was last seen.

Cheap while nothing happens: a few stat calls a repository. A repository that is new in the folder is registered, and
its heads are remembered without a run. What heads that moved mean is in ref_sync.py.
"""

from __future__ import annotations

import logging

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.service.loop import Loop
from common.wire.errors import Conflict, ContinuumError, NotFound, TooLarge
from forges import Forge
from forges.unchanged import Signature, signature

from . import ref_snapshot as heads
from .ref_sync import RefSync

log = logging.getLogger(__name__)

EVERY = 1            # seconds
AT_ONCE = 20         # refs of one repository in a turn: who pushes thousands of tags makes nobody else wait for them


class LocalWatcher:
    """Several orchestrators may do this at once: runs are told apart by a key for each move."""

    def __init__(self, db: Dbproxy, forge: Forge, ref_sync: RefSync):
        self._db, self._forge, self._ref_sync = db, forge, ref_sync
        self._signatures: dict[tuple[str, str], Signature] = {}
        self.loop = Loop("reconcile", self.look, pause=EVERY, meanwhile="pushes are seen late")

    def look(self) -> None:
        """One turn over the folder; a repository that fails is tried again at the next."""
        for pair in self._forge.names():
            try:
                self._look_at(*pair)
            except ContinuumError as problem:
                log.warning("pushes to %s/%s are seen late: %s", *pair, problem)
            except Exception:               # the border of a turn: one strange repository must not blind us to all
                log.exception("repository %s/%s could not be looked at", *pair)

    def _look_at(self, owner: str, name: str) -> None:
        seen = signature(self._forge.git_folder(owner, name))
        if self._signatures.get((owner, name)) == seen:
            return
        repo = self._registered(owner, name)
        try:
            refs = self._forge.refs(owner, name)
        except TooLarge as problem:      # it stays so until its files change: no reason to read it each second
            self._signatures[owner, name] = seen
            if repo is not None:
                self._ref_sync.refused(repo, problem.detail)
            raise
        now = heads.of(refs)
        if repo is None:
            self._register(owner, name, now)
        elif len(self._ref_sync.all(self._refreshed(repo, refs.default_branch), now, AT_ONCE)) == AT_ONCE:
            return      # there may be more, for the next turn
        self._signatures[owner, name] = seen

    def _registered(self, owner: str, name: str) -> Repo | None:
        try:
            return self._db.repos.by_name(self._forge.name, owner, name)
        except NotFound:
            return None

    def _register(self, owner: str, name: str, now: dict[str, str]) -> None:
        found = self._forge.repo(owner, name)
        try:
            repo = self._put(owner, name, found.default_branch, found.private, found.description, found.url)
        except Conflict as removed:
            log.info("%s", removed)
            return
        self._ref_sync.meet(repo, now)
        log.info("repository %s/%s is new, its app is %s", owner, name, repo.app)

    def _refreshed(self, repo: Repo, default_branch: str) -> Repo:
        """The first push may make another branch the default one than HEAD named while there was none."""
        if repo.default_branch == default_branch:
            return repo
        row = self._put(repo.owner, repo.name, default_branch, repo.private, repo.description, repo.url)
        log.info("the default branch of %s/%s is %s now", repo.owner, repo.name, default_branch)
        return repo.model_copy(update={"default_branch": row.default_branch})

    def _put(self, owner: str, name: str, default_branch: str, private: bool, description: str, url: str) -> Repo:
        return self._db.repos.put(self._forge.name, owner, name, found=True, default_branch=default_branch, private=private,
                                  description=description, url=url)
