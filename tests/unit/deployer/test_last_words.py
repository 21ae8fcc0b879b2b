"""The last lines of a container that goes away while it is asked."""

from types import SimpleNamespace

import pytest
import requests
from docker.errors import APIError

from deployer.last_words import last_lines

FOUND = {"Id": "c0ffee", "Config": {"Env": [], "Labels": {}}}


def engine_that_answers(status: int):
    response = requests.Response()
    response.status_code = status

    def logs(*_, **__):
        raise APIError("no", response)
    return SimpleNamespace(api=SimpleNamespace(logs=logs))


@pytest.mark.parametrize("status", [404, 409])
def test_a_container_that_is_being_removed_has_no_last_lines(status):
    assert last_lines(engine_that_answers(status), FOUND) == []


def test_another_refusal_is_not_hidden():
    with pytest.raises(APIError):
        last_lines(engine_that_answers(500), FOUND)
