"""The job API: idempotent PUT, tombstones, fences, cancel, and the border between failure and error."""

import threading

import pytest
from pydantic import BaseModel

from common.secrets.tokens import Signer, new_key
from common.wire.errors import Failure
from common.wire.reasons import Reason
from common.worker.app import WorkerSettings, create_worker
from common.worker.jobs import Done, Stage


class Inputs(BaseModel):
    say: str


class Work:
    """A stage with switchable outcomes."""

    def __init__(self):
        self.release = threading.Event()
        self.started = threading.Event()
        self.calls = 0

    def __call__(self, inputs, log, cancel):
        self.calls += 1
        self.started.set()
        log.line(f"said {inputs.say}")
        if inputs.say == "fail":
            raise Failure("the work said no")
        if inputs.say == "break":
            raise KeyError("ours")
        if inputs.say == "wait":
            cancel.on_request(self.release.set)
            self.release.wait(10)
            cancel.check()
        if inputs.say == "caveat":
            return Done({"heard": inputs.say}, Reason("done, but not in full", "no_full_database"))
        return {"heard": inputs.say}


@pytest.fixture
def work():
    return Work()


@pytest.fixture
def client(work, tmp_path):
    private, public = new_key()
    settings = WorkerSettings(service_key=private, service_public_keys=f"orchestrator={public}", worker_slots=1,
                              rabbitmq_url="amqp://nobody:none@127.0.0.1:1/%2F", spool_path=str(tmp_path / "spool.db"))
    app = create_worker("builder", {"build": Stage(work, Inputs)}, settings)
    client = app.test_client()
    token = Signer("orchestrator", private).token("builder")
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client


def put(client, name="1.build.1", say="hello", fence=1):
    return client.put(f"/v1/jobs/{name}", json={"fence": fence, "inputs": {"say": say}})


def ended(client, name="1.build.1"):
    seen = 0
    while True:
        job = client.get(f"/v1/jobs/{name}?wait=5&seen={seen}").json
        if job["ended"]:
            return job
        seen = job["version"]


def test_a_job_runs_and_its_outputs_are_told(client):
    assert put(client).status_code == 201
    job = ended(client)
    assert (job["state"], job["outputs"], job["lines"]) == ("success", {"heard": "hello"}, 1)


def test_a_success_may_have_a_reason_of_its_own(client):
    put(client, say="caveat")
    job = ended(client)
    assert (job["state"], job["reason"], job["code"]) == ("success", "done, but not in full", "no_full_database")
    assert job["outputs"] == {"heard": "caveat"}


def test_the_same_put_again_starts_nothing(client, work):
    put(client)
    assert put(client).status_code == 200
    ended(client)
    assert work.calls == 1


def test_other_inputs_and_lower_fences_are_refused(client):
    put(client, fence=5)
    assert put(client, say="other", fence=5).status_code == 409
    assert put(client, name="1.build.2", fence=4).json["error"] == "old_fence"
    assert put(client, name="2.build.1", fence=1).status_code == 201


def test_failure_and_error_are_kept_apart(client):
    put(client, "1.build.1", "fail")
    put(client, "1.build.2", "break")
    failed, broken = ended(client), ended(client, "1.build.2")
    assert (failed["state"], failed["reason"], failed["code"]) == ("failure", "the work said no", "failure")
    assert (broken["state"], broken["code"]) == ("error", "internal")
    assert failed["params"] == {"line": failed["lines"]}, "the log's line with the reason"


def test_cancel_ends_a_running_job(client, work):
    put(client, say="wait")
    assert work.started.wait(5)
    assert client.delete("/v1/jobs/1.build.1").status_code == 202
    assert client.delete("/v1/jobs/1.build.1").status_code == 202
    assert ended(client)["state"] == "canceled"


def test_a_waiting_job_says_so_and_is_canceled_at_once(client, work):
    put(client, "1.build.1", "wait")
    assert work.started.wait(5)
    assert put(client, "2.build.1").json["reason"] == "waiting for a free slot, 0 ahead"
    client.delete("/v1/jobs/2.build.1")
    assert ended(client, "2.build.1")["state"] == "canceled"
    work.release.set()
    ended(client)
    assert work.calls == 1


def test_the_number_ahead_counts_down_and_jobs_begin_in_the_order_they_came(client, work):
    put(client, "1.build.1", "wait")
    assert work.started.wait(5)
    names = ["2.build.1", "3.build.1", "4.build.1"]
    told = [put(client, name).json for name in names]
    assert [(job["state"], job["reason"], job["code"], job["params"], job["started"]) for job in told] == [
        ("pending", f"waiting for a free slot, {ahead} ahead", "queued_at_worker", {"ahead": ahead}, None) for ahead in range(3)]
    client.delete("/v1/jobs/2.build.1")
    later = client.get(f"/v1/jobs/4.build.1?wait=5&seen={told[2]['version']}").json
    assert later["reason"] == "waiting for a free slot, 1 ahead"
    work.release.set()
    began = [ended(client, name)["started"] for name in names[1:]]
    assert began == sorted(began) and work.calls == 3


def test_a_job_that_gets_a_slot_runs_from_its_first_answer_on(client, work):
    assert put(client, say="wait").json["state"] == "running"
    work.release.set()


def test_a_delete_before_its_put_leaves_a_tombstone(client, work):
    client.delete("/v1/jobs/1.build.1")
    assert put(client).json["state"] == "canceled"
    assert work.calls == 0


@pytest.mark.parametrize("body", [None, {}, {"fence": 0, "inputs": {"say": "x"}}, {"fence": 1, "inputs": {}}])
def test_wrong_bodies_are_400_and_name_the_field(client, body):
    answer = client.put("/v1/jobs/1.build.1", json=body)
    assert answer.status_code == 400
    assert answer.json["detail"]


def test_unknown_jobs_and_odd_ids_are_404(client):
    assert client.get("/v1/jobs/9.build.9").status_code == 404
    assert client.get("/v1/jobs/x").status_code == 404


def test_unsigned_calls_are_401_and_health_is_open(client):
    del client.environ_base["HTTP_AUTHORIZATION"]
    assert put(client).status_code == 401
    assert client.get("/healthz").status_code == 200
    assert b"continuum_http_seconds" in client.get("/metrics").data


def test_readiness_survives_a_broker_that_is_away(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert "degraded" in answer.json["checks"]["log lines"]["detail"]
