"""Docker Hub for one machine: a registry in the machine's own network that answers to Docker Hub's names.

    with machine("my-test", publish=[hub.REGISTRY_PORT]) as host, hub.serving(host, images, base) as docker_hub:
        docker_hub.digest("rabbitmq:4.1.8-management")
        docker_hub.switch("429")

The machine's engine and the BuildKit in it resolve Docker Hub's names to the machine itself, by its DNS server, and find
a registry there whose certificate the machine trusts: nothing in their settings says so. `switch` turns the faults of
hub_server.py on and off. The same registry is at `mirror` without TLS and without faults.
"""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests

from cli.waiting import wait_for
from tests.harness.machine import HERE, Machine, build, certificates, docker
from tests.harness.machine.hub_server import CERTIFICATE, REGISTRY_PORT

NAMES = ("registry-1.docker.io", "index.docker.io", "auth.docker.io", "docker.io")
DOWNLOAD = ("python", "moby/buildkit")      # the images in which something is downloaded, and that must trust what we do
MANIFESTS = ("application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, "
             "application/vnd.oci.image.index.v1+json")


class Hub:
    """The hub of one machine; orders and their answers go through the container's standard streams."""

    def __init__(self, process: subprocess.Popen, address: str, mirror: str):
        """`address`: host:port of the registry on this machine; `mirror`: its URL for all that runs in the other."""
        self._process, self._address, self.mirror = process, address, mirror

    def switch(self, fault: str = "none", missing: Iterable[str] = ()) -> None:
        """Returns once `fault` holds; `missing` are references such as "caddy:2.11.4" or "caddy@sha256:…"."""
        order = {"fault": fault, "missing": [split(reference) for reference in missing]}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n", "the hub ended"

    def digest(self, reference: str) -> str:
        name, tag = split(reference)
        answer = requests.head(f"http://{self._address}/v2/{name}/manifests/{tag}", headers={"Accept": MANIFESTS},
                               timeout=10)
        answer.raise_for_status()
        return answer.headers["Docker-Content-Digest"]

    def push(self, reference: str, image: str) -> None:
        push(self._address, reference, image)


def push(address: str, reference: str, image: str) -> None:
    """Push the engine's `image` as `reference` to the registry at `address`, a host:port of this machine's loopback."""
    name, tag = split(reference)
    target = f"{address}/{name}:{tag}"
    docker("tag", image, target)
    try:
        docker("push", "--quiet", target)
    finally:
        docker("image", "rm", target)


@contextmanager
def serving(host: Machine, images: Mapping[str, str], base: tuple[str, str]) -> Iterator[Hub]:
    """A hub with `images` (public name -> local reference); `base`: images of Python and of the registry to run it."""
    authority, server = certificates.issue(list(NAMES))
    host.trust(certificates.trusted_here(), authority)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "bundle.crt").write_text(certificates.trusted_here() + "\n" + authority)
        images = {name: trusting(host, Path(folder), image) if split(name)[0].removeprefix("library/") in DOWNLOAD
                  else image for name, image in images.items()}
    with _running(host, server, base) as process:
        hub = Hub(process, docker("port", host.container, f"{REGISTRY_PORT}/tcp"),
                  f"http://{host.address}:{REGISTRY_PORT}")
        wait_for(lambda: _answers(hub), "the hub's registry to answer", 30)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda item: hub.push(*item), images.items()))
        _resolve_to_the_machine(host)
        hub.switch()
        yield hub


def trusting(host: Machine, folder: Path, image: str) -> str:
    """`image` as a company's own base image: it trusts `folder`/bundle.crt."""
    return build(HERE / "trusting.Dockerfile", host.label, folder, IMAGE=image)


def split(reference: str) -> list[str]:
    """[name, tag or digest] as the registry's API has them: Docker Hub's own images are in `library`."""
    name, separator, reference = reference.partition("@")
    if not separator:
        name, _, reference = name.rpartition(":")
    return [name if "/" in name else f"library/{name}", reference]


@contextmanager
def _running(host: Machine, certificate: str, base: tuple[str, str]) -> Iterator[subprocess.Popen]:
    image = build(HERE / "hub.Dockerfile", host.label, PYTHON=base[0], REGISTRY=base[1])
    container = docker("create", "--interactive", "--label", host.label, "--network", f"container:{host.container}", image)
    _copy(container, Path(CERTIFICATE), certificate)
    process = subprocess.Popen(["docker", "start", "--attach", "--interactive", container], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait()


def _copy(container: str, path: Path, text: str) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo(str(path).lstrip("/"))
        member.size = len(text.encode())
        tar.addfile(member, io.BytesIO(text.encode()))
    subprocess.run(["docker", "cp", "-", f"{container}:/"], input=archive.getvalue(), check=True)


def _answers(hub: Hub) -> bool:
    try:
        return requests.get(f"http://{hub._address}/v2/", timeout=5).ok
    except requests.ConnectionError:
        return False


def _resolve_to_the_machine(host: Machine) -> None:
    """A DNS server in the machine that containers reach too; what is not Docker Hub's it asks where the machine did."""
    host.must("cp", "/etc/resolv.conf", "/etc/resolv.upstream")
    names = [f"--address=/{name}/{host.address}" for name in NAMES]
    host.must("dnsmasq", "--user=root", "--no-hosts", "--resolv-file=/etc/resolv.upstream", "--bind-interfaces",
              f"--listen-address={host.address}", "--local=/docker.io/", *names)
    host.must("sh", "-c", f"echo nameserver {host.address} > /etc/resolv.conf")
