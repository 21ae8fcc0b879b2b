"""The engine proxy's rules: which requests are passed on, and which are refused."""

import asyncio
import json

import pytest

from deployer import isolation, names
from deployer.engine_proxy.gate import Gate, Request
from deployer.engine_proxy.refused import Answered, Refused
from tests.unit.deployer.engine_table import (
    APP,
    CADDY,
    COMMAND,
    DASHBOARD,
    DRESSED,
    FOREIGN_IMAGE,
    IMAGE,
    OTHERS,
    OURS,
    REGISTRY,
    SHARED_IMAGE,
    STRANGER,
    V,
    ask,
    look_up,
)


def filters(**wanted) -> str:
    return json.dumps(wanted)


INSTANCE_FILTER = filters(label=[f"{names.INSTANCE}=inst", names.ROLE])
PASSED = [
    ("GET", "/_ping", {}), ("GET", "/info", {}), ("GET", "/system/df", {}), ("GET", "/system/df", {"type": "volume"}),
    ("GET", "/images/json", {"all": 0}),
    ("GET", "/events", {"filters": filters(type=["container"], event=isolation.EVENTS, label=[f"{names.INSTANCE}=inst"])}),
    ("GET", "/containers/json", {"all": 1, "limit": -1, "size": 1, "trunc_cmd": 0, "filters": INSTANCE_FILTER}),
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
    assert asyncio.run(Gate(OURS, look_up).admit(Request("GET", "/version"))).target == "/version"


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
        asyncio.run(Gate(OURS, look_up).admit(Request("GET", target)))


def test_a_body_where_none_belongs_is_refused():
    """Old versions of the API took a HostConfig at start."""
    with pytest.raises(Refused, match="has no body"):
        ask("POST", f"/containers/{APP}/start", {"Privileged": True})


def test_what_does_not_exist_is_answered_as_the_engine_does():
    with pytest.raises(Answered) as told:
        ask("GET", f"/containers/{'0' * 64}/json")
    assert told.value.status == 404 and b"No such object" in told.value.body
