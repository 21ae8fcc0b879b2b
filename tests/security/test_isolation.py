"""S30, S31: what code of a stranger finds when it looks for the platform, in a build step and as a running app.

The probe is a real repository that went through all five stages. Beside what it must not reach it is asked for one
thing that it may, so that a probe that reaches nothing at all fails too.
"""

from __future__ import annotations

import uuid

import pytest

from tests.security import engine, targets

TRACES = "/dev/otel-grpc.sock"      # of BuildKit's own; nothing but a collector of traces listens there


def test_a_build_step_finds_no_engine_and_no_buildkit(probe):
    """Holds: BuildKit's socket and the engine's are mounted into no step, and no abstract socket is there."""
    assert forbidden_sockets(probe.build_look) == []
    assert probe.build_look["abstract"] == []
    assert "docker.sock" not in probe.build_look["mounts"]


def test_an_app_finds_no_engine_and_no_buildkit(probe):
    """Holds: an app's container has no host mount and its own network namespace."""
    seen = probe.look()
    assert forbidden_sockets(seen) == []
    assert seen["abstract"] == []
    assert "docker.sock" not in seen["mounts"]
    assert "/run/buildkit" not in seen["mounts"]


def forbidden_sockets(seen: dict) -> list[str]:
    return [path for path in seen["sockets"] if path != TRACES]


def test_the_socket_that_buildkit_gives_its_steps_takes_traces_alone(platform):
    """Holds: what BuildKit serves at its trace socket, which each step finds as /dev/otel-grpc.sock."""
    ask = ["exec", platform["buildkit"]["Id"], "buildctl", "--addr"]
    assert "ID" in engine.docker(*ask, "unix:///run/buildkit/buildkitd.sock", "debug", "workers")
    with pytest.raises(AssertionError, match="Unimplemented|unknown service"):
        engine.docker(*ask, "unix:///run/buildkit/otel-grpc.sock", "debug", "workers")


def test_a_build_step_reaches_none_of_our_services(probe, platform):
    """Holds: the rules of builder/buildkit/start.sh. The registry, the host's addresses on our networks and BuildKit's
    own namespace are hidden from steps, but for the DNS server."""
    names = f"{targets.step_gateway(platform['buildkit'])}:53"
    assert probe.build_answers[names].startswith("open"), "the probe should see the one thing it may"
    assert set(targets.opened(probe.build_answers)) == {names}


LISTENS = """
import pathlib, socket
listener = socket.create_server(("0.0.0.0", 7777))
listener.settimeout(20)
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
probe.connect(("198.51.100.1", 9))      # sends nothing; tells which address this step has
pathlib.Path("/meet/new").write_text(probe.getsockname()[0])
pathlib.Path("/meet/new").rename("/meet/address")
try:
    while listener.accept()[0].recv(1) != b"x":
        pass
    print("MET by", "another step")
except TimeoutError:
    print("MET nobody")
"""
CALLS = """
import pathlib, socket, time
until = time.monotonic() + 15
while not pathlib.Path("/meet/address").exists() and time.monotonic() < until:
    time.sleep(0.1)
try:
    socket.create_connection((pathlib.Path("/meet/address").read_text(), 7777), 3).sendall(b"x")
    print("CALLED", "another step")
except OSError as problem:
    print("CALLED nobody:", type(problem).__name__)
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    print("RAW", "socket opened")
except PermissionError:
    print("RAW refused")
print("NAMES", len(socket.getaddrinfo("registry", 5000)) > 0)
"""
MEETING = """FROM python:3.13-slim AS base
COPY listens.py calls.py /
FROM base AS one
RUN --mount=type=cache,target=/meet,sharing=shared python /listens.py && touch /one
FROM base AS two
RUN --mount=type=cache,target=/meet,sharing=shared python /calls.py && touch /two
FROM base
COPY --from=one /one /
COPY --from=two /two /
"""


def test_steps_that_run_side_by_side_do_not_reach_each_other(stack):
    """Holds: ports of BuildKit's bridge are isolated, and NET_RAW is taken away (runc-with-ca.sh). DNS still works."""
    repo = stack.repo_of({"Dockerfile": MEETING, "listens.py": f"# {uuid.uuid4().hex}{LISTENS}", "calls.py": CALLS},
                         name="meeting")
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "success", ended["reason"]
    lines = stack.lines(ended["id"], "build.1")
    assert "MET nobody" in lines
    assert [line for line in lines if line.startswith("CALLED nobody: ")] not in ([], ["CALLED nobody: FileNotFoundError"])
    assert "RAW refused" in lines
    assert "NAMES True" in lines


def test_an_app_reaches_none_of_our_services(stack, probe):
    """Holds: an app's network has no service of ours but Caddy, and deployer and tester listen elsewhere."""
    platform = engine.platform_containers(stack)      # anew: they have joined the app's network since
    caddy = engine.addresses(platform["caddy"])[f"{probe.repo.stack.instance.name}-repo-{probe.repo.id}"]
    answers = probe.ask([*targets.of_platform(platform), *targets.BY_NAME, [caddy, 8080],
                         *([name, 8000] for name in ("deployer", "tester", "deployer.control", "tester.control"))])
    assert answers[f"{caddy}:8080"].startswith("open"), "the probe should see the one thing it may"
    assert set(targets.opened(answers)) == {f"{caddy}:8080"}


def test_an_app_reaches_nothing_of_the_host_that_is_for_the_host_alone(probe, platform):
    """Holds: Postgres, RabbitMQ's UI and the registry are published on 127.0.0.1; the engine is on no TCP port."""
    wanted = targets.of_host(platform, probe.container, probe.repo.stack.api.settings)
    assert wanted
    assert targets.opened(probe.ask(wanted)) == {}


def test_an_app_reaches_no_app_of_another_repository(probe, neighbour):
    """Holds: one network a repository, and the engine's rules between them."""
    _, container = neighbour
    found = [[address, 8000] for name, address in engine.addresses(container).items()]
    own = [[address, 8000] for name, address in engine.addresses(probe.container).items() if "-repo-" in name]
    answers = probe.ask([*found, *own, [container["Name"].strip("/"), 8000]])
    assert set(targets.opened(answers)) == {f"{host}:{port}" for host, port in own}


def test_deployer_and_tester_listen_on_the_control_network_alone(stack, probe):
    """Holds: LISTEN_ON. They join every app's network, and an app must not find their API there."""
    platform = engine.platform_containers(stack)
    for service in ("deployer", "tester"):
        places = engine.addresses(platform[service])
        control = places.pop(f"{stack.instance.name}_control")
        assert places, f"{service} is on no app's network, so this test says nothing"
        listening = engine.in_network_of(platform[service], "ss", "-Hltn")
        assert f"{control}:8000" in listening
        assert not [place for place in places.values() if f"{place}:8000" in listening]
        assert "0.0.0.0:8000" not in listening


TAKEN = {      # ways to name another's image
    "by the registry": "FROM registry:5000/{image}",
    "by the mirror": "FROM {image}",
    "by a copy": "FROM python:3.13-slim\nCOPY --from=registry:5000/{image} /app /stolen",
    "by a mount": "FROM python:3.13-slim\nRUN --mount=type=bind,from={image},target=/stolen cat /stolen/app/probe.py",
}


@pytest.mark.parametrize("way", TAKEN)
def test_a_build_takes_no_image_of_another_repository(stack, neighbour, way):
    """Holds: builder's source policy. BuildKit pushes with credentials that a `FROM` could otherwise read with."""
    other, _ = neighbour
    jobs = stack.api.get(f"/runs/{other.runs()[0]['id']}")["jobs"]
    built = next(job["outputs"]["image"] for job in jobs if job["stage"] == "build")
    image = f"{built['repository']}@{built['digest']}"
    thief = stack.repo_of({"Dockerfile": TAKEN[way].format(image=image) + "\n"}, name="thief")
    ended = stack.wait(thief.run("build")["id"])
    assert ended["state"] == "failure", ended["reason"]
    assert "Looks around from where it runs" not in "\n".join(stack.lines(ended["id"], "build.1"))


def test_repositories_share_no_cache_mount(stack):
    """Holds: BUILDKIT_CACHE_MOUNT_NS, a name of each repository's own."""
    unique = uuid.uuid4().hex      # or the step's layer of an earlier test would do
    mount = f"RUN --mount=type=cache,id=common,target=/cache : {unique};"
    first = stack.repo_of({"Dockerfile": f"FROM python:3.13-slim\n{mount} echo mine > /cache/left && ls /cache\n"})
    second = stack.repo_of({"Dockerfile": f"FROM python:3.13-slim\n{mount} echo \"found:$(ls /cache):\"\n"})
    assert stack.wait(first.run("build")["id"])["state"] == "success"
    ended = stack.wait(second.run("build")["id"])
    assert ended["state"] == "success", ended["reason"]
    assert "found::" in stack.lines(ended["id"], "build.1")


def test_a_layer_made_with_a_secret_serves_no_other_repository(stack):
    """Holds: each repository's steps have a cache key of their own. BuildKit's leaves a secret's value out, so that
    a copy of somebody's Dockerfile would find the layers that were made with their secret."""
    step = f"RUN --mount=type=secret,id=KEY : {uuid.uuid4().hex}; cp /run/secrets/KEY /kept || echo none > /kept"
    value = f"private-{uuid.uuid4().hex}"
    owner = stack.repo_of({"Dockerfile": f"FROM python:3.13-slim\n{step}\n",
                           ".continuum.yml": "build: {secrets: [KEY]}\n"})
    stack.api.put(f"/repos/{owner.id}/secrets/KEY", {"value": value, "use": ["build"]})
    assert stack.wait(owner.run("build")["id"])["state"] == "success"
    thief = stack.repo_of({"Dockerfile": f"FROM python:3.13-slim\n{step}\nRUN echo \"got:$(cat /kept)\"\n"})
    ended = stack.wait(thief.run("build")["id"])
    assert ended["state"] == "success", ended["reason"]
    lines = stack.lines(ended["id"], "build.1")
    assert f"got:{value}" not in lines
    assert "got:none" in lines
