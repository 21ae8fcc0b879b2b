"""The sentence about an image that could not be had: which, why, and what to change where."""

from pathlib import Path

from cli.errors import PlatformError
from cli.images.outcome import Kind, Outcome
from cli.images.reference import DOCKER_HUB, Reference

LOCAL_WAY = "or set IMAGE_SOURCE=local to make the images on this machine, which takes minutes and needs root"


def refusal(env: str, asked: Reference, outcome: Outcome, settings: Path) -> PlatformError:
    """`env`: the image's setting; `settings`: the file where it is set."""
    cause = f"{asked} could not be pulled: {outcome.kind.value}\n    {outcome.message}"
    return PlatformError(cause, _next_step(env, asked, outcome.kind, settings))


def _next_step(env: str, asked: Reference, kind: Kind, settings: Path) -> str:
    another = f"set {env}= in {settings} to an image that you can pull"
    login = "docker login" if asked.registry == DOCKER_HUB else f"docker login {asked.registry}"
    return {
        Kind.UNKNOWN: another,
        Kind.DENIED: f"run `{login}`, or {another}",
        Kind.RATE_LIMITED: f"run `{login}` (accounts have a higher limit), wait until the limit is lifted, or {another}",
        Kind.STALLED: f"check the connection to {asked.registry}, set PULL_STALL_SECONDS in {settings} to a higher value if "
                      f"the link is slow, {another}, {LOCAL_WAY}",
        Kind.NO_SPACE: "free disk space (`docker system df` shows what uses it), then run this again",
        Kind.UNREACHABLE: "check the engine's DNS, proxy and certificates (`docker info` shows its proxy and mirrors), "
                          f"{another}, {LOCAL_WAY}",
    }.get(kind, f"try again later, {another}, {LOCAL_WAY}")
