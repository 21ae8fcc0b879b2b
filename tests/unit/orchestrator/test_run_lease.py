"""Every write about a run carries its fence, and the first refused one ends the lease."""

import pytest

from orchestrator.runs.lease import LostRun, RunLease

WRITES = {
    "the run": lambda lease, _: lease.write_run(reason="late"),
    "a job": lambda lease, _: lease.write_job("build", 1, state="running", reason=""),
    "its deployment": lambda lease, number: lease.write_deployment(number, state="live", reason="late"),
    "a new deployment": lambda lease, _: lease.new_deployment(repo=1, digest="sha256:" + "b" * 64),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_who_lost_the_run_writes_nothing(world, write):
    run = world.db.new_run()
    claimed = world.db.claim()
    old = RunLease(world.db.api, run, claimed.fence)
    deployment = old.new_deployment(repo=1, environment="production", digest="sha256:" + "a" * 64, repository="a/b",
                                    commit="c" * 40, actor="ann").id
    world.db.expire(run)
    world.db.claim("other")
    with pytest.raises(LostRun):
        write(old, deployment)
    assert old.lost and world.db.deployments[deployment]["state"] == "candidate"
    written = len(world.db.writes)
    with pytest.raises(LostRun):
        write(old, deployment)
    assert len(world.db.writes) == written
