"""The engine proxy on the real engine: what a deployer that somebody took over could ask, and the end of either side.

That the design's own requests pass is shown by all other tests of this folder: deployer has no other way to the engine.
"""

import io
import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest
from docker.errors import APIError
from world import INSTANCE, LIMIT, REPO, wait_for

from common.wire.contracts import ImageRef
from common.worker.jobs import Cancel
from deployer import isolation, names


@pytest.fixture
def taken_over(world):
    """A client with everything that deployer has."""
    return docker.APIClient(f"unix://{world.engine_socket}", version="auto", timeout=30)


@pytest.fixture(scope="module")
def bystander(world):
    """A container of somebody else on the same engine; the labels of another instance."""
    labels = {names.INSTANCE: "dev-deployer-other", names.ROLE: names.APP, names.REPO: str(REPO), "continuum.test": "deployer"}
    body = {"Image": world.settings().probe_image, "Entrypoint": ["sh", "-c", "echo secret; exec sleep 600"], "Labels": labels,
            "Env": ["SECRET=s3cr3t"]}
    container = world.api.create_container_from_config(body, f"{INSTANCE}-bystander")["Id"]
    world.api.start(container)
    yield container
    world.api.remove_container(container, force=True)


@contextmanager
def refused(match: str = "engine_proxy refuses"):
    with pytest.raises(APIError, match=match) as told:
        yield
    assert told.value.status_code == 403, told.value


def image_of(world, deployer) -> str:
    """The id of an app's image, which the engine has."""
    return deployer.parts.images.pull(ImageRef(**world.image("app")), Cancel()).id


def body_of(world, deployer, **host) -> dict:
    """A container as deployer would create it, with other entries in its HostConfig."""
    network = deployer.parts.networks.for_repo(REPO)
    limits = {"Privileged": False, "CapDrop": ["ALL"], "CapAdd": [], "SecurityOpt": isolation.NO_NEW_PRIVILEGES,
              "Memory": 2**26, "MemorySwap": 2**26, "NanoCpus": 10**9, "PidsLimit": 64, "LogConfig": isolation.LOGGING,
              "RestartPolicy": {"Name": "no"}, "IpcMode": "private", "CgroupnsMode": "private", "PublishAllPorts": False,
              "Init": True, "NetworkMode": network}
    return {"Image": image_of(world, deployer), "HostConfig": {**limits, **host},
            "Labels": {names.INSTANCE: INSTANCE, names.ROLE: names.ONE_OFF, names.REPO: str(REPO)},
            "NetworkingConfig": {"EndpointsConfig": {network: {}}}}


HOSTS = {
    "privileged": {"Privileged": True}, "the host's files": {"Binds": ["/:/host"]},
    "the host's files as a mount": {"Mounts": [{"Type": "bind", "Source": "/", "Target": "/host"}]},
    "the host's files as a volume": {"Mounts": [{"Type": "volume", "Source": f"{INSTANCE}-repo-{REPO}-0123456789ab",
                                                 "Target": "/host", "VolumeOptions": {
        "Labels": {names.INSTANCE: INSTANCE, names.REPO: str(REPO)},
        "DriverConfig": {"Name": "local", "Options": {"type": "none", "o": "bind", "device": "/"}}}}]},
    "the host's network": {"NetworkMode": "host"}, "the host's processes": {"PidMode": "host"},
    "a capability": {"CapAdd": ["SYS_ADMIN"]}, "a device": {"Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/x"}]},
}


def test_the_control_is_created(world, deployer, taken_over):
    created = taken_over.create_container_from_config(body_of(world, deployer))
    taken_over.remove_container(created["Id"], force=True, v=True)


@pytest.mark.parametrize("what", HOSTS)
def test_no_container_reaches_the_host(world, deployer, taken_over, what):
    with refused(r"engine_proxy refuses POST /v1\.\d+/containers/create: .*(HostConfig|network host)"):
        taken_over.create_container_from_config(body_of(world, deployer, **HOSTS[what]))


def test_nobody_elses_container_can_be_touched(taken_over, bystander, world):
    for target in (bystander, world.caddy, f"{INSTANCE}-registry"):
        for question in (taken_over.inspect_container, taken_over.logs, taken_over.start, taken_over.stop, taken_over.kill,
                         lambda one: taken_over.exec_create(one, ["id"]), lambda one: taken_over.remove_container(one, force=True),
                         lambda one: taken_over.get_archive(one, "/"), lambda one: taken_over.put_archive(one, "/", b""),
                         lambda one: taken_over.attach_socket(one, {"stream": 1, "stdin": 1}),
                         lambda one: taken_over.commit(one), lambda one: list(taken_over.export(one))):
            with refused():
                question(target)
    assert world.api.inspect_container(bystander)["State"]["Running"]


def test_no_command_runs_in_an_app_either(taken_over, deployer, world):
    job = deployer.deploy(world.inputs("app"))
    with refused("deployer makes no such request"):
        taken_over.exec_create(job.outputs["container"], ["id"])


def test_lists_show_nobody_elses_containers(taken_over, bystander):
    with refused("filters"):
        taken_over.containers(all=True)
    events = taken_over.get(f"{taken_over.base_url}/v{taken_over.api_version}/events", stream=True)      # events() hides it
    assert events.status_code == 403
    ours = taken_over.containers(all=True, filters={"label": f"{names.INSTANCE}={INSTANCE}"})
    assert bystander not in {item["Id"] for item in ours}


def test_nothing_else_of_the_engine_can_be_changed(taken_over, world):
    for question in (lambda: taken_over.create_volume("x", driver_opts={"type": "none", "o": "bind", "device": "/"}),
                     lambda: taken_over.remove_image(world.settings().probe_image, force=True),
                     lambda: taken_over.tag(world.settings().probe_image, f"127.0.0.1:{world.registry_port}/apps/x"),
                     lambda: taken_over.remove_network("bridge"), lambda: taken_over.remove_network(f"{INSTANCE}-edge"),
                     lambda: taken_over.connect_container_to_network(world.caddy, "bridge"),
                     lambda: list(taken_over.pull("alpine", stream=True)), lambda: taken_over.prune_images(),
                     lambda: list(taken_over.build(fileobj=io.BytesIO(b"FROM scratch"), rm=True)),
                     lambda: taken_over.init_swarm()):
        with refused():
            question()


def test_a_killed_proxy_comes_back_and_deployer_goes_on(world, deployer, app):
    """As the engine restarts its container: clients connect again, and the watch hears the engine's events again."""
    inputs, deployed = deployer.live(app)
    world.stop_engine_proxy()
    try:
        job = deployer.deploy(world.inputs("app"))
    finally:                 # all other tests need it
        world.start_engine_proxy()
    assert job.state == "error" and "Docker Engine does not answer" in job.reason.text
    assert deployer.entry(inputs.deployment)["state"] == "running"
    seen = deployer.parts.changes.wait(0, 0)
    assert deployer.parts.changes.wait(seen, LIMIT) > seen, "deployer listens to the engine again"
    seen = deployer.parts.changes.wait(0, 0)
    world.api.kill(deployed.outputs["container"])
    assert deployer.parts.changes.wait(seen, LIMIT) > seen, "deployer heard of the end"


def test_a_killed_deployer_leaves_nothing_open(world, deployer):
    """Its streams end at the engine too, whose other side the proxy is."""
    job = deployer.deploy(world.inputs("app"))
    before = open_connections(world)
    source = f"import docker; c = docker.APIClient('unix://{world.engine_socket}', version='auto'); " \
             f"print(next(c.logs('{job.outputs['container']}', stream=True, follow=True)), flush=True); input()"
    listener = subprocess.Popen([sys.executable, "-c", source], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert listener.stdout.readline()
    assert open_connections(world) > before
    listener.kill()
    listener.communicate()
    wait_for(lambda: open_connections(world) <= before, "the end of both connections")


def open_connections(world) -> int:
    return sum("socket:" in os.readlink(entry) for entry in Path(f"/proc/{world.engine_proxy.pid}/fd").iterdir())
