"""Image builds by the engine, asked for once more where it mixed two of them up.

An engine that builds several images which share steps may drop such a step with the build that ended first, and say
"inconsistent graph state" to the other (moby/buildkit#2303). What was built is cached; asking again is the known remedy.
"""

from __future__ import annotations

from collections.abc import Callable

from tenacity import retry, retry_if_exception, stop_after_attempt

from cli.errors import CommandFailed

ATTEMPTS = 3


def mixed_up(problem: BaseException) -> bool:
    return isinstance(problem, CommandFailed) and any("inconsistent graph state" in line for line in problem.tail)


@retry(retry=retry_if_exception(mixed_up), stop=stop_after_attempt(ATTEMPTS), reraise=True)
def build(ask: Callable[[], object]) -> None:
    """`ask` runs one build; raises what it raises."""
    ask()
