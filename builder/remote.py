"""Why BuildKit could not fetch something: it is absent, denied, or its server is out of reach.

buildctl prints text alone. The answer's HTTP status decides where there is one, else the last part of the text, which is
the registry client's or Go's own sentence. Names, tags, digests and addresses, which authors choose, decide nothing.
Sources: containerd core/remotes/docker/resolver.go and errors/errors.go; BuildKit source/http; Go net.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import requests

HUB = "docker.io"
TIMEOUT = 10                # seconds
_STATUS = re.compile(r"unexpected (?:status from \w+ request to|HEAD status code|status code) \S+: (\d{3}\b[^:]*)|"
                     r"invalid response status (\d{3}\b[^:]*)")
_DENIED = re.compile(r"authorization failed|no basic auth credentials|insufficient_scope|"
                     r"repository does not exist or may require authorization")
_AWAY = re.compile(r"^(connection (refused|reset)|connect: |i/o timeout|.*timeout|no route to host|network is unreachable|"
                   r"server misbehaving|temporary failure|(unexpected )?EOF|certificate|x509|broken pipe|context deadline|"
                   r"bad gateway|service unavailable|too many requests|use of closed network connection)", re.IGNORECASE)


@dataclass(frozen=True)
class Cause:
    """`words`: the status or the client's own last sentence, for people."""

    kind: Literal["absent", "denied", "platform", "away", "other"]
    words: str


def cause(text: str, reference: str = "") -> Cause:
    """`text`: what BuildKit says of it; `reference`: the image's name, which is no part of the answer."""
    if status := _STATUS.search(text):
        words = (status[1] or status[2]).strip()
        return Cause(_of_status(int(words[:3])), words)
    plain = text.replace(f"{reference}: ", "") if reference else text
    last = plain.rpartition(": ")[2].strip()
    if _DENIED.search(re.sub(r'"[^"]*"|https?://\S+', "", plain)):
        return Cause("denied", last)
    if last == "not found":
        return Cause("platform" if "no match for platform in manifest" in plain else "absent", last)
    if last.startswith("no such host"):
        return Cause("absent", last)
    return Cause("away" if _AWAY.match(last) else "other", last)


def _of_status(status: int) -> Literal["absent", "denied", "away", "other"]:
    if status in (404, 410):
        return "absent"
    if status in (401, 403):
        return "denied"
    return "away" if status in (408, 425, 429) or status >= 500 else "other"


def why_hub_is_away(url: str = "https://registry-1.docker.io/v2/") -> str | None:
    """Why Docker Hub does not answer now; None: it does.

    BuildKit asks our own registry first. Its 404 hides that Docker Hub itself could not be reached.
    """
    try:
        answer = requests.get(url, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as problem:
        return _short(problem)
    return f"{answer.status_code} {answer.reason}" if _of_status(answer.status_code) == "away" else None


def _short(problem: requests.RequestException) -> str:
    """The innermost sentence: requests wraps urllib3's, which wraps the system's."""
    found = re.findall(r"""(?:\[Errno -?\d+\] |: )([A-Za-z][^:'"\[\]()]+)""", str(problem))
    return found[-1].strip() if found else type(problem).__name__
