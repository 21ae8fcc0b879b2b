"""Pushes to the forge `local`: about every second its folder is compared with what was last seen.

Cheap while nothing happens: a few stat calls a repository. A repository that is new in the folder is registered, and
its heads are remembered without a run. A head that is new or moved starts a full run as `on` of the commit's own
`.continuum.yml` says; where that file is broken the run starts all the same, so that build tells why.
"""

from __future__ import annotations

import logging
import threading

from common import repofile
from common.client import ServiceClient
from common.contracts import OnConfig
from common.errors import Conflict, ContinuumError, Failure, NotFound, Problem
from forges import LocalForge

from . import heads, triggers
from .launch import Launcher

log = logging.getLogger(__name__)

EVERY = 1            # seconds


class Reconciler:
    """One thread. Several orchestrators may do this at once: runs are told apart by a key for each move."""

    def __init__(self, db: ServiceClient, forge: LocalForge, launcher: Launcher):
        self._db, self._forge, self._launcher = db, forge, launcher
        self._signatures: dict[tuple[str, str], heads.Signature] = {}
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="reconcile", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

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
        seen = heads.signature(self._forge.git_folder(owner, name))
        if self._signatures.get((owner, name)) == seen:
            return
        now = heads.of(self._forge.refs(owner, name))
        repo = self._registered(owner, name)
        if repo is None:
            self._register(owner, name, now)
        else:
            self._follow(repo, now)
        self._signatures[owner, name] = seen

    def _registered(self, owner: str, name: str) -> dict | None:
        try:
            return self._db.get(f"/v1/repos/by-name/local/{owner}/{name}")
        except NotFound:
            return None

    def _register(self, owner: str, name: str, now: dict[str, str]) -> None:
        found = self._forge.repo(owner, name)
        try:
            repo = self._db.put(f"/v1/repos/local/{owner}/{name}", {
                "default_branch": found.default_branch, "private": found.private, "description": found.description,
                "url": found.url}, params={"found": "true"})
        except Conflict as removed:
            log.info("%s", removed)
            return
        self._remember(repo, heads.first_look(now))
        log.info("repository %s/%s is new, its app is %s", owner, name, repo["app"])

    def _follow(self, repo: dict, now: dict[str, str]) -> None:
        last = repo.get("last_heads") or {}
        if heads.LOOKED not in last:        # registered by somebody else a moment ago
            return self._remember(repo, heads.first_look(now))
        moved = heads.moves(last, now)
        for move in moved:
            self._start(repo, move)
        changes = heads.changes(last, now, moved)
        if changes:
            self._remember(repo, changes)

    def _start(self, repo: dict, move: heads.Move) -> None:
        owner, name = repo["owner"], repo["name"]
        try:
            commit = self._forge.resolve(owner, name, move.after)
        except NotFound:
            log.info("%s of %s/%s names no commit", move.ref, owner, name)
            return
        on = self._on(owner, name, move.after)
        if not triggers.skipped(commit.message) and (on is None or self._wanted(repo, move, on)):
            run, new = self._launcher.push(repo, move.name, move.after, "tag" if move.is_tag else "push",
                                           commit.author or "git", move.key)
            log.info("%s of %s/%s moved: %srun %s", move.ref, owner, name, "" if new else "known as ", run["id"])

    def _on(self, owner: str, name: str, commit: str) -> OnConfig | None:
        """None: the file is broken."""
        try:
            text = self._forge.file(owner, name, commit, repofile.FILE_NAME).decode(errors="replace")
            return repofile.parse(text).on
        except NotFound:
            return OnConfig()
        except (Failure, Problem) as broken:
            log.info("%s of %s/%s: %s", repofile.FILE_NAME, owner, name, broken)
            return None

    def _wanted(self, repo: dict, move: heads.Move, on: OnConfig) -> bool:
        if move.is_tag:
            return triggers.wants_tag(on, move.name)
        if not triggers.wants_branch(on, move.name, repo["default_branch"]):
            return False
        changed = self._forge.changed(repo["owner"], repo["name"], move.before, move.after) if on.paths else None
        return triggers.wants_paths(on, changed)

    def _remember(self, repo: dict, changes: dict[str, str | None]) -> None:
        self._db.patch(f"/v1/repos/{repo['id']}", {"last_heads": changes})

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(EVERY)
