"""The services' images: their base is built before them, by the builder that has it."""

import pytest

from cli import platform
from cli.instance import Instance


class NoProgress:
    def task(self, what):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing was begun."""


@pytest.fixture
def calls(monkeypatch):
    """(words, environment) of each `docker compose`; the context is called `rootless`."""
    made = []
    monkeypatch.setattr(platform, "answer", lambda argv: "rootless" if argv == ["docker", "context", "show"] else None)
    monkeypatch.setattr(platform.compose, "call", lambda instance, *words, task, env: made.append((words, env)))
    return made


def test_the_base_is_built_first_and_alone(calls):
    platform.build_services(Instance("mine"), NoProgress(), "some", "tester", "deployer")
    built = [[word for word in words if word in ("base", "tester", "deployer")] for words, _ in calls]
    assert built == [["base"], ["tester", "deployer"]]


def test_the_engine_of_the_context_builds_whatever_builder_people_chose(calls):
    platform.build_services(Instance("mine"), NoProgress())
    assert {env["BUILDX_BUILDER"] for _, env in calls} == {"rootless"}
