"""What the engine reports about a pull, sorted into kinds.

The engine has no error codes for pulls: its HTTP API answers 500 with the same sentence that `docker pull` prints, for
a refused connection as for a registry's 429. So the sentence is read. What is matched are the registry protocol's own
error codes (`manifest unknown`, `toomanyrequests`), HTTP status lines and Go's network errors, which both of the
engine's image stores (graph drivers and containerd) pass on unchanged.
"""

import re
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What became of a pull. Values complete the sentence "RABBITMQ_IMAGE could not be pulled: …"."""

    PULLED = "pulled"
    UNKNOWN = "the registry does not have this tag or digest"
    DENIED = "the registry denies access"
    RATE_LIMITED = "the registry's rate limit is reached (HTTP 429)"
    SERVER_ERROR = "the registry answers with a server error"
    STALLED = "the download stalled"
    BROKEN = "the connection broke during the download"
    NO_SPACE = "the engine's disk is full"
    UNREACHABLE = "the registry cannot be reached"
    OTHER = "the engine reports an error"


TRANSIENT = frozenset({Kind.RATE_LIMITED, Kind.SERVER_ERROR, Kind.STALLED, Kind.BROKEN, Kind.UNREACHABLE})

# In this order: a status line is more telling than the words around it.
PATTERNS = (
    (Kind.NO_SPACE, r"no space left on device"),
    (Kind.RATE_LIMITED, r"toomanyrequests|too many requests|\b429\b"),
    (Kind.UNKNOWN, r"manifest unknown|name unknown|manifest for \S+ not found|: not found$|\b404 not found"),
    (Kind.UNREACHABLE, r"proxyconnect|407 proxy auth"),
    (Kind.DENIED, r"denied|unauthorized|authentication required|no basic auth credentials|\b40[13]\b"),
    (Kind.SERVER_ERROR, r"(?:status|response|received)\b.{0,60}\b5\d\d\b|\b50[0234] (?:internal|not impl|bad|service|gateway)"),
    (Kind.UNREACHABLE, r"no such host|server misbehaving|name resolution|connection refused|no route to host|"
                       r"network is unreachable|x509:|certificate|http response to https client|"
                       r"i/o timeout|handshake timeout|client\.timeout exceeded|request canceled while waiting|"
                       r"context deadline exceeded|connection timed out"),
    (Kind.BROKEN, r"connection reset|\beof\b|broken pipe|failed after attempts"),
)


@dataclass(frozen=True)
class Outcome:
    """`message` is the engine's own sentence, "" after a success."""

    kind: Kind
    message: str = ""

    @property
    def transient(self) -> bool:
        return self.kind in TRANSIENT


def read_outcome(lines: list[str]) -> Outcome:
    """Sort a failed pull's output, oldest line first."""
    errors = [line for line in lines if re.match(r"error|failed", line, re.IGNORECASE)]
    message = (errors or lines or ["docker pull failed without a message"])[-1]
    message = re.sub(r"^Error response from daemon: ", "", message)
    kind = next((kind for kind, pattern in PATTERNS if re.search(pattern, message, re.IGNORECASE)), Kind.OTHER)
    # "Pulling from" is printed once the registry gave the manifest: it was reached, and the transfer failed.
    if kind is Kind.UNREACHABLE and any("Pulling from" in line for line in lines):
        kind = Kind.BROKEN
    return Outcome(kind, message)
