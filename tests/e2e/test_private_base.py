"""A FROM line with a private image: the login goes from the host's file through builder to BuildKit, and nowhere else.

The registry with a password listens on the loopback of BuildKit's own network, the only place where BuildKit speaks
plain HTTP to a registry that it has no setting for.
"""

import base64
import io
import json
import subprocess
import tarfile
import uuid

import bcrypt
import pytest
import requests

from cli import compose, envfile
from cli.images.logins import write_logins
from cli.waiting import wait_for
from tests.harness.machine import docker, reaper, reaping
from tests.harness.machine.hub import push

PORT = 5987
USER, PASSWORD = "ann", uuid.uuid4().hex
BASE = f"localhost:{PORT}/private/base:1"
GREETING = f"greetings from a private image {uuid.uuid4().hex}"
DOCKERFILE = f"FROM {BASE} AS private\nFROM busybox:1.37\nCOPY --from=private /greeting /\nRUN cat /greeting\n"
PLAIN = ["--env", "OTEL_TRACES_EXPORTER=none"]


@pytest.fixture(scope="module")
def base(stack, tmp_path_factory):
    """BASE, in a registry that only answers to USER."""
    label = f"continuum.private={stack.instance.name}"
    reaper.remove(label)
    with reaping(label):
        image = envfile.read(stack.instance.generated_env)["REGISTRY_IMAGE"]
        stored = ["--label", label, "--volume", docker("volume", "create", "--label", label) + ":/var/lib/registry"]
        filled(image, label, stored)
        folder = tmp_path_factory.mktemp("auth")
        (folder / "htpasswd").write_text(f"{USER}:{bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()}\n")
        docker("run", "--detach", *stored, *PLAIN, "--network", f"container:{compose.container(stack.instance, 'buildkit')}",
               "--volume", f"{folder}:/auth:ro", "--env", f"REGISTRY_HTTP_ADDR=:{PORT}", "--env", "REGISTRY_AUTH=htpasswd",
               "--env", "REGISTRY_AUTH_HTPASSWD_REALM=private", "--env", "REGISTRY_AUTH_HTPASSWD_PATH=/auth/htpasswd", image)
        answers(f"{compose.address_of(stack.instance, 'buildkit', 'build')}:{PORT}", 401)
        yield BASE


def filled(image: str, label: str, stored: list[str]) -> None:
    """Push BASE into the volume, by a registry without a password that is there for no longer than that."""
    registry = docker("run", "--detach", *stored, *PLAIN, "--publish", "127.0.0.1::5000", image)
    address = docker("port", registry, "5000/tcp")
    answers(address, 200)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("greeting")
        member.size = len(GREETING)
        tar.addfile(member, io.BytesIO(GREETING.encode()))
    imported = subprocess.run(["docker", "import", "--change", f"LABEL {label}", "-"], input=archive.getvalue(),
                              check=True, capture_output=True).stdout.decode().strip()
    push(address, "private/base:1", imported)
    docker("rm", "--force", registry)


def answers(address: str, status: int) -> None:
    def look() -> bool:
        try:
            return requests.get(f"http://{address}/v2/", timeout=5).status_code == status
        except requests.ConnectionError:
            return False
    wait_for(look, f"the registry at {address} to answer with {status}", 30)


@pytest.fixture
def logins(stack, tmp_path):
    """`logins(password)` is what `./continuum up` does with REGISTRY_LOGINS."""
    target = stack.instance.state_dir / "registry-logins.json"

    def call(password: str) -> None:
        auth = base64.b64encode(f"{USER}:{password}".encode()).decode()
        (tmp_path / "config.json").write_text(json.dumps({"auths": {f"localhost:{PORT}": {"auth": auth}}}))
        write_logins(str(tmp_path / "config.json"), target)
    yield call
    write_logins(envfile.read(stack.instance.env_file)["REGISTRY_LOGINS"], target)


def build(stack) -> tuple[dict, str]:
    """(the run, its log)."""
    ended = stack.wait(stack.repo_of({"Dockerfile": DOCKERFILE}).run("build")["id"])
    return ended, "\n".join(stack.lines(ended["id"], "build.1"))


def test_without_a_login_the_run_fails_and_names_the_setting(stack, base):
    run, log = build(stack)
    assert run["state"] == "failure" and base in run["reason"] and "REGISTRY_LOGINS" in run["reason"], run["reason"]
    assert GREETING not in log


def test_a_wrong_password_fails_the_run_and_is_not_shown(stack, base, logins):
    logins("wrong-s3cret")
    run, log = build(stack)
    assert run["state"] == "failure" and "REGISTRY_LOGINS" in run["reason"], run["reason"]
    assert "wrong-s3cret" not in run["reason"] + log


def test_with_the_login_the_image_is_used_from_the_next_build_on(stack, base, logins):
    logins(PASSWORD)
    run, log = build(stack)
    assert run["state"] == "success", run["reason"]
    assert GREETING in log and PASSWORD not in log
