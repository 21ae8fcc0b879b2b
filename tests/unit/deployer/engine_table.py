"""A table of what the engine has, for the tests of the engine proxy's rules; its gate, and requests through it."""

import asyncio
import json
from ipaddress import IPv4Network
from urllib.parse import urlencode

from deployer import isolation, names
from deployer.engine_proxy.checks import Installation
from deployer.engine_proxy.gate import Gate, Request

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


async def look_up(target: str) -> tuple[int, bytes]:
    found = ENGINE.get(target.removeprefix(V))
    return (200, json.dumps(found).encode()) if found else (404, b'{"message":"No such object"}')


OURS = Installation("inst", REGISTRY, IPv4Network("10.201.0.0/16"), PROBE_IMAGE)


def ask(method: str, path: str, body: object = b"", /, **query: object):
    """What the gate passes on for a request under the API's version 1.44."""
    target = V + path + (f"?{urlencode(query)}" if query else "")
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return asyncio.run(Gate(OURS, look_up).admit(Request(method, target, data, b"login")))
