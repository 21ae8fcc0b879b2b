"""Why a build ended: BuildKit's words become a sentence for the person who pushed, with the next step.

    Failure                the Dockerfile, its commands or the configuration said no
    ServiceDown            BuildKit, our registry or the registry of a base image did not answer
    MixedUp                BuildKit lost sight of a step that two builds share: the same build works when asked again
    DiskFull               the builder's disk is full: ours to mend, not the person's
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common.wire.errors import ContinuumError, Failure, ServiceDown

from .progress import Step
from .remote import HUB, cause, why_hub_is_away

ENDED_BY_US = re.compile("^continuum: (this step|the steps of this build) ")      # buildkit/watch-step.sh
NO_PROCESS = re.compile("fork.*Resource temporarily unavailable|[Cc]an(no|')t fork|can't start new thread|native thread|"
                        "pthread_create|new OS thread")


class DiskFull(ContinuumError):
    """The disk under BuildKit is full."""


class MixedUp(ServiceDown):
    """moby/buildkit#2303: a step that two builds share was dropped with the one that ended first."""


@dataclass(frozen=True)
class Broken:
    """What is known of a build that ended badly."""

    words: Sequence[str]            # buildctl's last lines
    step: Step | None               # the one that failed
    dockerfile: str                 # as people name it
    context: str
    unset: Sequence[str] = ()       # build arguments without a value
    memory: str = "4g"              # BUILD_MEMORY and BUILD_PIDS
    processes: int = 2048
    beside: str = ""                # the Dockerfile's own folder, where the files that it copies are there and not in the context
    hub_away: Callable[[], str | None] = why_hub_is_away

    @property
    def message(self) -> str:
        """From buildctl's `error:` on, on one line."""
        starts = [number for number, line in enumerate(self.words) if line.startswith("error: ")]
        return " ".join(self.words[starts[-1]:]).removeprefix("error: ") if starts else " ".join(self.words[-5:])

    @property
    def unquoted(self) -> str:
        return re.sub(r'"(?:\\.|[^"\\])*"', '""', self.message)

    @property
    def place(self) -> str:
        """`Dockerfile, line 4`, where BuildKit says a line."""
        lines = [line.rpartition(":")[2] for line, ruler in zip(self.words, self.words[1:]) if ruler.startswith("-----")
                 and re.fullmatch(r"\S.*:\d+", line)]
        return f"{self.dockerfile}, line {lines[0]}" if lines else self.dockerfile

    @property
    def hint(self) -> str:
        if not self.unset:
            return ""
        names = ", ".join(self.unset)
        return f"\n{self.dockerfile} declares ARG {names} without a default: set it under build.args in .continuum.yml"


def explain(broken: Broken) -> Exception:
    """The exception to raise."""
    for rule, make in _RULES:
        # What an author wrote (a command, a name) stands in quotes, and decides nothing on our own faults.
        if match := rule.search(broken.unquoted if rule in _OURS else broken.message):
            made = make(broken, match)
            return made if isinstance(made, Exception) else Failure(made)
    if "failed to solve" in broken.message:
        told = broken.message.partition("failed to solve: ")[2]
        kind = ServiceDown if cause(told).kind == "away" else Failure
        return kind(f"{broken.place}: {told}{broken.hint if kind is Failure else ''}")
    return ServiceDown(f"the build ended without a result: {broken.message or 'buildctl said nothing'}")


def _exited(broken: Broken, match: re.Match) -> str:
    step = broken.step
    name, last = (step.name, list(step.last)) if step else (broken.place, [])
    return "\n".join([f"build exited {match[1]} in {name}", *last, *_limits(broken, match[1], last)]) + broken.hint


def _limits(broken: Broken, code: str, last: Sequence[str]) -> list[str]:
    """What a limit had to do with it, where the step's last lines do not say so already."""
    if any(ENDED_BY_US.match(line) for line in last):
        return []
    said = []
    if code == "137":
        said.append(f"it most likely used more memory than a step may have, 7/8 of BUILD_MEMORY ({broken.memory}): let it "
                    "use less, or ask an owner to raise BUILD_MEMORY")
    if any(NO_PROCESS.search(line) for line in last):
        said.append(f"a step may have {broken.processes} processes and threads: start fewer at a time, or ask an owner to "
                    "raise BUILD_PIDS")
    if any("No space left on device" in line for line in last):
        said.append("the disk that builds use is full")
    return said


def _no_image(broken: Broken, match: re.Match) -> Exception:
    image, found = match[1].removeprefix("docker.io/").removeprefix("library/"), cause(match[2], match[1])
    where = f"{broken.place}: base image `{image}`"
    if match[2].endswith("denied by policy: source denied by policy") or "denied by policy" in found.words:
        return Failure(f"{broken.place}: `{image}` is an image of this registry, which builds may not read")
    if found.kind == "absent" and match[1].startswith(f"{HUB}/") and (why := broken.hub_away()):
        return ServiceDown(f"{where} could not be fetched: Docker Hub can't be reached ({why})")
    if found.kind == "away":
        return ServiceDown(f"{where} could not be fetched: {found.words}")
    if found.words.startswith("no such host"):
        return Failure(f"{where}: the registry {match[1].partition('/')[0]} does not exist; check its name")
    if found.kind == "platform":
        return Failure(f"{where} exists, but not for the platform of this machine; choose another tag")
    if found.kind in ("absent", "denied"):
        login = "; builds pull a private image with a login from REGISTRY_LOGINS" if found.kind == "denied" else ""
        return Failure(f"{where} does not exist, or is not public; check its name and tag{login}")
    return Failure(f"{where} can't be used: {found.words}")


def _no_name(broken: Broken, match: re.Match) -> str:
    return f"{broken.place}: `{match[1]}` names no base image{broken.hint}"


def _not_in_context(broken: Broken, match: re.Match) -> str:
    name = broken.step.name if broken.step else "COPY"
    folder = "the root of the repository" if broken.context == "." else f"`{broken.context}`"
    beside = f"; files that it copies lie in its own folder: set build.context: {broken.beside}" if broken.beside else ""
    return f"{broken.place}: `{match[1].lstrip('/')}` is not in the build context for {name}; the context is {folder}, " \
           f"less what .dockerignore names{beside}"


_OURS: dict[re.Pattern, Callable[[Broken, re.Match], Exception]] = {
    re.compile(r"no space left on device|disk quota exceeded"):
        lambda broken, _: DiskFull("the disk that builds use is full; free space on it, or lower what BuildKit may keep"),
    re.compile(r"inconsistent graph state"):
        lambda broken, _: MixedUp("BuildKit failed twice on a step shared with another build. Retry builds again"),
    re.compile(r"failed to list workers|error reading from server|transport is closing|connection error|"
               r"code = Unavailable|no active session|session healthcheck failed|graceful_stop"):
        lambda broken, _: ServiceDown("BuildKit does not answer, or went away during the build: "
                                      + broken.message.rpartition("desc = ")[2].strip('"')),
    re.compile(r"failed to push"):
        lambda broken, _: ServiceDown(f"the image could not be pushed to our registry: {broken.message.rpartition(': ')[2]}"),
}

_THEIRS: list[tuple[re.Pattern, Callable[[Broken, re.Match], str | Exception]]] = [
    (re.compile(r"failed to resolve source metadata for (\S+): (.*)"), _no_image),
    (re.compile(r"dockerfile parse error on line (\d+): (.*)"),
     lambda broken, match: f"{broken.dockerfile}, line {match[1]}: {match[2]}"),
    (re.compile(r"base name \((.*)\) should not be blank"), _no_name),
    (re.compile(r'failed to parse stage name "([^"]*)"'), _no_name),
    (re.compile(r'failed to calculate checksum of ref \S+ "([^"]*)": not found'), _not_in_context),
    (re.compile(r"secret (\S+): not found"),
     lambda broken, match: f"{broken.place}: the build wants secret `{match[1]}`; name it under build.secrets in "
                           ".continuum.yml, and set it for this repository"),
    (re.compile(r"(security\.insecure|network\.host|device\S*) is not allowed"),
     lambda broken, match: f"{broken.dockerfile} asks for `{match[1]}`, which no build gets: remove it from the RUN line"),
    (re.compile(r'target stage "([^"]*)" could not be found'),
     lambda broken, match: f"build.target is `{match[1]}`, and {broken.dockerfile} has no stage of that name"),
    (re.compile(r"file with no instructions"), lambda broken, match: f"{broken.dockerfile} is empty"),
]

# A command that fails is told first: its text may hold any words.
_RULES = [(re.compile(r'process ".*" did not complete successfully: exit code: (\d+)'), _exited), *_OURS.items(), *_THEIRS]
