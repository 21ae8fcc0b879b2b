"""A build that the engine mixed up with another is asked for again; what a Dockerfile did wrong is not."""

import pytest

from cli.building import ATTEMPTS, build
from cli.errors import CommandFailed

MIXED_UP = "failed to solve: failed to get edge: inconsistent graph state"


class Engine:
    """Fails with each of `words`, then succeeds."""

    def __init__(self, *words: str):
        self.words, self.asked = list(words), 0

    def __call__(self) -> None:
        self.asked += 1
        if self.words:
            raise CommandFailed(["docker", "build"], 17, [self.words.pop(0)])


def test_a_mixed_up_build_is_asked_for_again():
    engine = Engine(MIXED_UP)
    build(engine)
    assert engine.asked == 2


@pytest.mark.parametrize("words, asked", [((MIXED_UP,) * 9, ATTEMPTS), (("exit code: 1",), 1)])
def test_what_goes_on_is_told(words, asked):
    engine = Engine(*words)
    with pytest.raises(CommandFailed, match=words[0]):
        build(engine)
    assert engine.asked == asked
