"""The engine proxy's rules: what the body of a request may hold. What deployer builds passes; nothing beyond it does."""

import copy
import json

import pytest

from common.wire.contracts import DeployConfig, DeployInputs
from deployer import container_spec, isolation, names
from deployer.container_spec import ImageFacts, Place
from deployer.engine_proxy.refused import Refused
from tests.unit.deployer.engine_table import (
    APP,
    CADDY,
    DASHBOARD,
    DRESSED,
    DRESSED_IMAGE,
    FOREIGN_IMAGE,
    IMAGE,
    LABELS,
    NEIGHBOUR,
    OTHERS,
    PROBE_IMAGE,
    STRANGER,
    V,
    ask,
)

PLACE = Place("inst", "inst-repo-7", isolation.SHIELD, cpus=4, disk=1024**3)
FACTS = ImageFacts(IMAGE, volumes=("/data",), labels={"com.docker.compose.project": "inst", "org.x": "y"},
                   healthcheck={"Test": ["CMD", "x"]})


def app(**config) -> dict:
    given = DeployInputs(run=3, repo={"id": 7, "forge": "local", "owner": "me", "name": "App"}, ref="main", commit="a" * 40,
                         deployment=1, config=DeployConfig(**config), image={"repository": "apps/me/app", "digest": IMAGE})
    return container_spec.app_body(given, FACTS, PLACE, {"A": "é ✓"}, "inst-app-1")


def command() -> dict:
    return container_spec.command_body(FACTS, PLACE, {}, DeployConfig(), ["pytest", "-q"],
                                       {names.RUN: "3", names.REPO: "7", names.COMMAND: "3.test.1"})


def probe() -> dict:
    return {"Image": PROBE_IMAGE, **isolation.PROBE, "Labels": {names.INSTANCE: "inst", names.ROLE: names.ONE_OFF},
            "HostConfig": {"NetworkMode": f"container:{APP}", **isolation.PROBE_HOST}}


def repo_network(**changes) -> dict:
    return {"Name": "inst-repo-7", "Driver": "bridge", "Options": {isolation.MTU: "1400"}, "CheckDuplicate": True,
            "Labels": {names.INSTANCE: "inst", names.REPO: "7"},
            "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.201.0.16/28"}]}, **changes}


@pytest.mark.parametrize("body", [app(), app(volumes=["/x"], memory="64m", cpus=9, pids=16), command()],
                         ids=["app", "with settings", "command"])
def test_what_deployer_builds_is_passed_on_unchanged(body):
    passed = ask("POST", "/containers/create", body, name="inst-app-1")
    assert json.loads(passed.body) == body
    assert passed.target == f"{V}/containers/create?name=inst-app-1"


def test_a_container_that_is_created_again_is_passed_on():
    """From what the engine says of the first one: it writes CAP_ before capabilities, and fills gaps."""
    body = app()
    host = body["HostConfig"] | {"CapAdd": [f"CAP_{name}" for name in isolation.CAPABILITIES], "Binds": None,
                                 "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0}}
    found = {"Image": IMAGE, "Config": {**body, "WorkingDir": "/app"}, "HostConfig": host,
             "NetworkSettings": {"Networks": {"inst-repo-7": {"IPAddress": "10.201.0.2"}, isolation.SHIELD: {}}}}
    again = container_spec.again(found)
    assert json.loads(ask("POST", "/containers/create", again, name="inst-app-1-r1").body) == again


def test_the_probe_is_passed_on():
    assert json.loads(ask("POST", "/containers/create", probe()).body) == probe()



HOST = {
    "Privileged": True, "Binds": ["/:/host"], "Devices": [{"PathOnHost": "/dev/sda"}], "CapAdd": ["SYS_ADMIN"],
    "CapDrop": [], "SecurityOpt": ["no-new-privileges", "seccomp=unconfined"], "PidMode": "host", "IpcMode": "host",
    "UTSMode": "host", "UsernsMode": "host", "CgroupnsMode": "host", "NetworkMode": "host", "CgroupParent": "/",
    "Runtime": "other", "VolumesFrom": [DASHBOARD], "PortBindings": {"80/tcp": [{"HostPort": "80"}]},
    "PublishAllPorts": True, "ExtraHosts": ["x:1.2.3.4"], "Sysctls": {"kernel.x": "1"}, "DeviceRequests": [{"Count": -1}],
    "DeviceCgroupRules": ["a *:* rwm"], "OomScoreAdj": -1000, "MaskedPaths": [], "ReadonlyPaths": [], "GroupAdd": ["0"],
    "Tmpfs": {"/x": "exec"}, "ShmSize": 1, "StorageOpt": {"size": "0"}, "Ulimits": [], "Links": ["x"], "Isolation": "x",
    "LogConfig": {"Type": "syslog", "Config": {"syslog-address": "udp://1.2.3.4"}}, "MemorySwap": -1, "Memory": 0,
    "PidsLimit": -1, "NanoCpus": 0, "RestartPolicy": {"Name": "always"}, "privileged": True, "ContainerIDFile": "/etc/x",
    "Privileged\u017f": True,
    "Mounts": [{"Type": "bind", "Source": "/", "Target": "/host"}],
}


@pytest.mark.parametrize("field", HOST)
@pytest.mark.parametrize("make", [app, command])
def test_a_host_config_beyond_the_design_is_refused(make, field):
    body = make()
    body["HostConfig"][field] = HOST[field]
    with pytest.raises(Refused, match=rf"(?i){field}|network host"):
        ask("POST", "/containers/create", body)


@pytest.mark.parametrize("field", ["CapDrop", "SecurityOpt", "Memory", "PidsLimit", "NanoCpus", "Privileged", "LogConfig",
                                   "NetworkMode", "IpcMode"])
def test_a_limit_that_is_left_out_is_refused(field):
    body = app()
    del body["HostConfig"][field]
    with pytest.raises(Refused, match=field):
        ask("POST", "/containers/create", body)


VOLUME = "inst-repo-7-0123456789ab"
OPTIONS = {"Labels": {names.INSTANCE: "inst", names.REPO: "7"}}
MOUNTS = {
    "the engine's socket": {"Type": "bind", "Source": "/var/run/docker.sock", "Target": "/sock"},
    "memory": {"Type": "tmpfs", "Target": "/x"}, "an image": {"Type": "image", "Source": IMAGE, "Target": "/x"},
    "a service's volume": {"Type": "volume", "Source": "inst_postgres", "Target": "/x"},
    "another repository's volume": {"Type": "volume", "Source": "inst-repo-8-0123456789ab", "Target": "/x",
                                    "VolumeOptions": OPTIONS},
    "a folder of the host as a volume": {"Type": "volume", "Source": VOLUME, "Target": "/x", "VolumeOptions": {
        **OPTIONS, "DriverConfig": {"Name": "local", "Options": {"type": "none", "o": "bind", "device": "/"}}}},
    "an anonymous one with a driver": {"Type": "volume", "Target": "/x", "VolumeOptions": {
        "Labels": {}, "DriverConfig": {"Name": "local"}}},
    "labels of others": {"Type": "volume", "Source": VOLUME, "Target": "/x", "VolumeOptions": {"Labels": {}}},
    "a relative place": {"Type": "volume", "Target": "x"},
}


@pytest.mark.parametrize("name", MOUNTS)
def test_a_mount_beyond_the_design_is_refused(name):
    body = app()
    body["HostConfig"]["Mounts"] = [MOUNTS[name]]
    with pytest.raises(Refused, match="Mounts"):
        ask("POST", "/containers/create", body)


def changed(body: dict, **fields) -> dict:
    return {**copy.deepcopy(body), **fields}


BODIES = {
    "no body": b"", "a list": [], "nothing of a container": {}, "JSON that ends early": b'{"Image": ',
    "a user": changed(app(), User="0:999"), "a field of another case": changed(app(), hostconfig={"Privileged": True}),
    "another repository's network": changed(app(), NetworkingConfig={"EndpointsConfig": {"inst-repo-8": {}}}),
    "a service's network": changed(app(), NetworkingConfig={"EndpointsConfig": {"inst_control": {}}}),
    "an address of choice": changed(app(), NetworkingConfig={"EndpointsConfig": {"inst-repo-7": {"Aliases": ["caddy"]}}}),
    "a strange image": changed(app(), Image=FOREIGN_IMAGE), "an image by name": changed(app(), Image="postgres:17"),
    "deployer's image as an app": changed(app(), Image=PROBE_IMAGE),
    "no role": changed(app(), Labels={names.INSTANCE: "inst", names.REPO: "7"}),
    "another instance": changed(app(), Labels={**LABELS, names.INSTANCE: "other"}),
    "no repository": changed(app(), Labels={**LABELS, names.REPO: ""}),
    "a service's labels": changed(app(), Labels={**LABELS, names.PROJECT: "inst", names.SERVICE: "dashboard"}),
    "a service's labels from its image": changed(app(), Image=DRESSED_IMAGE, Labels=LABELS),
    "another program": changed(probe(), Cmd=["/etc/shadow"]), "an entry of choice": changed(probe(), Entrypoint=["sh"]),
    "root": changed(probe(), User="0"), "another image": changed(probe(), Image=IMAGE),
    "beside a service": changed(probe(), HostConfig={**isolation.PROBE_HOST, "NetworkMode": f"container:{DASHBOARD}"}),
    "beside another instance's": changed(probe(), HostConfig={**isolation.PROBE_HOST, "NetworkMode": f"container:{OTHERS}"}),
    "a mount": changed(probe(), HostConfig={**isolation.PROBE_HOST, "NetworkMode": f"container:{APP}", "Binds": ["/:/x"]}),
    "a field twice": json.dumps(app()).replace('"HostConfig"', '"HostConfig": {"Privileged": true}, "HostConfig"').encode(),
    "not a number": json.dumps(app()).replace('"NanoCpus": 1000000000', '"NanoCpus": NaN').encode(),
    "a depth without end": b'{"Env":' + b"[" * 100_000,
}


@pytest.mark.parametrize("name", BODIES)
def test_a_container_beyond_the_design_is_refused(name):
    with pytest.raises(Refused):
        ask("POST", "/containers/create", BODIES[name])


def test_a_refusal_names_the_field_and_no_value():
    body = app()
    body["Env"] = [{"SECRET": "s3cr3t"}]
    with pytest.raises(Refused, match="Env") as told:
        ask("POST", "/containers/create", body)
    assert "s3cr3t" not in str(told.value)


@pytest.mark.parametrize("body", [
    repo_network(), repo_network(Options={}),
    {"Name": isolation.SHIELD, "Driver": "bridge", "Internal": True, "Options": isolation.SHIELD_OPTIONS, "Labels": {},
     "CheckDuplicate": True, "IPAM": {"Driver": "default", "Config": [{"Subnet": isolation.LINK_LOCAL}]}},
    {"Name": "gone", "Driver": "bridge", "Internal": True, "Options": {}, "CheckDuplicate": True,
     "Labels": {names.INSTANCE: "inst"}}], ids=["repository", "without options", "shield", "placeholder"])
def test_a_network_of_the_design_is_passed_on_unchanged(body):
    assert json.loads(ask("POST", "/networks/create", body).body) == body


NETWORKS = {
    "the host's": repo_network(Driver="host"), "on a card of the host": repo_network(Driver="macvlan"),
    "a bridge of the host": repo_network(Options={"com.docker.network.bridge.name": "docker0"}),
    "a bad MTU": repo_network(Options={isolation.MTU: "x"}), "attachable": repo_network(Attachable=True),
    "no labels": repo_network(Labels={}), "another repository's label": repo_network(Labels={names.INSTANCE: "inst", names.REPO: "8"}),
    "no subnet": {key: value for key, value in repo_network().items() if key != "IPAM"},
    "a subnet of others": repo_network(IPAM={"Driver": "default", "Config": [{"Subnet": "192.168.0.0/28"}]}),
    "the whole pool": repo_network(IPAM={"Driver": "default", "Config": [{"Subnet": "10.201.0.0/16"}]}),
    "a gateway of choice": repo_network(IPAM={"Driver": "default", "Config": [{"Subnet": "10.201.0.0/28", "Gateway": "x"}]}),
    "a service's name": repo_network(Name="inst_control"), "another instance's": repo_network(Name="other-repo-7"),
    "a shield that shields nothing": {"Name": isolation.SHIELD, "Driver": "bridge", "Labels": {},
                                      "IPAM": {"Driver": "default", "Config": [{"Subnet": isolation.LINK_LOCAL}]}},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_beyond_the_design_is_refused(name):
    with pytest.raises(Refused):
        ask("POST", "/networks/create", NETWORKS[name])


@pytest.mark.parametrize(("verb", "network", "container", "passed"), [
    ("connect", "inst-repo-7", CADDY, True), ("connect", "inst-repo-7", APP, True), ("connect", isolation.SHIELD, APP, True),
    ("connect", "inst-repo-7", NEIGHBOUR, False), ("connect", "inst-repo-7", DASHBOARD, False),
    ("connect", "inst-repo-7", DRESSED, False), ("connect", "inst-repo-7", STRANGER, False),
    ("connect", isolation.SHIELD, CADDY, False), ("connect", "inst_control", APP, False), ("connect", "bridge", APP, False),
    ("connect", "host", APP, False), ("connect", "other-repo-7", CADDY, False),
    ("disconnect", "inst-repo-7", CADDY, True), ("disconnect", "inst-repo-7", STRANGER, True),
    ("disconnect", "gone", APP, True), ("disconnect", isolation.SHIELD, APP, True),
    ("disconnect", isolation.SHIELD, OTHERS, False), ("disconnect", "inst_control", DASHBOARD, False),
    ("disconnect", "bridge", APP, False)])
def test_who_may_join_and_leave_which_network(verb, network, container, passed):
    def join():
        return json.loads(ask("POST", f"/networks/{network}/{verb}", {"Container": container}).body)
    if passed:
        assert join() == {"Container": container}
        return
    with pytest.raises(Refused):
        join()


def test_an_update_changes_the_restart_policy_alone():
    policy = {"RestartPolicy": {"Name": "unless-stopped"}}
    assert json.loads(ask("POST", f"/containers/{APP}/update", policy).body) == policy
    for body in ({**policy, "Memory": 0}, {"RestartPolicy": {"Name": "always"}}, {"Memory": 1}):
        with pytest.raises(Refused):
            ask("POST", f"/containers/{APP}/update", body)
