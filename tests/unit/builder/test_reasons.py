"""BuildKit's own words, as buildctl 0.34.2 printed them, become reasons."""

import pytest

from builder.progress import Step
from builder.reasons import Broken, DiskFull, MixedUp, explain
from common.errors import Failure, ServiceDown


def broken(error: str, *, line: int | None = None, step: Step | None = None, unset=()) -> Broken:
    place = [f"Dockerfile:{line}", "--------------------", f"   {line} | >>> X", "--------------------"] if line else []
    return Broken([*place, f"error: {error}"], step, "docker/Dockerfile", ".", unset)


def step(*last: str) -> Step:
    made = Step("[3/5] RUN pip install x")
    made.last.extend(last)
    return made


@pytest.mark.parametrize("error, line, expected", [
    ("failed to solve: nope:1: failed to resolve source metadata for docker.io/library/nope:1: "
     "docker.io/library/nope:1: not found", 3,
     "docker/Dockerfile, line 3: base image `nope:1` does not exist, or is not public; check its name and tag"),
    ("failed to solve: x/y: failed to resolve source metadata for docker.io/x/y:latest: pull access denied, repository "
     "does not exist or may require authorization", 1, "base image `x/y:latest` does not exist, or is not public"),
    ('failed to solve: p: failed to resolve source metadata for docker.io/library/p:1: failed to do request: Head "x": '
     "dial tcp: lookup x: no such host", 1, "base image `p:1` could not be fetched: no such host"),
    ('failed to solve: r:5/x: failed to resolve source metadata for r:5/x:1: could not resolve image due to policy: '
     'source "docker-image://r:5/x:1" denied by policy: source denied by policy', 1,
     "`r:5/x:1` is an image of this registry, which builds may not read"),
    ("failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)", 2,
     "docker/Dockerfile, line 2: unknown instruction: RUNN (did you mean RUN?)"),
    ('failed to solve: failed to parse stage name "busybox:": invalid reference format', 2,
     "docker/Dockerfile, line 2: `busybox:` names no base image"),
    ("failed to solve: base name (${V}) should not be blank", 2, "line 2: `${V}` names no base image"),
    ("failed to solve: failed to compute cache key: failed to calculate checksum of ref s7::0k: \"/nothere\": not found",
     2, "line 2: `nothere` is not in the build context for COPY; the context is the root of the repository"),
    ("failed to solve: secret TOKEN: not found", 2, "wants secret `TOKEN`; name it under build.secrets"),
    ("failed to solve: failed to load LLB: security.insecure is not allowed", None,
     "docker/Dockerfile asks for `security.insecure`, which no build gets"),
    ('failed to solve: target stage "zzz" could not be found', None, "build.target is `zzz`"),
    ("failed to solve: file with no instructions", 1, "docker/Dockerfile is empty"),
    ("failed to solve: something new", 4, "docker/Dockerfile, line 4: something new"),
])
def test_failures_of_the_work(error, line, expected):
    reason = explain(broken(error, line=line))
    assert isinstance(reason, Failure)
    assert expected in str(reason)


EXIT = 'failed to solve: process "/bin/sh -c x" did not complete successfully: exit code: {}'


def test_a_failed_command_shows_its_last_lines():
    reason = explain(broken(EXIT.format(1), line=4, step=step("collecting", "no such package")))
    assert str(reason) == "build exited 1 in [3/5] RUN pip install x\ncollecting\nno such package"


def test_a_command_that_fills_the_disk_is_told_so():
    reason = explain(broken(EXIT.format(1), step=step("dd: /big: No space left on device")))
    assert str(reason).endswith("\nthe disk that builds use is full")


def test_a_killed_command_is_told_as_memory():
    assert "most likely for using more memory" in str(explain(broken(EXIT.format(137), step=step())))


@pytest.mark.parametrize("error", [EXIT.format(2), 'failed to solve: failed to parse stage name "x:"'])
def test_a_missing_build_argument_is_a_hint(error):
    reason = str(explain(broken(error, step=step(), unset=["VERSION"])))
    assert reason.endswith("declares ARG VERSION without a default: set it under build.args in .continuum.yml")


@pytest.mark.parametrize("error, kind, expected", [
    ("failed to solve: write /x: no space left on device", DiskFull, "disk that builds use is full"),
    ('listing workers for Build: failed to list workers: Unavailable: connection error: desc = "transport: Error while '
     'dialing: dial unix /x: connect: no such file or directory"', ServiceDown, "no such file or directory"),
    ("failed to solve: rpc error: code = Unavailable desc = error reading from server: EOF", ServiceDown, "EOF"),
    ("failed to solve: failed to push registry:5000/x:run-1: unexpected status from HEAD request: 500", ServiceDown,
     "could not be pushed"),
    ("failed to solve: failed to get edge: inconsistent graph state", MixedUp, "Retry builds again"),
    ("", ServiceDown, "without a result"),
])
def test_what_we_broke_is_no_failure(error, kind, expected):
    reason = explain(broken(error))
    assert isinstance(reason, kind) and not isinstance(reason, Failure)
    assert expected in str(reason)


def test_words_without_an_error_line_are_shown():
    assert "signal: killed" in str(explain(Broken(["signal: killed"], None, "Dockerfile", ".")))
