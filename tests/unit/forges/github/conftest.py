"""The stand-in of GitHub on loopback, and our forge before it."""

import pytest

from tests.github import serve
from tests.unit.forges.github.access import MemoryTokens, connected, forge_at


@pytest.fixture
def github(tmp_path):
    with serve(tmp_path / "github") as running:
        for login in ("ada", "bob"):
            running.user(login)
        yield running


@pytest.fixture
def tokens():
    return MemoryTokens()


@pytest.fixture
def forge(github, tokens):
    return forge_at(github, tokens)


@pytest.fixture
def hello(github, tokens):
    """ada/hello with a Dockerfile; ada acts for it."""
    repo = github.repo("ada/hello", private=True, files={"Dockerfile": "FROM scratch\n", "src/app.py": "print()\n"})
    connected(github, tokens, "ada/hello", "ada")
    return repo
