"""`./continuum demo` on a machine that nobody prepared: no engine, no CA bundle, and images from Docker Hub.

The machine is a container with an engine of its own, and a registry in it plays Docker Hub for that engine and for the
BuildKit in it: tests/harness/machine says how. The first demo is dear, so every case here continues where it ended:
one small image is removed from the engine, and `up` has to get it again.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli import envfile
from cli.waiting import wait_for
from tests.harness.machine import Done, Machine, hub, machine

CLONE = "/srv/continuum"
CA_NAMES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO")
MANIFEST = f"{CLONE}/images/images.toml"
ENV_FILE = f"{CLONE}/.env"
SYFT = "anchore/syft:v1.46.0"      # no running container needs it
EXAMPLES_BASE = "python:3.13-slim"      # hello-flask's own FROM line
USER = {"user": "ann", "umask": "077"}
USERS_CLONE = "/home/ann/my projects/continuum"
PUSH = """set -e
{clone}
cd hello-flask
sed -i 's/Hello/Good evening, Hello/' app.py
git -c user.name=Ann -c user.email=ann@example.com commit -qam 'Greet politely'
git push -q"""
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
    assert re.search(r"^CA_BUNDLE=$", host.must("cat", ENV_FILE), re.MULTILINE)
    assert "hello" in page(host).lower()


def test_nothing_was_made_that_could_be_pulled(host, demo):
    """Holds: with Docker Hub in reach no stand-in is made and nothing is compiled."""
    assert demo.code == 0, demo.text
    assert "continuum-standin" not in host.must("docker", "image", "ls", "--format", "{{.Repository}}")
    assert host.run("test", "-d", "/root/.cache/continuum/go").code != 0
    assert "compile " not in demo.text


def test_the_digests_are_recorded(host, demo, docker_hub):
    """Holds: images.lock names for each image the digest that Docker Hub gave."""
    assert docker_hub.digest(SYFT) in host.must("cat", f"{CLONE}/.continuum/images.lock"), demo.text


def test_the_quick_tests_can_start(host, demo):
    """Holds: `./continuum test --quick` sets itself up without a CA bundle. What it runs there runs here as well, so a
    part of it is enough."""
    done = host.run("./continuum", "test", "--quick", "-k", "test_shell_status or test_envfile", cwd=CLONE)
    assert done.code == 0, done.text
    assert re.search(r"\d+ passed", done.text), done.text


@pytest.fixture
def impatient(host, demo):
    """`up` takes 3 s without progress for a stall."""
    before = host.must("cat", ENV_FILE)
    host.write(ENV_FILE, re.sub("^PULL_STALL_SECONDS=.*", "PULL_STALL_SECONDS=3", before, flags=re.MULTILINE))
    yield
    host.write(ENV_FILE, before)


@pytest.fixture
def up(host, demo, docker_hub):
    """`up(public)`: SYFT's line in images.toml becomes `public`, the engine loses the image, `up` runs."""
    before = host.must("cat", MANIFEST)

    def call(public: str = SYFT, **env: str):
        host.write(MANIFEST, re.sub(rf'^public = "{SYFT}[^"]*"', f'public = "{public}"', before, flags=re.MULTILINE))
        host.must("rm", "-f", f"{CLONE}/.continuum/images.lock")
        host.must("sh", "-c", "docker image ls --quiet --no-trunc anchore/syft | xargs -r docker image rm --force")
        return host.run("./continuum", "up", cwd=CLONE, env=env)

    yield call
    host.write(MANIFEST, before)
    docker_hub.switch()


def test_an_unknown_digest_gives_way_to_the_tag(host, up, docker_hub):
    """Holds: the tag is pulled instead, that is said, and the digest received is recorded."""
    unknown = f"{SYFT}@sha256:{'0' * 64}"
    done = up(unknown)
    assert done.code == 0, done.text
    assert unknown in done.text
    assert docker_hub.digest(SYFT) in host.must("cat", f"{CLONE}/.continuum/images.lock")


def test_an_unknown_tag_is_named_with_its_setting(up):
    done = up("anchore/syft:v0.0.0-none")
    refused(done, "anchore/syft:v0.0.0-none", "SYFT_IMAGE=", ENV_FILE)


def test_a_rate_limit_is_named_with_the_login(up, docker_hub):
    docker_hub.switch("429")
    refused(up(), "rate limit", "docker login", "SYFT_IMAGE=")


def test_a_registry_that_is_broken_is_named(up, docker_hub):
    docker_hub.switch("500")
    refused(up(), "server error", SYFT, "SYFT_IMAGE=")


def test_a_download_that_stalls_is_named_with_its_setting(impatient, up, docker_hub):
    docker_hub.switch("stall")
    refused(up(), "stalled", "no progress for 3 s", SYFT, "SYFT_IMAGE=", "PULL_STALL_SECONDS")


def test_a_registry_that_nobody_reaches_is_named(up, docker_hub):
    """Holds: with IMAGE_SOURCE=pull, from the environment, nothing is made instead."""
    docker_hub.switch("off")
    refused(up(IMAGE_SOURCE="pull"), "cannot be reached", "SYFT_IMAGE=")


def test_a_mirror_that_only_the_engine_knows_serves_the_demo(host, up, docker_hub):
    """Holds: pulls go through the engine, and BuildKit is told of the engine's mirrors."""
    docker_hub.switch("off")
    host.write("/etc/docker/daemon.json", json.dumps({"registry-mirrors": [docker_hub.mirror]}))
    host.must("pkill", "-HUP", "-x", "dockerd")
    wait_for(lambda: docker_hub.mirror in host.must("docker", "info"), "the engine to know its mirror", 20)
    done = up()
    assert done.code == 0, done.text
    again = host.run("./continuum", "demo", cwd=CLONE)
    assert again.code == 0, again.text


def test_a_member_of_the_group_docker_goes_live(host, demo, docker_hub):
    """Holds: without root, with umask 077, in a clone whose path has spaces; and what is said to do next works."""
    host.must("./continuum", "down", "--volumes", "--yes", cwd=CLONE)
    host.must("useradd", "--create-home", "--groups", "docker", USER["user"])
    host.must("mkdir", "-p", str(Path(USERS_CLONE).parent), **USER)
    host.clone(USERS_CLONE, **USER)
    host.must("cp", MANIFEST, f"{USERS_CLONE}/images/images.toml", **USER)
    done = host.run("./continuum", "demo", cwd=USERS_CLONE, **USER)
    assert done.code == 0, done.text
    assert "hello" in page(host).lower()
    clone = re.search(r"^Next: (git clone .+\.git'?),", done.text, re.MULTILINE)[1]
    host.must("sh", "-c", PUSH.format(clone=clone), cwd=f"/home/{USER['user']}", **USER)
    wait_for(lambda: "Good evening" in page(host), "the pushed change to be live", 120)
    assert host.run("find", f"/home/{USER['user']}", "-user", "root").text == ""


def page(host: Machine) -> str:
    """What the example's app answers, through Caddy."""
    return host.must("python3", "-c", FETCH, "http://127.0.0.1:8080", "hello-flask.localhost")


def refused(done: Done, *named: str) -> None:
    """`up` ended as a platform error that names each of `named`, and made nothing instead."""
    assert done.code == 3, done.text
    assert [text for text in named if text not in done.text] == [], done.text
    assert "making the images here" not in done.text and "compile " not in done.text


def public_names(host: Machine) -> dict[str, str]:
    """{"caddy:2.11.4": "CADDY_IMAGE"}: what the clone in the machine would pull."""
    text = host.must("cat", MANIFEST)
    return {public.partition("@")[0]: variable for variable, public in
            re.findall(r'^env = "(\w+)"\npublic = "([^"]+)"', text, re.MULTILINE)}


def pin(host: Machine, docker_hub: hub.Hub, images: dict[str, str]) -> None:
    """Replace the clone's digests by those of this Docker Hub: its images are not the public ones."""
    text = host.must("cat", MANIFEST)
    for name in images:
        text = re.sub(rf'^public = "{re.escape(name)}(@[^"]*)?"', f'public = "{name}@{docker_hub.digest(name)}"', text,
                      flags=re.MULTILINE)
    host.write(MANIFEST, text)
