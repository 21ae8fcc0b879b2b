"""What the security tests share: an app that looks around, and people who are strangers to each other."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.harness.stack import Repo
from tests.security import engine, people, switched, targets

PROBE = Path(__file__).parent / "probe" / "probe.py"
ON_COPIES = ("tests/security/test_switched_off.py", "tests/security/test_switched_off_github.py",
             "tests/security/test_switched_off_source.py", "tests/security/test_switched_off_engine.py")
DOCKERFILE = """\
FROM python:3.13-slim
WORKDIR /app
COPY probe.py targets.json ./
RUN python probe.py look
RUN python probe.py ask targets.json
EXPOSE 8000
CMD ["python", "probe.py", "serve"]
"""
CONFIG = """\
deploy: {port: 8000, watch: 1s, drain: 1s, memory: 256m}
test: {http: [{path: /, contains: ready}]}
"""


class OfThePlatform(LoadScopeScheduling):
    """Tests of the installation stay in one process, in turn. Those that switch a protection off in a copy need none,
    and go beside them, one by one."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if nodeid.startswith(ON_COPIES) else "platform"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return OfThePlatform(config, log)


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of our source with its tests; each test changes one file and puts it back."""
    return switched.copy_to(tmp_path_factory.mktemp("copy"))


@pytest.fixture(scope="module")
def platform(stack):
    """Service -> its container; of each file anew, since tests of settings replace some."""
    return engine.platform_containers(stack)


@dataclass
class Probe:
    """Code of a stranger that was built and runs: what it saw in its build, and what it sees as an app."""

    repo: Repo
    run: dict
    container: dict
    build_look: dict
    build_answers: dict[str, str]

    def look(self) -> dict:
        return self._json(self.repo.fetch("/look"))

    def ask(self, wanted: list[list]) -> dict[str, str]:
        """What each [host, port] answers the app.

        What was open is asked again: an engine before 28 takes its rules between networks away for a moment when it
        makes or removes one (docs/security.md), and another test may be doing that just now.
        """
        answers = self._json(engine_post(self.container, wanted))
        again = [target for target in wanted if answers[f"{target[0]}:{target[1]}"].startswith("open")]
        return answers | (self._json(engine_post(self.container, again)) if again else {})

    @staticmethod
    def _json(response):
        assert response.status_code == 200, response.text
        return response.json()


def engine_post(container: dict, wanted: list[list]):
    """To the app itself, since Caddy would not wait for a long answer of many addresses."""
    network = next(name for name in engine.addresses(container) if "-repo-" in name)
    address = engine.addresses(container)[network]
    return people.session().post(f"http://{address}:8000/ask", json=wanted, timeout=120)


@pytest.fixture(scope="session")
def probe(stack):
    """The probing app, live."""
    platform = engine.platform_containers(stack)
    wanted = [*targets.of_platform(platform), *targets.BY_NAME, *targets.around_steps(platform["buildkit"]),
              *targets.of_host(platform, platform["buildkit"], stack.api.settings)]
    repo = stack.repo_of({"Dockerfile": DOCKERFILE, ".continuum.yml": CONFIG, "probe.py": PROBE.read_text(),
                          "targets.json": json.dumps(wanted)}, name="probe")
    run = stack.wait(repo.run()["id"])
    assert run["state"] == "success", run["reason"]
    told = dict(line.removeprefix("PROBE ").split(" ", 1) for line in stack.lines(run["id"], "build.1")
                if line.startswith("PROBE "))
    return Probe(repo, run, engine.app_containers(stack, repo.id)[0], json.loads(told["look"]), json.loads(told["ask"]))


@pytest.fixture(scope="session")
def neighbour(stack):
    """A live app of another repository."""
    repo = stack.repo_of({"Dockerfile": DOCKERFILE.replace("RUN python probe.py ask targets.json\n", ""),
                          ".continuum.yml": CONFIG, "probe.py": PROBE.read_text(), "targets.json": "[]"},
                         name="neighbour")
    run = stack.wait(repo.run()["id"])
    assert run["state"] == "success", run["reason"]
    return repo, engine.app_containers(stack, repo.id)[0]


@pytest.fixture(scope="session")
def stranger(stack):
    """Somebody with an account and no right on anything."""
    return people.sign_up(stack)
