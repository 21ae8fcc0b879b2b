"""The deployer as a process, over its REST API: who may what, one-off commands, logs, usage; and killed with -9."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests
from world import REPO, Deployer, asking, free_port, wait_for

from common.secrets.tokens import Signer, new_key
from common.wire.contracts import DeployConfig
from common.worker.jobs import JobKey
from deployer import operations
from deployer.promote import recover
from deployer.records import Version

ROOT = Path(__file__).parents[3]


class Process:
    """The deployer, started and killed as a container's would be; `call` as one of the services."""

    def __init__(self, world):
        self.world, self.port, self.process = world, free_port(), None
        keys = {name: new_key() for name in ("orchestrator", "tester", "dashboard", "builder")}
        self._signers = {name: Signer(name, private) for name, (private, _) in keys.items()}
        settings = world.settings(service_public_keys=",".join(f"{name}={public}" for name, (_, public) in keys.items()))
        values = settings.model_dump()
        self._environment = {key.upper(): getattr(value, "get_secret_value", lambda v=value: str(v))()
                             for key, value in values.items() if value is not None}

    def start(self) -> None:
        command = [sys.executable, "-m", "common.service.serve", "--bind", f"127.0.0.1:{self.port}",
                   "deployer.app:app"]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **self._environment}, start_new_session=True)
        wait_for(self._up, "the deployer's answer")

    def _up(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=2).ok
        except (requests.ConnectionError, requests.Timeout):      # it listens before its app is loaded
            return False

    def kill(self) -> None:
        """All of it at once, as when its container is killed."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def call(self, method: str, path: str, caller: str = "orchestrator", **options) -> requests.Response:
        token = self._signers[caller].token("deployer") if caller else ""
        return requests.request(method, f"http://127.0.0.1:{self.port}{path}", timeout=40,
                                headers={"Authorization": f"Bearer {token}"}, **options)


@pytest.fixture(scope="module")
def process(world):
    process = Process(world)
    process.start()
    yield process
    process.kill()


@pytest.fixture
def candidate(world, deployer):
    """A deployed version that has a variable of its own."""
    inputs = world.inputs("app", env={"VERSION": "here", "FROM_CONFIG": "yes"})
    job = deployer.deploy(inputs)
    assert job.state == "success", job.reason
    return inputs


def command(process, candidate, argv, name="77.test.1.1", **more):
    body = {"run": candidate.run, "repo": REPO, "deployment": candidate.deployment, "argv": argv,
            "image": candidate.image.model_dump(), "deploy": candidate.config.model_dump(mode="json"), **more}
    response = process.call("PUT", f"/v1/commands/{name}", "tester", json=body, stream=True)
    assert response.status_code == 200, response.text
    *lines, end = [json.loads(line) for line in response.iter_lines() if line]
    return [item["line"] for item in lines], end


@pytest.mark.parametrize(("method", "path", "caller", "status"), [
    ("GET", "/v1/deployments", None, 401), ("GET", "/v1/deployments", "builder", 403),
    ("GET", "/v1/deployments", "dashboard", 200), ("GET", "/v1/engine", "dashboard", 200),
    ("DELETE", "/v1/deployments/1", "dashboard", 403), ("DELETE", "/v1/deployments/1", "tester", 403),
    ("POST", "/v1/sweep", "tester", 403), ("PUT", "/v1/jobs/1.deploy.1", "dashboard", 403),
    ("PUT", "/v1/commands/1", "dashboard", 403), ("PUT", "/v1/commands/1", "tester", 400),
    ("DELETE", "/v1/deployments/1", "orchestrator", 204), ("POST", "/v1/deployments/1/stop", "orchestrator", 404),
    ("GET", "/v1/deployments/1/logs", "dashboard", 404), ("GET", "/v1/deployments/1/usage", "dashboard", 404),
    ("GET", "/v1/deployments?wait=x", "dashboard", 400)])
def test_who_may_what(process, method, path, caller, status):
    assert process.call(method, path, caller).status_code == status


def test_a_command_runs_beside_the_app_with_its_variables(process, candidate):
    script = ("import os, sys, urllib.request as u; print(os.environ['FROM_CONFIG'], os.environ['MORE']); "
              "print(u.urlopen(os.environ['TARGET']).read().decode()); print('odd', file=sys.stderr); sys.exit(3)")
    host = process.call("GET", "/v1/deployments").json()["deployments"][0]["name"]
    lines, end = command(process, candidate, ["python", "-u", "-c", script],
                         env={"MORE": "too", "TARGET": f"http://{host}:8080/"})
    assert sorted(lines) == ["here", "odd", "yes too"] and end == {"exit": 3, "reason": None, "code": None, "reports": []}


def test_a_commands_reports_are_found_by_their_glob(process, candidate):
    script = ("import os; os.makedirs('/reports/deep'); open('/reports/a.xml', 'w').write('<a/>'); "
              "open('/reports/deep/b.xml', 'w').write('<b/>'); open('/reports/c.txt', 'w').write('no'); "
              "os.symlink('/etc/passwd', '/reports/evil.xml')")
    assert command(process, candidate, ["python", "-c", script], junit="reports/*.xml")[1]["reports"] == [
        {"path": "reports/a.xml", "xml": "<a/>"}]
    _, end = command(process, candidate, ["python", "-c", script], junit="reports/**/*.xml")
    assert {item["path"] for item in end["reports"]} == {"reports/a.xml", "reports/deep/b.xml"}
    assert command(process, candidate, ["python", "-c", "0"], junit="nowhere/*.xml")[1]["reports"] == []


@pytest.mark.parametrize(("argv", "more", "reason"), [
    (["sleep", "60"], {"timeout": 1}, "timeout: it ran longer than 1 s"),
    (["no-such-program"], {}, None),
])
def test_a_command_that_does_not_end_by_itself(process, candidate, argv, more, reason):
    _, end = command(process, candidate, argv, **more)
    assert (end["exit"], end["reason"]) == (None if reason else 127, reason)


def test_a_command_is_ended_by_delete_and_leaves_nothing(process, candidate, world):
    ended = []
    thread = threading.Thread(target=lambda: ended.append(command(process, candidate, ["sleep", "60"])))
    thread.start()
    label = {"label": ["continuum.instance=dev-deployer", "continuum.role=command"]}
    wait_for(lambda: world.api.containers(filters=label), "the container")
    assert process.call("DELETE", "/v1/commands/77.test.1.1", "tester").status_code == 204
    thread.join(10)
    assert ended[0][1]["exit"] is None and ended[0][1]["reason"] == "canceled"
    assert process.call("DELETE", "/v1/commands/77.test.1.1", "tester").status_code == 204
    assert not world.api.containers(all=True, filters=label)


def test_logs_follow_and_usage(process, candidate, deployer, world):
    with process.call("GET", f"/v1/deployments/{candidate.deployment}/logs?tail=5&follow=true", "dashboard",
                      stream=True) as response:
        lines = (json.loads(line) for line in response.iter_lines() if line)
        assert "starting" in next(lines)["line"]
        found = deployer.inspect(deployer.jobs.get(JobKey(candidate.run, "deploy", 1)))
        ip = found["NetworkSettings"]["Networks"][f"dev-deployer-repo-{REPO}"]["IPAddress"]
        requests.get(f"http://{ip}:8080/seen-by-the-log", timeout=5)
        began = time.monotonic()
        line = next(item for item in lines if "/seen-by-the-log" in item["line"])
        assert time.monotonic() - began < 2 and abs(line["at"] / 1000 - time.time()) < 10
    usage = process.call("GET", f"/v1/deployments/{candidate.deployment}/usage", "dashboard").json()
    assert usage["memory_limit"] == 512 * 1024**2 and 0 < usage["memory"] < usage["memory_limit"]


def test_logs_go_on_after_a_stamp_with_each_line_once(process, candidate, deployer, world):
    """Thousands of lines share a few milliseconds, and are more than an answer without `after` holds."""
    container = deployer.entry(candidate.deployment)["container"]
    burst = world.api.exec_create(container, ["sh", "-c", "seq -f 'burst %g' 3000 > /proc/1/fd/1"])
    world.api.exec_start(burst)
    address = f"/v1/deployments/{candidate.deployment}/logs?tail=5000"

    def printed(query: str = "") -> list[dict]:
        lines = map(json.loads, process.call("GET", address + query, "dashboard").iter_lines())
        return [line for line in lines if line["line"].startswith("burst ")]
    lines = wait_for(lambda: found if len(found := printed()) == 3000 else None, "all lines")
    for number in (1, 1500, 2999):
        rest = printed(f"&after={lines[number - 1]['stamp']}")
        assert [line["line"] for line in rest] == [f"burst {n}" for n in range(number + 1, 3001)]


def test_the_list_waits_for_a_change(process, candidate, world, deployer):
    answer = process.call("GET", "/v1/deployments").json()
    threading.Timer(0.5, lambda: world.api.kill(deployer.entry(candidate.deployment)["container"])).start()
    began = time.monotonic()
    later = process.call("GET", f"/v1/deployments?wait=20&seen={answer['version']}").json()
    assert later["version"] > answer["version"] and 0.3 < time.monotonic() - began < 10
    entry = next(item for item in later["deployments"] if item["deployment"] == candidate.deployment)
    assert (entry["state"], entry["exit_code"], entry["live"]) == ("exited", 137, False)


def test_the_sweep_takes_what_nobody_owns_and_no_live_app(process, candidate, deployer, app):
    live, _ = deployer.live(app)
    assert process.call("POST", "/v1/sweep", json={"runs": []}).json() == {"removed": []}      # too young to be lost
    young, operations.YOUNG = operations.YOUNG, 0
    try:
        assert deployer.parts.operations.sweep({candidate.run}) == []
        assert len(deployer.parts.operations.sweep(set())) == 1
    finally:
        operations.YOUNG = young
    assert deployer.entry(live.deployment)["live"] and deployer.entry(candidate.deployment) is None


def put(process, stage: str, inputs: dict, attempt: int = 1) -> str:
    name = f"{inputs['run']}.{stage}.{attempt}"
    answer = process.call("PUT", f"/v1/jobs/{name}", json={"fence": 1, "inputs": {**inputs, "attempt": attempt}})
    assert answer.status_code == 201, answer.text
    return name


def ended(process, name: str) -> dict:
    answer = {"version": 0, "state": "pending"}
    while answer["state"] in ("pending", "running"):
        answer = process.call("GET", f"/v1/jobs/{name}?wait=20&seen={answer['version']}").json()
    return answer


@pytest.mark.parametrize("moment", ["while the candidate starts", "between start and switch", "while the old one drains"])
def test_killed_with_9_the_live_app_serves_on_and_the_next_attempt_is_clean(process, world, app, moment):
    def inputs(version, **config):
        found = world.inputs("app", env={"VERSION": version}, drain="3s", **config)
        return found, found.model_dump(mode="json")

    def promote(given: dict, deployed: dict, attempt: int = 1) -> dict:
        body = {key: given[key] for key in ("run", "repo", "ref", "commit", "deployment", "config")}
        body |= {"container": deployed["outputs"]["container"], "port": deployed["outputs"]["port"],
                     "protocol": deployed["outputs"]["protocol"], "app": app}
        return ended(process, put(process, "promote", body, attempt))

    old, given = inputs("old")
    first = promote(given, ended(process, put(process, "deploy", given)))
    assert first["state"] == "success", first["reason"]
    with asking(world, app) as answers:
        new, given = inputs("new", health={"successes": 5 if "starts" in moment else 1})
        name = put(process, "deploy", given)
        if "starts" in moment:
            wait_for(lambda: _containers(world, new.run), "the candidate")
        else:
            deployed = ended(process, name)
        if "drains" in moment:
            assert promote(given, deployed)["state"] == "success"
        process.kill()
        time.sleep(0.5)
        process.start()
        assert process.call("GET", f"/v1/jobs/{name}").status_code == 404           # its memory is gone
        if "drains" not in moment:
            assert {text for _, _, text in answers} == {"old"}
            deployed = ended(process, put(process, "deploy", given, attempt=2))
            assert deployed["state"] == "success", deployed["reason"]
        assert promote(given, deployed, attempt=2)["outputs"]["previous"] == old.deployment
        wait_for(lambda: answers[-1][2] == "new", "the new version's answer")
        entries = lambda: {item["deployment"]: item for item in process.call("GET", "/v1/deployments").json()["deployments"]}
        wait_for(lambda: entries()[old.deployment]["role"] == "kept", "the old version's end")
    assert {status for _, status, _ in answers} == {200}
    assert len(_containers(world, new.run)) == 1


def _containers(world, run: int) -> list[dict]:
    return world.api.containers(all=True, filters={"label": f"continuum.run={run}"})


def test_a_switch_that_the_crash_cut_in_two_is_settled_at_the_next_start(world, app):
    """The record says what was meant, the route whether it had happened."""
    records = Deployer(world).parts.records
    old, new = (Version(deployment=number, repo=1, run=number, container=f"c{number}", upstream=f"host{number}:80")
                for number in (1, 2))
    for reached in (False, True):
        with records.changing(app) as record:
            record.live, record.next, record.leaving = old, new, []
        records.switch(app, new.upstream if reached else old.upstream)
        recover(records)
        record = records.read(app)
        assert record.next is None and record.live.deployment == (2 if reached else 1)
        assert [item.deployment for item in record.leaving] == ([1] if reached else [])
    with records.changing(app) as record:
        record.live, record.leaving = None, []
    records.switch(app, None)


def test_durations_of_the_config_reach_the_engine(world, deployer):
    job = deployer.deploy(world.inputs("app", grace="7s"))
    assert deployer.inspect(job)["Config"]["StopTimeout"] == 7 and DeployConfig(grace="7s").grace == 7
