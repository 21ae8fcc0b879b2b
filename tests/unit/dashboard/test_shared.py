"""Questions that many ask at once."""

import pytest

from common.wire.errors import ServiceDown
from dashboard.live.shared import Shared


def test_many_who_ask_the_same_ask_once():
    now, asked = [0.0], []
    shared = Shared(0.1, clock=lambda: now[0])
    ask = lambda: asked.append(1) or len(asked)      # noqa: E731
    assert [shared.get("a", ask) for _ in range(3)] == [1, 1, 1] and shared.get("b", ask) == 2
    now[0] = 0.2
    assert shared.get("a", ask) == 3


def test_a_question_that_failed_is_asked_again():
    shared, answers = Shared(10), [ServiceDown("away"), "there"]

    def ask():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer
    with pytest.raises(ServiceDown):
        shared.get("a", ask)
    assert shared.get("a", ask) == "there"
