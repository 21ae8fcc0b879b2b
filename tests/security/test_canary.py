"""S43: a secret with a canary in it, and every place where secrets have been found in other systems.

The build lasts, so that its processes are looked at while it runs. Allowed are the places that design.md names: the
environment of the one process that hands the secret on (buildctl), the build step's secret mount, and the environment
of the app that asked for it.
"""

from __future__ import annotations

import json
import subprocess
import threading
import uuid
from pathlib import Path

import pika
import pytest

from cli import compose
from cli.waiting import wait_for
from common.wire.broker import EXCHANGE
from tests.harness.apps import SERVER
from tests.security import engine, people

LARGEST = 64 * 1024**2      # bytes of a file that is looked into
HANDS_ON = {"buildctl", "setpriv"}
DOCKERFILE = """\
FROM python:3.13-slim
WORKDIR /app
RUN --mount=type=secret,id=BUILD_KEY test -s /run/secrets/BUILD_KEY && echo holding && sleep 6
COPY app.py .
CMD ["python", "app.py"]
"""
CONFIG = """\
build: {secrets: [BUILD_KEY]}
deploy: {port: 8000, secrets: [APP_KEY], env: {PLAIN: visible}, watch: 1s}
test: {commands: [{run: [python, -c, "import os; assert os.environ['APP_KEY']"]}]}
"""


class Spy:
    """A queue of our own beside dbproxy's: every message of the logs while it is open. No user of the installation may
    read them all, so it has one of its own meanwhile."""

    def __init__(self, stack):
        self.bodies: list[bytes] = []
        self._broker, password = stack.container("rabbitmq"), uuid.uuid4().hex
        self._rabbitmqctl(f"add_user spy {password}", "set_permissions spy .* .* .*")
        self._parameters = pika.ConnectionParameters(compose.address_of(stack.instance, "rabbitmq"), 5672, "/",
                                                     pika.PlainCredentials("spy", password))
        self._ready, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(20), "the broker does not answer"
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self._rabbitmqctl("delete_user spy")

    def _rabbitmqctl(self, *calls: str) -> None:
        for call in calls:
            engine.docker("exec", self._broker, "rabbitmqctl", "-q", *call.split())

    def _read(self):
        with pika.BlockingConnection(self._parameters) as connection:
            channel = connection.channel()
            queue = channel.queue_declare("", exclusive=True).method.queue
            channel.queue_bind(queue, EXCHANGE, "log.#")
            channel.basic_consume(queue, lambda *message: self.bodies.append(message[3]), auto_ack=True)
            self._ready.set()
            while not self._stop.is_set():
                connection.process_data_events(time_limit=0.2)


class Seen:
    """Everything that was looked at, by name; `holders(canary)` tells where it is."""

    def __init__(self):
        self.places: dict[str, bytes] = {}

    def add(self, name: str, data: bytes | str) -> None:
        self.places[name] = data.encode() if isinstance(data, str) else data

    def holders(self, canary: str) -> set[str]:
        return {name for name, data in self.places.items() if canary.encode() in data}


@pytest.fixture(scope="module")
def canary() -> str:
    return f"canary{uuid.uuid4().hex}"


@pytest.fixture(scope="module")
def story(stack, canary):
    """(the run once it is over, the processes while it built, the queue's messages, its repo)."""
    fresh = DOCKERFILE.replace("RUN ", f"ENV RUN_ONCE={uuid.uuid4().hex}\nRUN ", 1)      # no cached step
    repo = stack.repo_of({"Dockerfile": fresh, ".continuum.yml": CONFIG, "app.py": SERVER})
    for name, use in (("BUILD_KEY", "build"), ("APP_KEY", "deploy")):
        stack.api.put(f"/repos/{repo.id}/secrets/{name}", {"value": canary, "use": [use]})
    with Spy(stack) as spy:
        started = repo.run()
        stack.wait_stage(started["id"], "build")
        wait_for(lambda: "holding" in stack.text_so_far(started["id"], "build.1") or None, "the build to hold its secret", 120)
        building = processes()
        ended = stack.wait(started["id"])
    assert ended["state"] == "success", ended["reason"]
    return ended, building, spy.bodies, repo


def processes() -> list[tuple[int, str, bytes, bytes]]:
    """(pid, name, cmdline, environ) of every process of this machine that we may read, those in containers too."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                found.append((int(folder.name), (folder / "comm").read_text().strip(),
                              (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue      # it ended while we looked, or is the machine's own; `assert_ours_are_in` sees to the rest
    return found


def assert_ours_are_in(seen: list[tuple[int, str, bytes, bytes]], platform: dict[str, dict]) -> None:
    missing = {service for service, item in platform.items() if item["State"]["Pid"] not in {pid for pid, *_ in seen}}
    assert missing == set(), "the processes of these could not be read"


def test_no_argv_and_only_the_builders_own_tool_holds_it_while_building(platform, story, canary):
    """Holds: `--secret id=…,env=…` instead of a value; an environment of its own for each program."""
    _, building, _, _ = story
    assert_ours_are_in(building, platform)
    assert [name for _, name, cmdline, _ in building if canary.encode() in cmdline] == []
    holders = {name for _, name, _, environ in building if canary.encode() in environ}
    assert holders and holders <= HANDS_ON, holders


def test_no_argv_and_only_the_app_itself_holds_it_while_it_runs(stack, platform, story, canary):
    """Holds: the deployer hands the variable to the engine and keeps nothing of it in a process of ours."""
    repo = story[3]
    app = engine.app_containers(stack, repo.id)[0]
    own = {int(pid) for pid in engine.docker("top", app["Id"], "-o", "pid").split()[1:]}
    running = processes()
    assert_ours_are_in(running, platform)
    assert [name for _, name, cmdline, _ in running if canary.encode() in cmdline] == []
    holders = {pid for pid, _, _, environ in running if canary.encode() in environ}
    assert holders and holders <= own


def test_no_message_of_the_broker_holds_it(story, canary):
    """Holds: jobs are not queued, and log lines are masked before they are published."""
    messages = story[2]
    assert any(b"holding" in body for body in messages), "the spy heard the build"
    assert [body[:200] for body in messages if canary.encode() in body] == []


def test_the_image_does_not_hold_it(stack, story, canary):
    """Holds: secret mounts instead of build args: not in the history, the configuration or a file of the image."""
    app = engine.app_containers(stack, story[3].id)[0]
    seen = Seen()
    seen.add("history", engine.docker("history", "--no-trunc", app["Image"]))
    seen.add("configuration", engine.docker("image", "inspect", app["Image"]))
    seen.add("files", subprocess.run(["docker", "export", app["Id"]], capture_output=True, timeout=120, check=True).stdout)
    assert b"app.py" in seen.places["files"]
    assert seen.holders(canary) == set()


def test_the_database_does_not_hold_it(stack, story, canary):
    """Holds: secrets are sealed in the dashboard; what Postgres keeps is a sealed box."""
    dump = engine.docker("exec", stack.container("postgres"), "pg_dump", "-U", "continuum", "continuum", timeout=120)
    assert "BUILD_KEY" in dump, "the dump has the secrets' table"
    assert canary not in dump


def test_no_service_writes_it_to_its_log(stack, platform, story, canary):
    """Holds: SecretStr, and that nobody logs bodies; of our services and of the parts that are not ours."""
    seen = Seen()
    for service, container in platform.items():
        done = subprocess.run(["docker", "logs", container["Id"]], capture_output=True, timeout=60)
        seen.add(service, done.stdout + done.stderr)
    assert len(seen.places["builder"] + seen.places["dbproxy"]) > 100
    assert seen.holders(canary) == set()


def test_no_file_of_ours_holds_it(platform, story, canary):
    """Holds: nothing is written on the way: work trees, spools, mirrors, routes, BuildKit's records, the broker's disk."""
    seen = Seen()
    volumes = {mount["Name"]: mount["Source"] for container in platform.values() for mount in container["Mounts"]
               if mount["Type"] == "volume"}
    assert len(volumes) >= 10
    for name, source in volumes.items():
        found = subprocess.run(["grep", "--recursive", "--files-with-matches", "--fixed-strings", "--binary-files=text",
                                "--devices=skip", canary, source], capture_output=True, text=True, timeout=300)
        if found.stdout:
            seen.add(name, f"{found.stdout} {canary}")
    assert seen.holders(canary) == set(), seen.places


def test_no_answer_of_the_api_holds_it(stack, story, canary):
    """Holds: no endpoint returns a value, and an error about a secret does not repeat it."""
    ended, _, _, repo = story
    seen = Seen()
    for path in (f"/repos/{repo.id}", f"/repos/{repo.id}/secrets", f"/repos/{repo.id}/runs", f"/runs/{ended['id']}",
                 f"/repos/{repo.id}/deployments", "/audit"):
        seen.add(path, json.dumps(stack.api.get(path)))
    for job in ended["jobs"]:
        seen.add(f"log {job['stage']}", stack.text(ended["id"], f"{job['stage']}.{job['attempt']}"))
    for name, body in (("bad name!", {"value": canary, "use": ["build"]}), ("GOOD", {"value": canary, "use": [canary]}),
                       ("GOOD", {"value": [canary]}), ("GOOD", {"value": canary + "\0", "use": ["build"]})):
        answer = people.call(stack.api.url, "PUT", f"/api/v1/repos/{repo.id}/secrets/{name}", stack.api._token(), json=body)
        assert answer.status_code in (400, 404), answer.text
        seen.add(f"error for {name} {sorted(body)}", answer.text)
    assert seen.holders(canary) == set()
