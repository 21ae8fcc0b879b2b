"""The registry: TLS with our own authority, and tokens for one name and one purpose, each from orchestrator.

Asked as each service would ask, with its own key, and then at the registry itself.
"""

from __future__ import annotations

import json
import time

import jwt
import pytest
import requests

from cli import envfile
from cli.waiting import wait_for
from orchestrator.credentials.registry_tokens import Access, RegistryTokens
from tests.harness.registry import Registry, bearer, private, signing
from tests.security import engine, people, signed

SLOW = "FROM python:3.13-slim\nRUN sleep 300\n"      # canceled before its end
EVERYTHING = ["pull", "push", "delete"]
BASE = "library/python"


@pytest.fixture(scope="module")
def registry(stack):
    return Registry(stack)


@pytest.fixture(scope="module")
def image(stack, neighbour):
    """Name and digest of an image that another repository built."""
    repo, _ = neighbour
    jobs = stack.api.get(f"/runs/{repo.runs()[0]['id']}")["jobs"]
    built = next(job["outputs"]["image"] for job in jobs if job["stage"] == "build")
    return built["repository"], built["digest"]


@pytest.fixture(scope="module")
def building(stack):
    """(its run, the name of its image) of a repository that is being built meanwhile."""
    repo = stack.repo_of({"Dockerfile": SLOW}, name="slow")
    run = repo.run("build")["id"]
    stack.wait_stage(run, "build")
    yield run, f"apps/{repo.owner}/{repo.name}"
    stack.api.post(f"/runs/{run}/cancel")
    stack.wait(run)


def ask(stack, service: str, name: str, run: int | None = None) -> requests.Response:
    """Every right on the images of `name`, as `service` would ask."""
    good = signed.token(signed.private_key(stack, service), service, "orchestrator")
    return signed.send(stack, "orchestrator", "POST", "/v1/registry/token", good,
                       json={"access": [{"name": name, "actions": EVERYTHING}], "run": run})


def tried(registry: Registry, header: dict, name: str, digest: str = "sha256:" + "0" * 64) -> dict[str, bool]:
    """What the registry lets the holder of the token do with the images of `name`."""
    answers = {"pull": registry.send("GET", f"{name}/manifests/{digest}", header),
               "push": registry.send("POST", f"{name}/blobs/uploads/", header),
               "delete": registry.send("DELETE", f"{name}/manifests/sha256:{'0' * 64}", header)}
    assert all(answer.status_code in (200, 202, 401, 404) for answer in answers.values()), answers
    return {action: answer.status_code != 401 for action, answer in answers.items()}


def allowed(stack, registry, service: str, name: str, run: int | None = None) -> set[str]:
    answer = ask(stack, service, name, run)
    if answer.status_code == 403:
        return set()
    assert answer.status_code == 200, answer.text
    could = tried(registry, {"Authorization": f"Bearer {answer.json()['token']}"}, name)
    return {action for action, good in could.items() if good}


def test_the_registry_answers_over_tls_alone(registry):
    """Holds: REGISTRY_HTTP_TLS_*. Its certificate is of our own authority, which no usual program trusts."""
    assert registry.send("GET", "").status_code == 401
    with pytest.raises(requests.exceptions.SSLError):
        people.session().get(f"https://{registry.address}/v2/", timeout=10)
    assert people.session().get(f"http://{registry.address}/v2/", timeout=10).status_code == 400


def test_buildkit_and_our_services_ask_for_that_certificate(platform):
    """Holds: `ca` in buildkitd.toml, and that scanner and builder trust one file: the authority's."""
    printed = engine.docker("exec", platform["buildkit"]["Id"], "cat", "/run/buildkitd.toml")
    ours = printed.partition('[registry."registry:5000"]')[2].partition("\n[")[0]
    assert 'ca = ["/etc/continuum/registry-ca.crt"]' in ours and "http" not in ours and "insecure" not in ours
    look = ("import ssl, socket; c = ssl.create_default_context(cafile=%r); "
            "print(c.wrap_socket(socket.create_connection(('registry', 5000), 5), server_hostname='registry').version())")
    for service in ("builder", "scanner"):
        good, other = "/etc/continuum/registry-ca.crt", "/usr/local/lib/python3.13/site-packages/certifi/cacert.pem"
        assert "TLSv1." in engine.docker("exec", platform[service]["Id"], "python", "-c", look % good)
        with pytest.raises(AssertionError, match="CERTIFICATE_VERIFY_FAILED|No such file"):
            engine.docker("exec", platform[service]["Id"], "python", "-c", look % other)


@pytest.mark.parametrize("service", ["scanner", "deployer"])
def test_scanner_and_engine_read_what_we_built_and_no_more(stack, registry, image, service):
    """Holds: orchestrator.registry_rights."""
    assert allowed(stack, registry, service, image[0]) == {"pull"}
    assert allowed(stack, registry, service, BASE) == set()


def test_builder_pushes_what_it_builds_and_nothing_else(stack, registry, image, building):
    """Holds: the same: a token is for the repository that is built now. What no build goes on for gets none."""
    run, own = building
    assert allowed(stack, registry, "builder", own, run) == {"pull", "push"}
    assert allowed(stack, registry, "builder", image[0], run) == set()
    assert allowed(stack, registry, "builder", BASE, run) == {"pull"}
    assert allowed(stack, registry, "builder", "never/seen", run) == {"pull"}
    assert [ask(stack, "builder", own, other).status_code for other in (None, 999_999_999)] == [403, 403]


def test_a_build_that_is_over_gives_no_right(stack, neighbour):
    repo, _ = neighbour
    over = repo.runs()[0]["id"]
    assert ask(stack, "builder", f"apps/{repo.owner}/{repo.name}", over).status_code == 403


@pytest.mark.parametrize("service", ["dashboard", "dbproxy", "tester"])
def test_nobody_else_gets_a_token(stack, image, service):
    assert ask(stack, service, image[0]).status_code == 403


def test_no_service_deletes_writes_base_images_or_lists_them(stack, registry, image, building):
    """Holds: the same. A removal deletes with a token that orchestrator signs for it, and set-up writes base images."""
    run, _ = building
    for service in ("builder", "scanner", "deployer"):
        for name in (image[0], BASE):
            assert not allowed(stack, registry, service, name, run) & {"delete", "push"}
        token = ask(stack, service, image[0], run).json()["token"]
        assert registry.send("GET", "_catalog", {"Authorization": f"Bearer {token}"}).status_code == 401
    assert registry.read(image[0], f"manifests/{image[1]}").status_code == 200, "the control: the image is still there"


def test_the_registry_hears_nothing_but_our_own_tokens(registry, image):
    """Holds: REGISTRY_AUTH_TOKEN_*: one key, one issuer, one audience, one time."""
    name, digest = image
    good = bearer(registry.tokens, name, "pull")
    assert registry.send("GET", f"{name}/manifests/{digest}", good).status_code == 200
    for what, header in forged(registry, name).items():
        assert registry.send("GET", f"{name}/manifests/{digest}", header).status_code == 401, what


def forged(registry: Registry, name: str) -> dict[str, dict[str, str]]:
    """Headers that must open nothing, by what is wrong with them."""
    access = [Access(name=name, actions=["pull"])]
    good = registry.tokens.sign("test", access)["token"]
    header, claims = jwt.get_unverified_header(good), jwt.decode(good, options={"verify_signature": False})

    def made(key, algorithm="ES256", **changes):
        return jwt.encode({**claims, **changes}, key, algorithm=algorithm, headers={"x5c": header["x5c"]})
    tokens = {"another's key and certificate": RegistryTokens(*signing()).sign("test", access)["token"],
              "another's key, our certificate": made(private(signing()[0])), "no signature": made(None, "none"),
              "past its end": made(registry.key, exp=int(time.time()) - 120),
              "another issuer": made(registry.key, iss="eve"), "another audience": made(registry.key, aud="elsewhere"),
              "not a token": "continuum"}
    return {what: {"Authorization": f"Bearer {token}"} for what, token in tokens.items()} | {
        "a password": {"Authorization": "Basic Y29udGludXVtOmNvbnRpbnV1bQ=="}, "nothing": {}}


def test_the_keys_are_nowhere_but_where_they_are_used(stack, platform):
    """Holds: only orchestrator can sign tokens, and only the registry has its key; the authority's is in no container."""
    key = envfile.read(stack.instance.env_file)["REGISTRY_TOKEN_KEY"]
    holders = [name for name, item in platform.items() if key in engine.environment(item).values()]
    assert holders == ["orchestrator"]
    mounts = {name: [mount["Source"] for mount in item["Mounts"]] for name, item in platform.items()}
    assert [name for name, found in mounts.items() if any(path.endswith("server.key") for path in found)] == ["registry"]
    assert [name for name, found in mounts.items() for path in found if path.endswith(("ca.key", "/registry"))
            and stack.instance.name in path] == []
    folder = stack.instance.state_dir / "registry"
    assert [path.name for path in folder.iterdir() if path.stat().st_mode & 0o077 and path.suffix == ".key"] == []


def test_the_password_of_a_build_is_worth_nothing_once_it_is_over(stack, platform):
    """Holds: builder.build_tokens: what buildctl proves itself with is made for one build."""
    repo = stack.repo_of({"Dockerfile": SLOW}, name="brief")
    run = repo.run("build")["id"]
    stack.wait_stage(run, "build")
    builder = platform["builder"]["Id"]
    find = "cat $(ls -td /tmp/registry-*/ | head -n 1)config.json"

    def look():
        try:
            return engine.docker("exec", builder, "sh", "-c", find)
        except AssertionError:
            return None
    login = json.loads(wait_for(look, "buildctl's login", 30))["auths"]["registry:5000"]["auth"]
    call = ("import sys, urllib.request as u, urllib.error as e\n"
            "r = u.Request('http://127.0.0.1:8000/v1/registry/token?scope=repository:library/python:pull', "
            f"headers={{'Authorization': 'Basic {login}'}})\n"
            "try: print(u.urlopen(r).status)\nexcept e.HTTPError as p: print(p.code)")
    assert engine.docker("exec", builder, "python", "-c", call) == "200"
    stack.api.post(f"/runs/{run}/cancel")
    stack.wait(run)
    assert engine.docker("exec", builder, "python", "-c", call) == "401"
