"""The registries that the engine asks for Docker Hub's images: its own mirrors first, then Docker Hub.

Each question is one GET or HEAD with a bounded time.
"""

from __future__ import annotations

from collections.abc import Sequence

import requests

from cli.host.model import Check, ok, warning
from cli.host.redact import redact

SECONDS = 5
HUB = "https://registry-1.docker.io"
HUB_TOKEN = "https://auth.docker.io/token?service=registry.docker.io&scope=repository:ratelimitpreview/test:pull"
HUB_LIMIT = HUB + "/v2/ratelimitpreview/test/manifests/latest"      # a HEAD here reports the limit and does not count
ANSWERS = {200, 401}      # of a registry's /v2/; 401 asks for a login, which the engine brings
OFFLINE = "without it images are made from packages, or have to be there already; behind a proxy see docs/install.md"
WRONG_MIRROR = 'the engine asks it first: correct or remove it under "registry-mirrors" in /etc/docker/daemon.json'


def registry(mirrors: Sequence[str], hub: str = HUB) -> Check:
    """Ask what the engine asks, in its order, up to the first registry that answers.

    `mirrors` are the engine's own, as addresses. Docker Hub is not asked while a mirror answers: a network with a
    mirror often blocks it.
    """
    failed = []
    for address in [*mirrors, hub]:
        if reason := _refusal(address):
            failed.append(f"{redact(address)} {reason}")
            continue
        found = f"{redact(address)} answers" + (", the engine's mirror of Docker Hub" if address in mirrors else "")
        return warning("registry", f"{'; '.join(failed)}; {found}", "an answer of every mirror",
                       WRONG_MIRROR) if failed else ok("registry", found)
    return warning("registry", "; ".join(failed), "an answer", OFFLINE)


def rate_limit(mirrors: Sequence[str]) -> Check:
    """Docker Hub's limit for anonymous pulls, which it reports without counting the question."""
    if mirrors:
        return ok("rate limit", "not asked for: the engine asks its mirror first")
    try:
        token = requests.get(HUB_TOKEN, timeout=SECONDS).json()["token"]
        reply = requests.head(HUB_LIMIT, headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS)
    except (requests.RequestException, ValueError, KeyError):
        return ok("rate limit", "unknown: Docker Hub does not report it here")
    left = reply.headers.get("ratelimit-remaining", "").partition(";")[0]
    if reply.status_code == 429 or left == "0":
        return warning("rate limit", "Docker Hub's limit for pulls is used up", "pulls left", "run `docker login`, or wait")
    return ok("rate limit", f"{left} anonymous pulls left" if left else "none is reported")


def _refusal(address: str) -> str:
    """Why the registry at `address` is of no use, "" where it answers. A GET: not every registry knows HEAD here."""
    try:
        with requests.get(f"{address.rstrip('/')}/v2/", timeout=SECONDS, stream=True) as reply:
            return "" if reply.status_code in ANSWERS else f"answers with status {reply.status_code}"
    except requests.RequestException as error:
        return f"cannot be reached ({type(error).__name__})"
