"""Which names of owners, repositories, refs and files are let through to git.

Owners, repositories and files: stricter than git's own rules, so that a name is no option (`-h`), no other protocol
(`ext::sh -c id`), no path out of the folder and no shell text, whatever it is put into later. Branches and tags: every
name that git itself takes, since people have them, and no command of ours is put together as text. Sources:
git-check-ref-format(1); CWE-88; attacks S19 to S21.
"""

from __future__ import annotations

import re

from common.wire.errors import BadRequest, shortened
from common.wire.refnames import why_not

_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]{0,99}", re.ASCII)      # a first dot too, as in `.profile`
_NAME_NEVER = re.compile(r"\.{1,2}|.*\.git", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{7,64}")
_PATH_NEVER = re.compile(r"[\x00-\x1f\x7f\\]|^[-/:]|(^|/)\.\.(/|$)|(^|/)\.git(/|$)")


def check_repo(owner: str, name: str) -> None:
    """Raises BadRequest."""
    if not _OWNER.fullmatch(owner) or ".." in owner:
        raise BadRequest(f"{shortened(owner)!r} is no owner: letters, digits, dot, dash and underscore, not first a dot or dash")
    if not _NAME.fullmatch(name) or _NAME_NEVER.fullmatch(name):
        raise BadRequest(f"{shortened(name)!r} is no repository name: at most 100 letters, digits, dots, dashes and underscores, "
                         "not first a dash, and without .git at its end")


def check_ref(ref: str) -> str:
    """`ref` itself if a branch, a tag or a hash may be called so; raises BadRequest."""
    if why := why_not(ref):
        raise BadRequest(f"{shortened(ref)!r} can't be the name of a branch, a tag or a commit: it has {why}")
    return ref


def check_path(path: str) -> str:
    """`path` itself if it stays inside a tree; raises BadRequest."""
    if not path or len(path) > 1000 or _PATH_NEVER.search(path):
        raise BadRequest(f"{shortened(path)!r} is no path of a file in the repository")
    return path


def is_hash(ref: str) -> bool:
    return bool(_HASH.fullmatch(ref))
