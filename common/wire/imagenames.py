"""The names of images in our registry. `apps/` holds those that we build, `library/` stand-ins for base images."""

from __future__ import annotations

import re

NAMESPACE = "apps"


def repository(owner: str, name: str, repo: int) -> str:
    """The image's name in the registry. What a registry does not take is replaced, and the repo's id keeps it unique."""
    wanted = f"{owner}/{name}".lower()
    path = "/".join(re.sub(r"[^a-z0-9]+", _separator, part).strip("-._") or "x" for part in wanted.split("/"))
    return f"{NAMESPACE}/{path}" if path == wanted else f"{NAMESPACE}/{path}-{repo}"


def _separator(match: re.Match) -> str:
    return match[0] if re.fullmatch(r"\.|__?|-+", match[0]) else "-"
