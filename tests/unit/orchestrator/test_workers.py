"""Starting, finding and losing jobs on the instances of a worker."""

import threading
import time

import pytest

from common.wire.errors import Conflict, ServiceDown
from orchestrator.runs.workers import JobGone, WorkerClient, addresses_by_dns
from tests.unit.orchestrator.fakes import COMMIT, OUTPUTS, Gate, World

INPUTS = {"run": 1, "attempt": 1, "repo": {"id": 1, "forge": "local", "owner": "a", "name": "b"}, "ref": "main",
          "commit": COMMIT, "clone": {"url": "/repositories/a/b.git"}}


@pytest.fixture
def world():
    return World(instances=3)


@pytest.fixture
def fleet(world):
    return WorkerClient(world.client_of, world.addresses, patience=0.2)


@pytest.fixture
def never():
    return threading.Event()


def test_the_job_is_found_wherever_it_went(world, fleet, never):
    started = fleet.start("builder", "1.build.1", 1, INPUTS, never)
    assert fleet.find("builder", "1.build.1").worker == started.worker
    assert fleet.find("builder", "2.build.1") is None


def test_jobs_spread_over_the_instances(world, fleet, never):
    workers = {fleet.start("builder", f"{run}.build.1", 1, INPUTS, never).worker for run in range(1, 40)}
    assert len(workers) == 3


def test_a_lower_fence_is_refused(world, never):
    world.workers["builder"] = world.workers["builder"][:1]
    fleet = WorkerClient(world.client_of, world.addresses, patience=0.2)
    fleet.start("builder", "1.build.1", 2, INPUTS, never)
    with pytest.raises(Conflict) as refused:
        fleet.start("builder", "1.scan.1", 1, INPUTS, never)
    assert refused.value.error == "old_fence"


def test_an_unknown_job_is_gone_and_says_why(world, fleet, never):
    with pytest.raises(JobGone, match="the builder was restarted"):
        fleet.look("builder", "http://builder0:8000", "1.build.1", never)


def test_no_instance_at_all_is_given_up_after_the_patience(world, fleet, never):
    def nobody(worker):
        raise ServiceDown(f"{worker} is not to be found")
    with pytest.raises(JobGone, match="out of reach"):
        WorkerClient(world.client_of, nobody, patience=0.1).start("builder", "1.build.1", 1, INPUTS, never)


def test_a_job_out_of_reach_is_given_up_sooner_where_another_instance_could_take_it(world, never):
    fleet = WorkerClient(world.client_of, world.addresses, patience=0.1)
    world.workers["builder"][0].unreachable = True

    def seconds_until_gone():
        began = time.monotonic()
        with pytest.raises(JobGone):
            fleet.look("builder", "http://builder0:8000", "1.build.1", never)
        return time.monotonic() - began
    sooner = seconds_until_gone()
    for worker in world.workers["builder"]:
        worker.unreachable = True
    assert seconds_until_gone() >= 0.2 and sooner >= 0.1
    assert asked(world, fleet) == [False, True]


def asked(world, fleet):
    """Does any builder answer: with all out of reach, and with one back."""
    nobody = fleet._answers("builder")
    world.workers["builder"][2].unreachable = False
    return [nobody, fleet._answers("builder")]


def test_a_cancel_ends_the_patience_at_once(world):
    stop = threading.Event()
    stop.set()
    for worker in world.workers["builder"]:
        worker.unreachable = True
    with pytest.raises(JobGone):
        WorkerClient(world.client_of, world.addresses, patience=60).start("builder", "1.build.1", 1, INPUTS, stop)


def test_put_down_waits_until_the_job_has_ended(world, fleet, never):
    gate = world.work["build"] = Gate(OUTPUTS["build"])
    fleet.start("builder", "1.build.1", 1, INPUTS, never)
    assert gate.reached.wait(5)
    fleet.put_down("builder", "1.build.1", never)
    assert gate.canceled.is_set() and fleet.find("builder", "1.build.1").state == "canceled"


def test_a_name_that_dns_does_not_know_is_a_service_that_is_down():
    with pytest.raises(ServiceDown):
        addresses_by_dns("no-such-worker.invalid")
