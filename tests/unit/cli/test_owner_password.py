"""The command line where the owner's password in .env is an old one."""

import pytest
import requests

from cli.api import Api
from cli.errors import PlatformError
from cli.instance import Instance


def answer(status: int) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made._content = b'{"error": "unauthorized", "detail": "login or password is wrong"}'
    return made


def test_it_says_what_to_write_into_env(tmp_path, monkeypatch):
    instance = Instance("continuum", tmp_path)
    instance.env_file.write_text("DASHBOARD_PORT=5000\nOWNER_LOGIN=ann\nOWNER_PASSWORD=old\n")
    api = Api(instance)
    monkeypatch.setattr(api, "_request", lambda *_, **__: answer(401))
    with pytest.raises(PlatformError) as problem:
        api.get("/account")
    assert "ann" in problem.value.cause and "OWNER_PASSWORD" in problem.value.next_step
