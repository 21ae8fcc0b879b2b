"""`./continuum demo` on a machine that nobody prepared: no engine, no CA bundle, and images from Docker Hub.

The machine is a container with an engine of its own, and a registry in it plays Docker Hub for that engine and for the
BuildKit in it: tests/harness/machine says how. The first demo is dear, so every case here continues where it ended.
"""

from __future__ import annotations

import re

import pytest

from cli import envfile
from tests.harness.machine import Machine, hub, machine

CLONE = "/srv/continuum"
CA_NAMES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO")
EXAMPLES_BASE = "python:3.13-slim"      # hello-flask's own FROM line
FETCH = "import urllib.request, sys; print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], headers=" \
        "{'Host': sys.argv[2]}), timeout=20).read().decode())"


@pytest.fixture(scope="module")
def host(stack):
    with machine(stack.instance.name, publish=[hub.REGISTRY_PORT]) as made:
        made.clone(CLONE)
        yield made


@pytest.fixture(scope="module")
def docker_hub(host, stack):
    """The third-party images of this installation, under their public names."""
    used = envfile.read(stack.instance.generated_env)
    images = {name: used[variable] for name, variable in public_names(host).items()}
    images[EXAMPLES_BASE] = used["PYTHON_IMAGE"]
    with hub.serving(host, images, (used["PYTHON_IMAGE"], used["REGISTRY_IMAGE"])) as serving:
        pin(host, serving, images)
        yield serving


@pytest.fixture(scope="module")
def demo(host, docker_hub):
    return host.run("./continuum", "demo", cwd=CLONE)


def test_the_machine_is_unprepared(host):
    names = [line.partition("=")[0] for line in host.must("env").splitlines()]
    assert [name for name in CA_NAMES if name in names] == []
    assert host.run("sh", "-c", "command -v docker").code != 0


def test_the_demo_ends_live(host, demo):
    """Holds: every service image builds without a CA bundle; the engine is installed; images come from Docker Hub."""
    assert demo.code == 0, demo.text
    assert re.search(r"^CA_BUNDLE=$", host.must("cat", f"{CLONE}/.env"), re.MULTILINE)
    said = host.must("python3", "-c", FETCH, "http://127.0.0.1:8080", "hello-flask.localhost")
    assert "hello" in said.lower(), said


def test_nothing_was_made_that_could_be_pulled(host, demo):
    """Holds: with Docker Hub in reach no stand-in is made and nothing is compiled."""
    assert demo.code == 0, demo.text
    assert "continuum-standin" not in host.must("docker", "image", "ls", "--format", "{{.Repository}}")
    assert host.run("test", "-d", "/root/.cache/continuum/go").code != 0
    assert "compile " not in demo.text


def test_the_quick_tests_can_start(host, demo):
    """Holds: `./continuum test --quick` sets itself up without a CA bundle. What it runs there runs here as well, so a
    part of it is enough."""
    done = host.run("./continuum", "test", "--quick", "-k", "test_shell_status or test_envfile", cwd=CLONE)
    assert done.code == 0, done.text
    assert re.search(r"\d+ passed", done.text), done.text


def public_names(host: Machine) -> dict[str, str]:
    """{"caddy:2.11.4": "CADDY_IMAGE"}: what the clone in the machine would pull."""
    text = host.must("cat", f"{CLONE}/images/images.toml")
    return {public.partition("@")[0]: variable for variable, public in
            re.findall(r'^env = "(\w+)"\npublic = "([^"]+)"', text, re.MULTILINE)}


def pin(host: Machine, docker_hub: hub.Hub, images: dict[str, str]) -> None:
    """Replace the clone's digests by those of this Docker Hub: its images are not the public ones."""
    path = f"{CLONE}/images/images.toml"
    text = host.must("cat", path)
    for name in images:
        text = re.sub(rf'^public = "{re.escape(name)}(@[^"]*)?"', f'public = "{name}@{docker_hub.digest(name)}"', text,
                      flags=re.MULTILINE)
    host.write(path, text)
