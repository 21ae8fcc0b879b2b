"""What a service answers where it has to say no."""

import pytest
from flask import Flask

from common.errors import Unavailable
from common.web import _answer_errors


@pytest.mark.parametrize("wait, header", [(None, None), (0.2, "1"), (61, "61")])
def test_a_problem_tells_when_to_come_again(wait, header):
    app = Flask("test")
    _answer_errors(app)

    @app.get("/")
    def busy():
        problem = Unavailable("not now")
        problem.retry_after = wait
        raise problem
    answer = app.test_client().get("/")
    assert answer.json == {"error": "unavailable", "detail": "not now"}
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, header)
