"""What was live comes up again, what never answers does not go live, and no rollback loses a version."""

import pytest
import requests
from world import asking, wait_for

from tests.harness.processes import kill_9


def health(deployer, inputs) -> tuple[str, str]:
    entry = deployer.entry(inputs.deployment)
    return entry["health"], entry["health_reason"]


def test_a_slow_import_is_waited_for_while_the_old_version_serves(world, deployer, app):
    deployer.live(app, env={"VERSION": "old"}, drain="0s")
    with asking(world, app) as answers:
        deployer.live(app, env={"VERSION": "new", "MODE": "slow-import", "IMPORT": "4"}, drain="2s")
        wait_for(lambda: answers[-1][2] == "new", "the new version's answer")
    assert {answer[1] for answer in answers} == {200}


def test_an_import_that_breaks_after_the_port_was_open_is_never_live_and_says_why(world, deployer, app):
    deployer.live(app, env={"VERSION": "old"})
    job = deployer.deploy(world.inputs("app", env={"MODE": "slow-import,broken-import", "IMPORT": "3"}))
    assert job.state == "failure" and "deploy.env.SECRET_KEY" in job.reason.text and "KeyError" in job.reason.text
    assert world.get(app).text == "old"


def test_an_app_on_ipv6_alone_is_told_what_helps(world, deployer):
    job = deployer.deploy(world.inputs("app", env={"MODE": "ipv6-only"}, health={"timeout": "3s"}))
    assert "it listens on IPv6 only (port 8080): let it listen on 0.0.0.0" in job.reason.text


def test_what_answered_on_its_health_path_is_routed_though_it_hangs_up_on_the_root(world, deployer, app):
    deployer.live(app, env={"VERSION": "old"}, drain="0s")
    deployer.live(app, env={"VERSION": "new", "MODE": "hangs-up"}, health={"path": "/api/health"})
    assert world.get(app, "/api/x").text == "new"


def test_a_version_without_an_address_replaces_none_that_has_one(world, deployer, app):
    old, _ = deployer.live(app, env={"VERSION": "old"})
    inputs = world.inputs("app", env={"MODE": "hangs-up"}, protocol="tcp")
    job = deployer.promote(inputs, deployer.deploy(inputs), app)
    assert job.state == "failure" and "the live version stays" in job.reason.text and "deploy.protocol: http" in job.reason.text
    assert world.get(app).text == "old" and deployer.entry(old.deployment)["live"]


def test_http2_without_tls_is_proxied_as_such(world, deployer, app):
    inputs, deployed = deployer.live(app, image="h2c")
    assert deployed.outputs["protocol"] == "h2c"
    assert deployer.parts.records.route(app) == f"h2c://{deployed.outputs['host']}:50051"
    assert world.get(app).text == "over HTTP/2"


def test_a_kept_container_that_does_not_start_again_is_replaced_by_a_fresh_one(world, deployer, app):
    one = {"env": {"VERSION": "one", "MODE": "pid-file"}, "drain": "0s"}
    _, first = deployer.live(app, **one)
    deployer.live(app, env={"VERSION": "two", "MODE": "pid-file"}, drain="0s")
    wait_for(lambda: deployer.parts.records.read(app).kept, "the first version's end")
    _, back = deployer.live(app, **one)
    assert back.outputs["container"] != first.outputs["container"]
    assert world.get(app).text == "one"
    assert first.outputs["container"] in [item.container for item in deployer.parts.records.read(app).kept]


def test_an_automatic_rollback_takes_a_fresh_container_where_the_kept_one_does_not_start(world, deployer, app):
    old, first = deployer.live(app, env={"VERSION": "old", "MODE": "pid-file"}, drain="0s")
    _, deployed = deployer.live(app, env={"VERSION": "new"}, drain="0s", watch="60s")
    wait_for(lambda: deployer.parts.records.read(app).kept, "the old version's end")
    kill_9(deployer.inspect(deployed)["State"]["Pid"])
    wait_for(lambda: answers(world, app) == "old", "the rollback")
    live = deployer.parts.records.read(app).live
    assert live.deployment == old.deployment and live.container != first.outputs["container"]
    assert deployer.entry(old.deployment)["live"]


@pytest.mark.parametrize("mode", ["", "pid-file"])
def test_a_live_version_that_was_stopped_runs_again(world, deployer, app, mode):
    inputs, deployed = deployer.live(app, env={"VERSION": "here", "MODE": mode}, watch="0s")
    world.api.stop(deployed.outputs["container"], timeout=0)      # as `down` does: the engine starts it no more
    assert health(deployer, inputs)[0] == "down"
    deployer.parts.liveness.look()
    wait_for(lambda: answers(world, app) == "here", "its return")
    wait_for(lambda: health(deployer, inputs) == ("healthy", ""), "its health to be noted")


def test_a_live_version_that_crashed_and_cannot_start_again_in_its_container_gets_a_fresh_one(world, deployer, app):
    """The engine would restart its container for ever."""
    _, deployed = deployer.live(app, env={"VERSION": "here", "MODE": "pid-file"}, watch="0s")
    kill_9(deployer.inspect(deployed)["State"]["Pid"])
    wait_for(lambda: deployer.parts.liveness.look() or answers(world, app) == "here", "its return")
    assert deployer.parts.records.read(app).live.container != deployed.outputs["container"]


def test_a_live_version_that_does_not_come_up_is_down_with_its_last_lines(world, deployer, app):
    inputs, deployed = deployer.live(app, env={"MODE": "pid-file", "VERSION": "here"}, volumes=["/tmp"], watch="0s")
    world.api.stop(deployed.outputs["container"], timeout=0)
    deployer.parts.liveness.look()
    wait_for(lambda: "server is already running" in (health(deployer, inputs)[1] or ""), "the reason")
    assert health(deployer, inputs)[0] == "down"
    assert deployer.parts.records.read(app).live.container == deployed.outputs["container"]


def answers(world, app) -> str | None:
    try:
        return world.get(app).text
    except requests.RequestException:
        return None
