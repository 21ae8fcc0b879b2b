"""Where a repository and its submodules may be fetched from.

A repository can read only itself. On the local forge a submodule may name a repository of the same owner, and another
owner's where an admin of that repository allows it. A repository of any other forge never names a folder of this
machine; there the rights of the fetching token decide. `git` connects to no internal address that an author wrote down.
"""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit, urlunsplit

from common.wire import localforge
from common.wire.addresses import is_outside
from common.wire.contracts import RepoRef
from common.wire.errors import Failure, ServiceDown

from .mirrors import Origin

# It is written to `.git/config`: nothing that could begin a line, a section or a comment there.
_HTTPS = re.compile(r"https://[A-Za-z0-9._~:/@%+=?&,-]+")
_SCP_LIKE = re.compile(r"(?:ssh://)?(?:[^@/]+@)?([A-Za-z0-9.-]+)(?::(?!//|:)|/)(\S+)")


@dataclass(frozen=True)
class Allowed:
    """What one repository may fetch. `repo`: itself; `shared`: "owner/name" of other owners' repositories on the local
    forge that it may have as submodules."""

    local: Path                         # the local forge's folder
    repo: RepoRef
    shared: frozenset[str] = frozenset()
    plain: str = ""                     # "http://host:port/" of a forge that has no TLS
    forge: str = ""                     # the forge's host, with the port where it has one: it may be inside

    @classmethod
    def of(cls, local: Path, forge_url: str, repo: RepoRef, shared: list[str]) -> Allowed:
        plain = forge_url.rstrip("/") + "/" if forge_url.startswith("http://") else ""
        return cls(Path(os.path.realpath(local)), repo, frozenset(shared), plain, urlsplit(forge_url).netloc)

    def origin(self, url: str, token: str | None) -> Origin:
        """Where the repository itself is fetched from; raises Failure for a place that its forge does not have."""
        own = localforge.repository_at(self.local, url) if url.startswith("/") else None
        if own == (self.repo.owner, self.repo.name) and self.repo.forge == localforge.NAME or self._remote(url):
            return Origin(self.repo.path, str(self.repo.id), _without_user(url), token)
        raise Failure(f"{self.repo.path} can't be fetched from where it is: only https URLs and the local forge's own "
                      "folder are allowed")

    def module(self, parent: Origin, path: str, written: str) -> Origin:
        """Where the submodule at `path` of `parent` is fetched from, without a token; raises Failure, ServiceDown."""
        url = resolve(parent.url, written)
        if url.startswith("/"):
            return self._local_module(parent, path, written, url)
        if not self._remote(url):
            raise Failure(f"submodule {path} is at {written}: only https URLs and repositories of the local forge are "
                          "fetched; change .gitmodules, or set build.submodules to false")
        return Origin(_without_user(url), "", url, None, self.address(url))

    def address(self, url: str) -> str | None:
        """Where a host that anybody may write down really is; None for our own places. Raises Failure for the inside
        and for a host that does not exist, ServiceDown where the name service gives no answer.

        It is looked up once, and git connects to that very address. A proxy of the environment does its own looking up.
        """
        parts = urlsplit(url)
        if parts.netloc == self.forge or os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
            return None
        try:
            found = [item[4][0] for item in socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError, ValueError) as problem:
            if isinstance(problem, socket.gaierror) and problem.errno == socket.EAI_AGAIN:
                raise ServiceDown(f"the address of {parts.hostname} could not be looked up: {problem.strerror}") from problem
            raise Failure(f"host {parts.hostname} does not exist ({problem}): check its name in .gitmodules") from problem
        if not all(map(is_outside, found)):
            raise Failure(f"{parts.hostname} leads to an internal address, which nothing is fetched from")
        return found[0]

    def _remote(self, url: str) -> bool:
        return bool(_HTTPS.fullmatch(url)) or \
            bool(self.plain) and url.startswith(self.plain) and bool(_HTTPS.fullmatch(url.replace("http", "https", 1)))

    def _local_module(self, parent: Origin, path: str, written: str, url: str) -> Origin:
        """The answer for another owner's repository is the same whether it exists or not."""
        if self.repo.forge != localforge.NAME or not parent.url.startswith("/"):
            raise Failure(f"submodule {path} is at {written}: a repository of another forge can't use a folder of this "
                          "machine; write an https URL into .gitmodules, or set build.submodules to false")
        found = localforge.repository_at(self.local, url)
        if found is None:
            raise Failure(f"submodule {path} is at {written}, which is not a repository of the local forge; change "
                          ".gitmodules, or set build.submodules to false")
        name = "/".join(found)
        if found[0] != self.repo.owner and name not in self.shared:
            raise Failure(f"submodule {path} is {name}, a repository of another owner: an admin of {name} can allow "
                          f"{self.repo.path} to use it, under Submodules in its settings")
        folder = localforge.git_folder(self.local, *found)
        if folder is None:
            raise Failure(f"submodule {path} is at {written}: the local forge has no repository {name}")
        return Origin(name, "", str(folder))


def resolve(base: str, written: str) -> str:
    """The URL of a submodule: relative ones from its parent's, git@host:path as https, file:///path as a path.

    git counts from the folder that holds a work tree, not from the `.git` in it.
    """
    if written.startswith(("./", "../")):
        if base.startswith("/"):
            return os.path.normpath(os.path.join(base.removesuffix("/.git"), written))
        return urljoin(base.rstrip("/") + "/", written).rstrip("/")
    if written.startswith("file:///"):
        return os.path.normpath(written.removeprefix("file://"))
    if "://" not in written or written.startswith("ssh://"):
        match = _SCP_LIKE.fullmatch(written)
        return f"https://{match[1]}/{match[2].lstrip('/')}" if match and not written.startswith("/") else written
    return written


def same_host(one: str, other: str) -> bool:
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def public_url(url: str) -> str | None:
    """`url` for `.git/config`: without credentials, and none for a folder of this machine."""
    return _without_user(url) if url.startswith("https://") else None


def _without_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
