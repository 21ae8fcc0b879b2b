"""Partners that go away: the service says so, loses nothing, and recovers by itself."""

import threading
import time

import pytest
import requests

from common.wire.errors import ServiceDown
from tests.contract.dbproxy.world import message


@pytest.fixture
def no_postgres(postgres_gate):
    """Closes the way; whoever opens it earlier is fine."""
    postgres_gate.close()
    opened = []

    def open_again():
        if not opened:
            opened.append(postgres_gate.open())
    yield open_again
    open_again()


def readiness(service):
    answer = requests.get(f"{service.url}/readyz", timeout=10)
    return answer.status_code, answer.json()["checks"]


def test_without_postgres_state_calls_are_503_and_readyz_says_why(world, service, no_postgres, eventually):
    began = time.monotonic()
    with pytest.raises(ServiceDown, match="Postgres"):
        service.client("dashboard", patience=0).get("/v1/runs")
    assert time.monotonic() - began < 8, "bounded retries"
    status, checks = readiness(service)
    assert status == 503 and "Postgres cannot answer" in checks["database"]["detail"]
    assert requests.get(f"{service.url}/healthz", timeout=5).status_code == 200
    no_postgres()
    eventually(lambda: readiness(service)[0] == 200)
    assert world.new_run()["state"] == "pending"


def test_lines_that_come_meanwhile_are_stored_afterwards_once(world, no_postgres, eventually, postgres_gate):
    no_postgres()
    run = world.claimed_run()["id"]
    postgres_gate.close()
    bodies = [message(run, number, [f"{number}"]) for number in range(1, 301)]
    world.publish(*bodies)
    time.sleep(1)      # some tries fail
    postgres_gate.open()
    eventually(lambda: world.page(run)["last"] == 300, 30)
    assert [line[3] for line in world.whole_log(run)] == [f"{number}" for number in range(1, 301)]


def test_cut_connections_do_not_reach_the_caller(world, postgres_gate):
    for _ in range(5):
        world.new_run()
        postgres_gate.cut()
        assert world.service.client("dashboard", patience=0).get("/v1/runs")["total"] > 0


def test_what_changed_while_nobody_listened_is_found_once_the_connection_is_back(world, postgres_gate):
    found = []

    def wait():
        found.append((world.claim(wait=25), time.monotonic()))
    thread = threading.Thread(target=wait)
    thread.start()
    time.sleep(0.5)      # so that it waits
    postgres_gate.close()
    world.sql("INSERT INTO runs (repo, kind, ref, commit, event, actor, reason) "
              "VALUES (%s, 'full', 'main', 'c', 'push', 'ann', 'made while nobody listened')", (world.repo,))
    postgres_gate.open()
    opened = time.monotonic()
    thread.join()
    (claimed,), answered = found[0]
    assert claimed["repo"] == world.repo and answered - opened < 12


def test_without_the_broker_state_is_written_and_lines_come_later(world, rabbitmq_gate, eventually):
    run = world.claimed_run()["id"]
    start = world.dashboard.get("/v1/events")["last"]
    log = lambda: world.dashboard.get("/v1/status")["log"]      # noqa: E731
    rabbitmq_gate.close()
    eventually(lambda: log()["state"].startswith("reconnecting"))
    assert readiness(world.service)[0] == 200
    assert "degraded" in readiness(world.service)[1]["log lines"]["detail"]
    world.publish(*(message(run, number, ["x"]) for number in range(1, 21)))      # past the gate
    rabbitmq_gate.open()
    eventually(lambda: world.page(run)["last"] == 20)
    assert log()["state"] == "connected"
    told = world.dashboard.get("/v1/events", params={"after": start, "topics": "status"})["events"]
    assert [event["kind"] for event in told] == ["status.updated", "status.updated"]


def test_a_connection_to_the_broker_that_is_cut_in_the_middle_doubles_nothing(world, rabbitmq_gate, eventually):
    run = world.claimed_run()["id"]
    for start in range(1, 1001, 200):
        world.publish(*(message(run, number, [f"{number}"]) for number in range(start, start + 200)))
        rabbitmq_gate.cut()
    eventually(lambda: world.page(run)["last"] == 1000, 30)
    assert world.sql("SELECT count(*), count(DISTINCT seq) FROM log_lines WHERE run = %s", (run,)) == [(1000, 1000)]
