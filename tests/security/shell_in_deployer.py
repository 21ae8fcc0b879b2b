"""Runs in deployer's container, as somebody would who took deployer over: asks the engine for what must be refused.

`python - INSTANCE IMAGE SERVICE STRANGER < this file`: the name of the installation, an image, a container of a service of
ours, and one of another installation. Prints a JSON object: what was tried -> the engine's status, or 2xx.
"""

import json
import sys

import docker
from docker.errors import APIError

INSTANCE, IMAGE, SERVICE, STRANGER = sys.argv[1:]
LABELS = {"continuum.instance": INSTANCE, "continuum.role": "command", "continuum.repo": "1"}
client = docker.APIClient("unix:///run/engine/engine.sock", version="auto", timeout=30)


def create(**host):
    """A container that is never started, and goes at once where it came to be."""
    body = {"Image": IMAGE, "Cmd": ["true"], "Labels": LABELS, "HostConfig": host}
    client.remove_container(client.create_container_from_config(body)["Id"], force=True, v=True)


def volume():
    client.create_volume("continuum-never", driver_opts={"type": "none", "o": "bind", "device": "/"})
    client.remove_volume("continuum-never")


ATTACKS = {
    "a privileged container": lambda: create(Privileged=True),
    "the host's files": lambda: create(Binds=["/:/host"]),
    "the host's files as a mount": lambda: create(Mounts=[{"Type": "bind", "Source": "/", "Target": "/host"}]),
    "the host's files as a volume": volume,
    "the host's processes": lambda: create(PidMode="host"),
    "the host's network": lambda: create(NetworkMode="host"),
    "a capability": lambda: create(CapAdd=["SYS_ADMIN"]),
    "a command in a service": lambda: client.exec_create(SERVICE, ["true"]),
    "a command in another installation's app": lambda: client.exec_create(STRANGER, ["true"]),
    "a service's settings": lambda: client.inspect_container(SERVICE),
    "a service's log": lambda: client.logs(SERVICE, tail=1),
    "another installation's log": lambda: client.logs(STRANGER, tail=1),
    "a service's files": lambda: client.get_archive(SERVICE, "/etc/hostname"),
    "all containers of the machine": lambda: client.containers(all=True),
    "the end of another installation's app": lambda: client.remove_container(STRANGER, force=True),
}


def status(attack) -> int:
    try:
        attack()
    except APIError as problem:
        return problem.status_code
    return 200


print(json.dumps({name: status(attack) for name, attack in ATTACKS.items()}))
