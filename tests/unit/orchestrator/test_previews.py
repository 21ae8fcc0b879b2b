"""Runs of pull requests: everything but promote, in an environment of their own, and nothing left afterwards."""

import pytest

from common.wire.contracts import RepoConfig
from orchestrator.runs import pipeline as pipeline
from tests.unit.orchestrator.fakes import OUTPUTS, build_outputs

REF = "refs/pull/7/head"
SECRETS = [{"name": "KEY", "use": ["build", "deploy"], "sealed": {"builder": "for builder", "deployer": "for deployer"}}]


def pull_run(world, fork=False, **fields):
    return world.db.new_run(event="pull_request", ref=REF, inputs={"pull": {"number": 7, "fork": fork}}, **fields)


@pytest.fixture
def given(world):
    """Stage -> the inputs that its worker got."""
    found = {}
    for stage in world.work:
        def work(inputs, log, cancel, stage=stage):
            found[stage] = inputs
            return world.outputs.get(stage, OUTPUTS[stage])
        world.work[stage] = work
    world.outputs = {}
    world.db.secrets[1] = SECRETS
    return found


def test_it_has_no_promote_whatever_the_kind():
    for kind in ("full", "deploy", "rollback"):
        assert "promote" in pipeline.graph(kind) and "promote" not in pipeline.graph(kind, preview=True)


def test_its_candidate_is_a_preview_and_is_removed_after_a_success(player, world):
    run = player.play(pull_run(world))
    deployment = world.db.deployment_of(run["id"])
    assert run["state"] == "success" and "preview is removed" in run["reason"]
    assert (deployment["environment"], deployment["state"]) == ("preview", "removed")
    assert world.deployer.removed == [deployment["id"]] and "promote.1" not in world.db.states(run["id"])


def test_what_is_live_stays_live(player, world):
    live = world.db.deployment_of(player.play(world.db.new_run())["id"])
    player.play(pull_run(world))
    assert live["state"] == "live" and live["id"] not in world.deployer.removed


def test_a_failed_one_leaves_nothing_either(player, world):
    def fail(inputs, log, cancel):
        raise RuntimeError("broken")
    world.work["test"] = fail
    run = player.play(pull_run(world))
    assert run["state"] == "error" and world.db.deployment_of(run["id"])["state"] == "failed"
    assert world.deployer.removed


def test_a_branch_of_the_repository_gets_the_secrets(player, world, given):
    world.outputs["build"] = build_outputs(deploy={"secrets": ["KEY"]})
    assert player.play(pull_run(world))["state"] == "success"
    assert [secret["sealed"] for secret in dump(given["build"])["secrets"]] == ["for builder"]
    assert [secret["sealed"] for secret in dump(given["deploy"])["secrets"]] == ["for deployer"]
    assert dump(given["build"])["foreign"] is False


@pytest.mark.parametrize("inputs", [{"pull": {"number": 7, "fork": True}}, {"pull": {"number": 7}}, {}])
def test_a_fork_gets_none_and_whoever_is_not_known_is_a_fork(player, world, given, inputs):
    world.outputs["build"] = build_outputs(deploy={"secrets": ["KEY"]})
    run = player.play(world.db.new_run(event="pull_request", ref=REF, inputs=inputs))
    assert run["state"] == "success"
    assert dump(given["build"])["secrets"] == [] and dump(given["build"])["foreign"] is True
    assert dump(given["deploy"])["secrets"] == [] and dump(given["deploy"])["config"]["secrets"] == []
    assert dump(given["test"])["deploy"]["secrets"] == []
    assert "for " not in str([job.get("inputs") for job in world.db.jobs.values()])


def dump(inputs):
    return inputs.model_dump()


def test_settings_of_the_repo_reach_the_build(player, world, given):
    world.db.repos[1]["settings"] = {"submodules": False, "lfs": True}
    player.play(world.db.new_run())
    assert (dump(given["build"])["submodules"], dump(given["build"])["lfs"]) == (False, True)


def test_deploy_none_builds_scans_and_tests(world):
    graph = pipeline.graph("full", RepoConfig(deploy="none"), preview=True)
    assert list(graph) == ["build", "scan", "test"]
