"""Explain a failed image build from what its output shows, and guess nothing else."""

import re
from pathlib import Path

from cli.errors import CommandFailed, PlatformError

LINES = 10
CAUSES = (
    (r"no space left on device", "the disk is full",
     "free disk space (`docker system df` shows what uses it), then run this again"),
    (r"certificate verify failed|certificate verification failed|x509:|unable to get local issuer|self.signed.cert",
     "a server's certificate is not trusted",
     "set CA_BUNDLE in {settings} to a file with your proxy's or mirror's certificates"),
    (r"\b407\b|proxy authentication required", "a proxy asks for a login",
     "add the login to the proxy's address that builds use (`docker info` shows the engine's)"),
    (r"temporary failure (?:in name )?resol|could not resolve|name or service not known|no such host|"
     r"name resolution|getaddrinfo", "a name cannot be resolved",
     "check the engine's DNS servers, or set the proxy that this machine needs"),
    (r"\b403\b.{0,20}forbidden|http error 403", "a package server or proxy denies access (HTTP 403)",
     "allow this machine to reach the address that the lines above name"),
)


def explain_build(problem: CommandFailed, settings: Path) -> PlatformError:
    """The last lines of the build and, only where they show it, the cause with the setting that helps."""
    lines = "\n".join(f"    {line}" for line in problem.tail[-LINES:]) or "    (no output)"
    for pattern, cause, step in CAUSES:
        if any(re.search(pattern, line, re.IGNORECASE) for line in problem.tail):
            return PlatformError(f"an image build failed: {cause}\n{lines}", step.format(settings=settings))
    return PlatformError(f"an image build failed (exit code {problem.code})\n{lines}",
                         "the lines above show what failed; run this again once that is solved")
