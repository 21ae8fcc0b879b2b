"""The engine proxy's rules: which requests are passed on, and which are refused, and why. The engine is a table of answers."""

import asyncio
import copy
import json
from ipaddress import IPv4Network
from urllib.parse import urlencode

import pytest

from common.contracts import DeployConfig, DeployInputs
from deployer import container_spec, isolation, names
from deployer.container_spec import ImageFacts, Place
from deployer.engine_proxy.checks import Installation
from deployer.engine_proxy.gate import Gate, Request
from deployer.engine_proxy.refused import Answered, Refused

REGISTRY, PROBE_IMAGE, V = "127.0.0.1:5001", "inst/deployer", "/v1.44"
IMAGE, FOREIGN_IMAGE, SHARED_IMAGE, DRESSED_IMAGE = (f"sha256:{digit * 64}" for digit in "abcd")
APP, COMMAND, OTHERS, DASHBOARD, CADDY, DRESSED, NEIGHBOUR, STRANGER = (digit * 64 for digit in "12345678")
LABELS = {names.INSTANCE: "inst", names.REPO: "7", names.ROLE: names.APP}
COMPOSE = {names.PROJECT: "inst", names.INSTANCE: "inst"}
SHIELD = {"Name": isolation.SHIELD, "Id": "n2", "Internal": True, "Options": isolation.SHIELD_OPTIONS,
          "IPAM": {"Config": [{"Subnet": isolation.LINK_LOCAL}]}}


def _container(id: str, labels: dict) -> dict:
    return {f"/containers/{name}/json": {"Id": id, "Config": {"Labels": labels}} for name in (id, f"name-{id[0]}")}


def _network(name: str, id: str, labels: dict | None = None) -> dict:
    found = {"Name": name, "Id": id, "Labels": labels, "Internal": False, "Options": {}}
    return {f"/networks/{key}": found for key in (name, id)}


ENGINE = {
    **_container(APP, LABELS), **_container(COMMAND, {**LABELS, names.ROLE: names.ONE_OFF}),
    **_container(OTHERS, {**LABELS, names.INSTANCE: "other"}),
    **_container(DASHBOARD, {**COMPOSE, names.SERVICE: "dashboard"}),
    **_container(CADDY, {**COMPOSE, names.SERVICE: "caddy"}),
    **_container(DRESSED, {**COMPOSE, names.SERVICE: "caddy", names.ROLE: ""}),
    **_container(NEIGHBOUR, {**LABELS, names.REPO: "8"}), **_container(STRANGER, {}),
    **_network("inst-repo-7", "n1", {names.INSTANCE: "inst", names.REPO: "7"}),
    **_network("inst_control", "n3", {"com.docker.compose.project": "inst"}), **_network("bridge", "n4"),
    **_network("other-repo-7", "n5", {names.INSTANCE: "other", names.REPO: "7"}), **_network("host", "n7"),
    **_network("inst-repo-8", "n8", {names.INSTANCE: "inst", names.REPO: "8"}),
    **_network("gone", "n6", {names.INSTANCE: "inst"}),
    f"/networks/{isolation.SHIELD}": SHIELD,
    "/volumes/inst-repo-7-0123456789ab": {"Labels": {names.INSTANCE: "inst", names.REPO: "7"}},
    "/volumes/inst_deployer": {"Labels": {names.INSTANCE: "inst", "com.docker.compose.project": "inst"}},
    "/volumes/others": {"Labels": None},
    f"/images/{IMAGE}/json": {"Id": IMAGE, "RepoDigests": [f"{REGISTRY}/apps/me/app@{IMAGE}"], "Config": {}},
    f"/images/{FOREIGN_IMAGE}/json": {"Id": FOREIGN_IMAGE, "RepoTags": ["postgres:17"], "Config": {}},
    f"/images/{SHARED_IMAGE}/json": {"Id": SHARED_IMAGE, "RepoTags": ["mine:1", f"{REGISTRY}/apps/me/app:1"]},
    f"/images/{DRESSED_IMAGE}/json": {"Id": DRESSED_IMAGE, "RepoTags": [f"{REGISTRY}/apps/me/x:1"],
                                      "Config": {"Labels": {**COMPOSE, names.SERVICE: "dashboard"}}},
}


async def _ask(target: str) -> tuple[int, bytes]:
    found = ENGINE.get(target.removeprefix(V))
    return (200, json.dumps(found).encode()) if found else (404, b'{"message":"No such object"}')


OURS = Installation("inst", REGISTRY, IPv4Network("10.201.0.0/16"), PROBE_IMAGE)


def ask(method: str, path: str, body: object = b"", /, **query: object):
    """What the gate passes on for a request under the API's version 1.44."""
    target = V + path + (f"?{urlencode(query)}" if query else "")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asyncio.run(Gate(OURS, _ask).admit(Request(method, target, data, b"login")))


def filters(**wanted) -> str:
    return json.dumps(wanted)


PLACE = Place("inst", "inst-repo-7", isolation.SHIELD, cpus=4)
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


INSTANCE_FILTER = filters(label=[f"{names.INSTANCE}=inst", names.ROLE])
PASSED = [
    ("GET", "/_ping", {}), ("GET", "/info", {}), ("GET", "/system/df", {}), ("GET", "/images/json", {"all": 0}),
    ("GET", "/events", {"filters": filters(type=["container"], event=isolation.EVENTS, label=[f"{names.INSTANCE}=inst"])}),
    ("GET", "/containers/json", {"all": 1, "limit": -1, "size": 0, "trunc_cmd": 0, "filters": INSTANCE_FILTER}),
    ("GET", "/containers/json", {"filters": filters(label=[f"{names.PROJECT}=inst"])}),
    ("GET", "/containers/json", {"filters": filters(ancestor=[IMAGE])}),
    ("GET", f"/containers/{APP}/json", {}), ("POST", f"/containers/{APP}/start", {}),
    ("POST", f"/containers/{APP}/attach", {"stdout": 1, "stderr": 1, "stream": 1, "logs": 0}),
    ("GET", f"/containers/{APP}/logs", {"stdout": 1, "follow": "True", "timestamps": 1, "tail": "all", "since": 1}),
    ("GET", f"/containers/{APP}/stats", {"stream": "False", "one-shot": "True"}),
    ("POST", f"/containers/{APP}/stop", {"t": 10}), ("POST", f"/containers/{COMMAND}/kill", {}),
    ("POST", f"/containers/{COMMAND}/wait", {}), ("GET", f"/containers/{COMMAND}/archive", {"path": "/app/r é"}),
    ("DELETE", f"/containers/{COMMAND}", {"v": "True", "link": "False", "force": "True"}),
    ("GET", "/networks", {"filters": "{}"}), ("GET", "/networks/n1", {}), ("GET", "/networks/n4", {}),
    ("DELETE", "/networks/n1", {}), ("GET", "/volumes", {"filters": filters(label=[f"{names.INSTANCE}=inst"])}),
    ("DELETE", "/volumes/inst-repo-7-0123456789ab", {"force": "True"}),
    ("POST", "/images/create", {"fromImage": f"{REGISTRY}/apps/me/app", "tag": IMAGE}),
    ("GET", f"/images/{REGISTRY}/apps/me/app@{IMAGE}/json", {}), ("GET", f"/images/{IMAGE}/json", {}),
    ("DELETE", f"/images/{IMAGE}", {"force": "True", "noprune": "False"}),
]


@pytest.mark.parametrize(("method", "path", "query"), PASSED)
def test_a_request_of_the_design_is_passed_on(method, path, query):
    passed = ask(method, path, **query)
    assert passed.method == method and passed.body is None
    assert passed.target.partition("?")[0] == V + path
    assert (passed.login is not None) == (path == "/images/create")
    assert passed.upgrade == path.endswith("/attach")


def test_a_name_is_passed_on_as_the_id_that_was_checked():
    assert ask("DELETE", "/containers/name-1").target == f"{V}/containers/{APP}"
    assert ask("DELETE", "/networks/inst-repo-7").target == f"{V}/networks/n1"


def test_a_version_is_asked_for_without_one():
    assert asyncio.run(Gate(OURS, _ask).admit(Request("GET", "/version"))).target == "/version"


REFUSED = {
    "exec": ("POST", f"/containers/{APP}/exec", {}), "exec start": ("POST", f"/exec/{APP}/start", {}),
    "a build": ("POST", "/build", {}), "a volume": ("POST", "/volumes/create", {}),
    "a file into a container": ("PUT", f"/containers/{APP}/archive", {"path": "/"}),
    "a rename": ("POST", f"/containers/{APP}/rename", {"name": "x"}), "a commit": ("POST", "/commit", {}),
    "a plugin": ("POST", "/plugins/pull", {}), "Swarm": ("POST", "/swarm/init", {}), "a prune": ("POST", "/images/prune", {}),
    "a tag": ("POST", f"/images/{IMAGE}/tag", {"repo": "x"}), "a push": ("POST", f"/images/{IMAGE}/push", {}),
    "a session": ("POST", "/session", {}), "an export": ("GET", f"/containers/{APP}/export", {}),
    "a service's environment": ("GET", f"/containers/{DASHBOARD}/json", {}),
    "a service's log": ("GET", f"/containers/{DASHBOARD}/logs", {"stdout": 1}),
    "a service's end": ("DELETE", f"/containers/{CADDY}", {"force": 1}),
    "a service by name": ("DELETE", "/containers/name-4", {"force": 1}),
    "another instance's app": ("GET", f"/containers/{OTHERS}/logs", {"stdout": 1}),
    "somebody else's container": ("POST", f"/containers/{STRANGER}/start", {}),
    "a container dressed up": ("DELETE", f"/containers/{DRESSED}", {}),
    "a signal of choice": ("POST", f"/containers/{COMMAND}/kill", {"signal": "TERM"}),
    "an app's files": ("GET", f"/containers/{APP}/archive", {"path": "/"}),
    "standard input": ("POST", f"/containers/{APP}/attach", {"stdin": 1, "stream": 1}),
    "stats without end": ("GET", f"/containers/{APP}/stats", {"stream": 1}),
    "all containers": ("GET", "/containers/json", {"all": 1}),
    "containers by name": ("GET", "/containers/json", {"filters": filters(name=["postgres"])}),
    "another instance's containers": ("GET", "/containers/json", {"filters": filters(label=[f"{names.INSTANCE}=other"])}),
    "containers of a strange image": ("GET", "/containers/json", {"filters": filters(ancestor=[FOREIGN_IMAGE])}),
    "filters of the old form": ("GET", "/containers/json", {"filters": filters(label={f"{names.INSTANCE}=inst": True})}),
    "all events": ("GET", "/events", {}),
    "events of images": ("GET", "/events", {"filters": filters(type=["image"], label=[f"{names.INSTANCE}=inst"])}),
    "all volumes": ("GET", "/volumes", {"filters": "{}"}), "a service's volume": ("DELETE", "/volumes/inst_deployer", {}),
    "somebody else's volume": ("DELETE", "/volumes/others", {}),
    "a service's network": ("DELETE", "/networks/inst_control", {}), "the engine's network": ("DELETE", "/networks/n4", {}),
    "another instance's network": ("GET", "/networks/other-repo-7", {}),
    "the shared network's end": ("DELETE", f"/networks/{isolation.SHIELD}", {}),
    "an image by tag": ("POST", "/images/create", {"fromImage": f"{REGISTRY}/apps/me/app", "tag": "latest"}),
    "an image without a tag": ("POST", "/images/create", {"fromImage": f"{REGISTRY}/apps/me/app"}),
    "another registry": ("POST", "/images/create", {"fromImage": "evil.example/apps/me/app", "tag": IMAGE}),
    "the base images": ("POST", "/images/create", {"fromImage": f"{REGISTRY}/library/python", "tag": IMAGE}),
    "an import": ("POST", "/images/create", {"fromSrc": "http://x/"}),
    "a strange image": ("GET", f"/images/{FOREIGN_IMAGE}/json", {}),
    "a strange image's end": ("DELETE", f"/images/{FOREIGN_IMAGE}", {}),
    "an image that has another name": ("DELETE", f"/images/{SHARED_IMAGE}", {}),
    "a path around the list": ("GET", f"/containers/{APP}/../../secrets", {}),
    "an encoded path": ("GET", f"/containers/{APP}%2f..%2f{DASHBOARD}/json", {}),
    "a doubled slash": ("GET", "//info", {}), "a method of choice": ("PATCH", "/info", {}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_request_is_refused(name):
    method, path, query = REFUSED[name]
    with pytest.raises(Refused):
        ask(method, path, **query)


@pytest.mark.parametrize("target", ["/info", "/v1.43/info", "/v1.24/info", "/v2.0/info", "/v1.44", "/v1.44/%ff",
                                    f"{V}/info?a", f"{V}/images/json?all=0&all=1"])
def test_a_target_that_cannot_be_read_in_one_way_is_refused(target):
    with pytest.raises(Refused):
        asyncio.run(Gate(OURS, _ask).admit(Request("GET", target)))


def test_a_body_where_none_belongs_is_refused():
    """Old versions of the API took a HostConfig at start."""
    with pytest.raises(Refused, match="has no body"):
        ask("POST", f"/containers/{APP}/start", {"Privileged": True})


def test_what_does_not_exist_is_answered_as_the_engine_does():
    with pytest.raises(Answered) as told:
        ask("GET", f"/containers/{'0' * 64}/json")
    assert told.value.status == 404 and b"No such object" in told.value.body


HOST = {
    "Privileged": True, "Binds": ["/:/host"], "Devices": [{"PathOnHost": "/dev/sda"}], "CapAdd": ["SYS_ADMIN"],
    "CapDrop": [], "SecurityOpt": ["no-new-privileges", "seccomp=unconfined"], "PidMode": "host", "IpcMode": "host",
    "UTSMode": "host", "UsernsMode": "host", "CgroupnsMode": "host", "NetworkMode": "host", "CgroupParent": "/",
    "Runtime": "other", "VolumesFrom": [DASHBOARD], "PortBindings": {"80/tcp": [{"HostPort": "80"}]},
    "PublishAllPorts": True, "ExtraHosts": ["x:1.2.3.4"], "Sysctls": {"kernel.x": "1"}, "DeviceRequests": [{"Count": -1}],
    "DeviceCgroupRules": ["a *:* rwm"], "OomScoreAdj": -1000, "MaskedPaths": [], "ReadonlyPaths": [], "GroupAdd": ["0"],
    "Tmpfs": {"/x": "exec"}, "ShmSize": 1, "StorageOpt": {"size": "1"}, "Ulimits": [], "Links": ["x"], "Isolation": "x",
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
