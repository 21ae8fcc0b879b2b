"""The forge `local`: a folder of git repositories, `<owner>/<name>.git` bare or `<owner>/<name>` with a work tree.

It is read alone, and may belong to another user. Rights are Continuum's own: the owner role has all, others what
they were given as members. Whatever leads out of its owner's folder (a link, a `.git` file) is as if it were not there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from common.wire import localforge
from common.wire.contracts import MAX_COMMIT, Clone
from common.wire.errors import BadRequest, NotFound, TooLarge, shortened

from . import git
from .base import Account, Commit, Forge, ForgeRepo, Page, Ref, Refs, Right, Sent
from .names import check_path, check_ref, check_repo, is_hash
from .unchanged import FilesKept, RefsKept

MAX_FILE = 1024 * 1024        # bytes
UNNAMED = "Unnamed repository"
USUAL = ("main", "master")    # branches that are the default one without saying so


class LocalSettings(BaseModel):
    local_repositories: str = "/repositories"              # the folder


class LocalForge(Forge):
    name, title = localforge.NAME, "the local folder"
    capabilities = frozenset({"passwords", "folder", "sharing"})

    def __init__(self, folder: str | Path):
        self._folder = Path(folder).resolve()
        self._refs, self._files = RefsKept(), FilesKept()

    @classmethod
    def open(cls, settings: LocalSettings, sent: Sent | None = None) -> LocalForge:
        return cls(settings.local_repositories)

    def repos(self, query: str = "", page: int = 1, per_page: int = 30, account: Account | None = None) -> Page:
        found = [(owner, name) for owner, name in sorted(self.names())
                 if query.lower() in f"{owner}/{name}".lower() and self._visible(account, owner, name)]
        first = (page - 1) * per_page
        return Page([self.repo(*pair) for pair in found[first:first + per_page]], len(found), page, per_page)

    def repo(self, owner: str, name: str, account: Account | None = None) -> ForgeRepo:
        folder = self._find(owner, name, account)
        return ForgeRepo(owner, name, self._default_branch(folder), description=_description(folder),
                         url=self.clone(owner, name).url)

    def refs(self, owner: str, name: str, account: Account | None = None) -> Refs:
        return self._refs_of(self._find(owner, name, account))

    def resolve(self, owner: str, name: str, ref: str, account: Account | None = None) -> Commit:
        return self._commit(owner, name, ref, _revisions(check_ref(ref)), account)

    def head(self, owner: str, name: str, ref: str) -> Commit:
        return self._commit(owner, name, ref, [f"{check_ref(ref)}^{{commit}}"])

    def _commit(self, owner: str, name: str, ref: str, revisions: list[str], account: Account | None = None) -> Commit:
        """What the first of the revisions names that names a commit; raises NotFound, TooLarge."""
        folder = self._find(owner, name, account)
        for revision in revisions:
            try:
                commit = git.run(folder, git.find_object(revision)).decode().strip()
            except git.GitFailed:
                continue          # git's only way to say no; the next reading of the name is tried
            if int(git.run(folder, git.size_of(commit))) > MAX_COMMIT:
                raise TooLarge(f"commit {commit[:12]} is larger than {MAX_COMMIT // 1024} KiB: shorten its message")
            sha, author, at, message = git.run(folder, git.show_commit(commit)).decode(errors="replace").split("\0", 3)
            return Commit(sha, message.strip(), author, int(at))
        raise NotFound(f"{owner}/{name} has no branch, tag or commit {shortened(ref)!r}")

    def file(self, owner: str, name: str, ref: str, path: str, account: Account | None = None) -> bytes:
        folder = self._find(owner, name, account)
        commit = self._branch(folder, check_ref(ref)) or self.resolve(owner, name, ref, account).sha
        return self._files.of(folder, commit, path, lambda: self._read(folder, commit, path, f"{owner}/{name}", ref))

    def changed(self, owner: str, name: str, before: str | None, after: str,
                account: Account | None = None) -> list[str] | None:
        """Without `before` (a new branch): against where it left the default branch."""
        folder = self._find(owner, name, account)
        after = self.resolve(owner, name, after).sha
        try:
            start = check_ref(before) if before else git.run(
                folder, git.merge_base(f"refs/heads/{self._default_branch(folder)}", after)).decode().strip()
            return git.run(folder, git.changed_paths(start, after)).decode(errors="replace").split("\0")[:-1]
        except git.GitFailed:
            return None           # no common history, or the commit before is gone from the repository

    def right_of(self, account: Account, owner: str, name: str) -> Right | None:
        self._find(owner, name)
        return "admin" if account.role == "owner" else account.members.get(f"{owner}/{name}")

    def clone(self, owner: str, name: str) -> Clone:
        return Clone(url=str(self._find(owner, name)))

    def names(self) -> Iterator[tuple[str, str]]:
        for owner in _subfolders(self._folder):
            for name in {entry.removesuffix(".git") for entry in _subfolders(self._folder / owner)}:
                try:
                    self._find(owner, name)
                except (NotFound, BadRequest):
                    continue      # something else lies there: no repository of this forge
                yield owner, name

    def git_folder(self, owner: str, name: str) -> Path:
        return self._find(owner, name)

    def _find(self, owner: str, name: str, account: Account | None = None) -> Path:
        check_repo(owner, name)
        folder = localforge.git_folder(self._folder, owner, name)
        if folder is None or not self._visible(account, owner, name):
            raise NotFound(f"there is no repository {owner}/{name}")
        return folder

    def _visible(self, account: Account | None, owner: str, name: str) -> bool:
        return account is None or account.role == "owner" or f"{owner}/{name}" in account.members

    def _refs_of(self, folder: Path) -> Refs:
        return self._refs.of(folder, lambda: self._read_refs(folder))

    def _read_refs(self, folder: Path) -> Refs:
        branches, tags = [], []
        lines = git.run(folder, git.heads()).decode(errors="replace").splitlines()
        if len(lines) > git.MOST_REFS:
            raise TooLarge(f"the repository has more than {git.MOST_REFS} branches and tags: delete some")
        for line in lines:
            commit, peeled, ref = line.split("\0")
            kind, short = ref.split("/", 2)[1:]
            (branches if kind == "heads" else tags).append(Ref(short, peeled or commit))
        return Refs(self._default_branch(folder), branches, tags)

    def _branch(self, folder: Path, ref: str) -> str | None:
        """The commit that the branch is at; None for a tag or a hash, which git itself has to read."""
        return next((branch.commit for branch in self._refs_of(folder).branches if branch.name == ref), None)

    def _read(self, folder: Path, commit: str, path: str, where: str, ref: str) -> bytes:
        try:
            blob = git.run(folder, git.find_object(f"{commit}:{check_path(path)}")).decode().strip()
            if int(git.run(folder, git.size_of(blob))) > MAX_FILE:
                raise TooLarge(f"{shortened(path)!r} is larger than {MAX_FILE} bytes")
            return git.run(folder, git.show_blob(blob))
        except git.GitFailed as problem:
            raise NotFound(f"{where} has no file {shortened(path)!r} at {shortened(ref)!r}") from problem

    def _default_branch(self, folder: Path) -> str:
        """HEAD's branch where it exists. With a work tree HEAD is what somebody works on now, so `main` and `master` go
        before it; they do, too, where HEAD names a branch that nobody has pushed, and then the only branch there is."""
        branches = git.run(folder, git.branches()).decode(errors="replace").splitlines()
        head = self._head(folder)
        usual = [name for name in USUAL if name in branches]
        if usual and (folder.name == ".git" or head not in branches):
            return usual[0]
        return branches[0] if head not in branches and len(branches) == 1 else head or USUAL[0]

    def _head(self, folder: Path) -> str | None:
        try:
            return git.run(folder, git.default_branch()).decode(errors="replace").strip()
        except git.GitFailed:
            return None           # a detached HEAD names no branch


def _subfolders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if entry.is_dir()]
    except OSError:
        return []                 # gone or unreadable since it was listed


def _revisions(ref: str) -> list[str]:
    both = [f"refs/heads/{ref}^{{commit}}", f"refs/tags/{ref}^{{commit}}"]
    return [*both, f"{ref}^{{commit}}"] if is_hash(ref) else both


def _description(folder: Path) -> str:
    try:
        text = (folder / "description").read_text(errors="replace").strip()
    except OSError:
        return ""
    return "" if text.startswith(UNNAMED) else text[:500]
