"""Deploy against the real engine: what comes up, what does not, and what is said about it."""

import re

import pytest
from world import REPO, Deployer, wait_for

from common.secrets.sealing import seal
from common.wire.contracts import Limits, SealedSecret


def test_an_image_alone_becomes_a_candidate_without_traffic(world, deployer, app):
    inputs = world.inputs("app")
    job = deployer.deploy(inputs)
    assert job.state == "success", job.reason
    assert job.outputs["port"] == 8080                       # nothing is declared: PORT=8080 is told to the app
    assert job.outputs["protocol"] == "http" and job.outputs["answered"] == "HTTP 200 on /"
    assert job.outputs["host"] == deployer.inspect(job)["Name"].lstrip("/")
    assert "starting  secret none" in deployer.lines(job)    # its output, live in the log
    assert deployer.entry(inputs.deployment)["role"] == "candidate"
    assert world.get(app).status_code == 404


def test_limits_and_rights_of_an_app(world, deployer):
    job = deployer.deploy(world.inputs("app", memory="64m", cpus=0.5, pids=50))
    host = deployer.inspect(job)["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert {cap.removeprefix("CAP_") for cap in host["CapAdd"]} == {
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "SETUID", "SETGID", "KILL", "NET_BIND_SERVICE"}
    assert host["SecurityOpt"] == ["no-new-privileges"] and not host["Privileged"]
    assert (host["Memory"], host["MemorySwap"], host["NanoCpus"], host["PidsLimit"]) == (2**26, 2**26, 5 * 10**8, 50)
    assert host["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}
    assert not host["Binds"] and not host["Devices"] and not host["PortBindings"]
    assert host["RestartPolicy"]["Name"] == "no" and host["Init"]


def test_no_configuration_exceeds_an_owners_limits(world, deployer):
    """Holds: deploy._limited; a retry's configuration may be older than a limit that was lowered."""
    inputs = world.inputs("app", memory="1000g", pids=32768, cpus=64)
    inputs.limits = Limits(memory=2**26, pids=50, cpus=0.5)
    job = deployer.deploy(inputs)
    host = deployer.inspect(job)["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["PidsLimit"]) == (2**26, 5 * 10**8, 50)
    assert "deploy.memory is 1000g, over the limit of 64m, which is used instead" in deployer.lines(job)


@pytest.mark.parametrize(("image", "config", "port"), [
    ("two-ports", {}, 7000),                                          # of 9999 and 7000 the first is dead
    ("scratch", {}, 7070),                                            # no EXPOSE, no shell, an unusual port
    ("app", {"port": 4321}, 4321),
    ("app", {"env": {"PORT": "5123"}}, 5123),
    ("app", {"env": {"LISTEN": "1234"}}, 1234),                       # listens elsewhere than PORT says
    ("root-needs", {}, 8080),
    ("app", {"health": {"path": "/", "successes": 2}}, 8080),
    ("healthcheck", {}, 8000),
])
def test_the_port_is_found(world, deployer, image, config, port):
    job = deployer.deploy(world.inputs(image, **config))
    assert job.state == "success", job.reason
    assert job.outputs["port"] == port
    if image == "two-ports":
        assert any("not answering: 9999" in line for line in deployer.lines(job))
    if image == "healthcheck":
        assert job.outputs["answered"] == "HEALTHCHECK healthy, HTTP 200 on /"
        assert job.outputs["healthy_ms"] < 10_000                     # its own interval is 30 s


def test_any_status_counts_where_no_path_is_declared_and_is_told(world, deployer):
    job = deployer.deploy(world.inputs("app", env={"MODE": "answers-500"}))
    assert job.state == "success" and job.outputs["answered"] == "HTTP 500 on /"


@pytest.mark.parametrize(("config", "reason"), [
    ({"env": {"MODE": "exit-0"}}, r"exited 0 after .*declare `deploy: none`[\s\S]*nothing to do"),
    ({"env": {"MODE": "needs-variable"}}, r"exited 1 after .*set deploy.env.DATABASE_URL"),
    ({"env": {"MODE": "hungry"}, "memory": "64m"}, r"out of memory at 64 MB; set deploy.memory"),
    ({"env": {"MODE": "answers-500"}, "health": {"path": "/healthz", "timeout": "2s"}},
     r"not healthy within 2 s: HTTP 500 on /healthz"),
    ({"env": {"MODE": "loopback"}, "health": {"timeout": "2s"}},
     r"nothing answers on any port .*listens on 127.0.0.1:8080 only.*0\.0\.0\.0"),
    ({"port": 81, "health": {"timeout": "2s"}, "env": {"LISTEN": "8080"}},
     r"nothing answers on 81 .*it listens on 8080: set deploy.port"),
    ({"env": {"MODE": "silent"}, "health": {"timeout": "2s"}}, r"nothing answers on any port"),
    ({"volumes": ["/var/run/../../etc/passwd:/x"]}, r"is no absolute path in the container"),
    ({"secrets": ["MISSING"]}, r"MISSING, which nobody has set"),
])
def test_what_does_not_come_up_says_why_and_goes(world, deployer, config, reason):
    inputs = world.inputs("app", **config)
    job = deployer.deploy(inputs)
    assert job.state == "failure"
    assert re.search(reason, job.reason.text), job.reason
    assert deployer.entry(inputs.deployment) is None


def test_an_image_that_is_gone_is_a_failure_with_the_next_step(world, deployer):
    inputs = world.inputs("app")
    inputs.image.digest = "sha256:" + "0" * 64
    job = deployer.deploy(inputs)
    assert job.state == "failure" and "run the build again" in job.reason.text


def test_an_engine_that_is_away_is_an_error_and_no_failure(world):
    job = Deployer(world, docker_host="unix:///nowhere/docker.sock").deploy(world.inputs("app"))
    assert job.state == "error" and "Docker Engine does not answer" in job.reason.text


def test_secrets_arrive_and_are_masked(world, deployer):
    secret = SealedSecret(name="TOKEN", sealed=seal("correct-horse-battery", world.seal_public))
    inputs = world.inputs("app", sealed=[secret], secrets=["TOKEN"])
    job = deployer.deploy(inputs)
    assert job.state == "success", job.reason
    assert "starting  secret ***" in deployer.lines(job)
    assert "TOKEN=correct-horse-battery" in deployer.inspect(job)["Config"]["Env"]
    text = "".join(deployer.parts.logs.read(inputs.deployment, 10, 0, False))
    assert "secret ***" in text and "horse" not in text


def test_a_volume_is_one_a_repository_and_path_and_never_anonymous(world, deployer):
    first = deployer.inspect(deployer.deploy(world.inputs("volume", volumes=["/extra"])))
    second = deployer.inspect(deployer.deploy(world.inputs("volume", volumes=["/extra"])))
    other = deployer.inspect(deployer.deploy(world.inputs("volume", repo=REPO + 1)))
    mounts = [{item["Destination"]: item["Name"] for item in one["Mounts"]} for one in (first, second, other)]
    assert mounts[0] == mounts[1] and set(mounts[0]) == {"/data", "/extra"}
    assert mounts[2]["/data"] != mounts[0]["/data"]
    assert all(name.startswith("dev-deployer-repo-") for name in mounts[0].values())


def test_cancel_removes_the_candidate_soon(world, deployer):
    inputs = world.inputs("app", env={"MODE": "silent"})
    job = deployer.begin("deploy", inputs)
    wait_for(lambda: deployer.entry(inputs.deployment), "the candidate")
    deployer.jobs.delete(job.key)
    wait_for(lambda: job.ended, "the end", 5)
    assert job.state == "canceled" and deployer.entry(inputs.deployment) is None


def test_what_an_earlier_attempt_left_goes_first(world, deployer):
    inputs = world.inputs("app")
    first = deployer.deploy(inputs)                          # as if its deployer had been killed before the answer
    second = deployer.deploy(inputs, attempt=2)
    assert second.state == "success"
    assert deployer.parts.engine.inspect(first.outputs["container"]) is None
    assert any("left by attempt 1" in line for line in deployer.lines(second))


def test_an_image_cannot_pass_for_a_part_of_the_platform(world, deployer):
    inputs = world.inputs("claims", repo=REPO + 2)
    job = deployer.deploy(inputs)
    assert job.state == "success", job.reason
    assert job.outputs["container"] not in [peer["Id"] for peer in deployer.parts.networks.peers()]
    assert deployer.entry(inputs.deployment)["deployment"] == inputs.deployment
    deployer.parts.networks.connect_everywhere()
    networks = set(deployer.inspect(job)["NetworkSettings"]["Networks"])
    assert networks == {f"dev-deployer-repo-{REPO + 2}", deployer.parts.networks.shield()}
