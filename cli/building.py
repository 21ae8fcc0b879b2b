"""Image builds by the engine, asked for once more where it mixed two of them up.

An engine that builds several images which share steps may drop such a step with the build that ended first, and say
"inconsistent graph state" to the other (moby/buildkit#2303). What was built is cached; asking again is the known remedy.
"""

from __future__ import annotations

from collections.abc import Callable

from tenacity import retry, retry_if_exception, stop_after_attempt

from cli.errors import CommandFailed

ATTEMPTS = 3
# What a failed step says -> the next step for that cause; the first that occurs counts.
CAUSES = (
    (("no space left on device",), "the disk is full: free some space (`docker system df` shows what the engine holds)"),
    (("certificate_verify_failed", "certificate verify failed", "self-signed certificate", "self_signed_cert",
      "unable to get local issuer certificate", "certificate verification failed"),
     "the build does not trust the certificate that a package registry showed: set CA_BUNDLE in .env to a file with "
     "your proxy's certificate"),
    (("temporary failure in name resolution", "temporary failure resolving", "could not resolve",
      "name or service not known", "getaddrinfo", "failed to establish a new connection", "network is unreachable",
      "connection timed out", "read timed out", "connection refused"),
     "the build does not reach a package registry: check that containers on this machine have DNS and network, and try "
     "again"),
)
UNKNOWN = "the lines above are the last ones of the failed step; correct what they name and run ./continuum up again"


def mixed_up(problem: BaseException) -> bool:
    return isinstance(problem, CommandFailed) and any("inconsistent graph state" in line for line in problem.tail)


@retry(retry=retry_if_exception(mixed_up), stop=stop_after_attempt(ATTEMPTS), reraise=True)
def build(ask: Callable[[], object]) -> None:
    """`ask` runs one build; raises what it raises."""
    ask()


def next_step(lines: list[str]) -> str:
    """What to do after a build that ended with `lines`; a cause is named only where one of them says it."""
    said = "\n".join(lines).lower()
    return next((step for texts, step in CAUSES if any(text in said for text in texts)), UNKNOWN)
