"""Hosts as people have them, played by programs on the path: what is used, what is refused, and that nothing changes."""

import json
import stat
from dataclasses import dataclass, field

import pytest

from cli.errors import PlatformError
from cli.host import engine as host_engine
from cli.host.engine import ensure_engine
from cli.host.osrelease import OsRelease
from cli.host.survey import survey
from cli.progress import Progress

BOOKWORM = OsRelease("debian", "bookworm", "Debian GNU/Linux 12 (bookworm)")
NOBLE = OsRelease("ubuntu", "noble", "Ubuntu 24.04 LTS")
FEDORA = OsRelease("fedora", "", "Fedora Linux 42")
SOCKET = "unix:///nowhere/docker.sock"
CHANGES = ("apt-get", "systemctl", "dockerd --")


@dataclass(frozen=True)
class Machine:
    """What its programs report; `says` are words of the refusal, none where the engine is taken as it is."""

    says: tuple[str, ...] = ()
    system: OsRelease = NOBLE
    uid: int = 0
    client: str = "Docker version 28.2.2, build e6534b4"
    endpoint: str = SOCKET
    engine: str = ""
    parts: tuple[str, ...] = ("Engine",)
    info: dict = field(default_factory=dict)
    compose: str = "2.29.1"
    buildx: str = "0.16.0"
    packages: str = ""
    snap: bool = False
    dockerd: bool = False


CE = "docker-ce containerd.io"
MACHINES = {
    "docker-ce, complete": Machine(engine="28.1.1", packages=CE),
    "docker-ce for a member of the group docker": Machine(engine="28.1.1", packages=CE, uid=1000),
    "docker-ce without Compose": Machine(("Compose is missing", "docker-compose-plugin", "2.21.0"),
                                         engine="28.1.1", packages=CE, compose=""),
    "docker-ce without buildx": Machine(("buildx is missing", "docker-buildx-plugin"), engine="28.1.1", packages=CE, buildx=""),
    "docker-ce that is stopped, without Compose": Machine(("docker-compose-plugin",), packages=CE, dockerd=True, compose=""),
    "docker-ce, too old": Machine(("Docker Engine 24.0.7", "25.0", "start_interval"), engine="24.0.7", packages=CE),
    "Compose, too old": Machine(("Docker Compose 2.20.3", "2.21.0"), engine="28.1.1", packages=CE, compose="v2.20.3"),
    "a new Compose with an old buildx": Machine(("Docker buildx 0.16.0", "0.17.0"), engine="29.0.0", packages=CE,
                                                compose="2.40.3"),
    "containerd.io alone": Machine(("containerd.io", "dockerd"), packages="containerd.io",
                                 endpoint="unix:///var/run/docker.sock"),
    "Ubuntu's docker.io without Compose": Machine(("docker-compose-v2",), engine="26.1.3", packages="docker.io", compose=""),
    "Debian's docker.io without Compose": Machine(("docker-compose",), BOOKWORM, engine="26.1.5", packages="docker.io",
                                                  compose=""),
    "Debian 12's own docker.io": Machine(("20.10.24", "apt-get remove docker.io"), BOOKWORM, engine="20.10.24+dfsg1",
                                         packages="docker.io"),
    "snap": Machine(("snap", "snap remove docker"), engine="28.1.1", snap=True),
    "podman-docker": Machine(("Podman",), client="podman version 5.0.0"),
    "the docker client at Podman's socket": Machine(("Podman",), engine="5.0.0", parts=("Podman Engine",)),
    "rootless": Machine(("rootless", "docker context use default"), engine="28.1.1",
                        info={"SecurityOptions": ["name=seccomp,profile=builtin", "name=rootless", "name=cgroupns"]}),
    "an engine that enforces SELinux": Machine(("SELinux", "selinux-enabled"), FEDORA, engine="28.1.1",
                                               info={"SecurityOptions": ["name=selinux"]}),
    "AppArmor": Machine(engine="28.1.1", packages=CE, info={"SecurityOptions": ["name=apparmor"]}),
    "cgroup v1": Machine(engine="26.1.5", packages="docker.io", info={"CgroupVersion": "1"}),
    "an engine that cannot limit memory": Machine(("limit memory",), engine="28.1.1", packages=CE,
                                                  info={"MemoryLimit": False}),
    "Docker Desktop": Machine(engine="28.1.1", info={"OperatingSystem": "Docker Desktop"}),
    "a context over ssh": Machine(("ssh://build.example", "unset DOCKER_HOST"), endpoint="ssh://ann:pw@build.example",
                                  engine="28.1.1"),
    "a context over tcp": Machine(("tcp://10.0.0.9:2376",), endpoint="tcp://10.0.0.9:2376"),
    "a context whose engine is off": Machine(("no engine answers", SOCKET)),
    "no engine, not root": Machine(("needs root", "sudo ./continuum up"), uid=1000, endpoint="unix:///var/run/docker.sock"),
    "no engine on Fedora": Machine(("Fedora Linux 42", "docs/install.md"), FEDORA, endpoint="unix:///var/run/docker.sock"),
}


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Play a machine; returns the list of commands that were called."""
    record = tmp_path / "calls"
    record.touch()

    def put(name, script):
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {record}\n{script}\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def play(played: Machine, apt=tmp_path):
        monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
        for variable in ("DOCKER_HOST", "DOCKER_CONTEXT"):
            monkeypatch.delenv(variable, raising=False)
        monkeypatch.setattr(host_engine, "survey", lambda: survey(played.system, played.uid, "linux", apt))
        put("docker", _docker(played))
        put("dpkg-query", "\n".join(f"echo '{name} installed'" for name in played.packages.split()))
        put("snap", "exit 0" if played.snap else "exit 1")
        put("apt-get", "exit 99")
        put("systemctl", "exit 99")
        monkeypatch.setattr("cli.host.survey.which", lambda name: "/usr/bin/dockerd" if played.dockerd else None)
        return lambda: record.read_text().splitlines()
    return play


def _docker(played: Machine) -> str:
    server = {"Version": played.engine, "Components": [{"Name": name} for name in played.parts]} if played.engine else None
    context = [{"Name": "default", "Endpoints": {"docker": {"Host": played.endpoint}}}]
    return f"""case "$1 $2" in
"--version ") echo '{played.client}';;
"context inspect") echo '{json.dumps(context)}';;
"version --format") echo '{json.dumps({"Server": server})}';;
"info --format") echo '{json.dumps(played.info)}';;
"compose version") echo '{played.compose}'; test -n '{played.compose}';;
"buildx version") echo 'github.com/docker/buildx v{played.buildx} abc'; test -n '{played.buildx}';;
*) exit 98;; esac"""


@pytest.mark.parametrize("name", MACHINES)
def test_each_machine_is_used_or_refused_and_nothing_is_changed(name, machine):
    played = MACHINES[name]
    calls = machine(played)
    if played.says:
        with pytest.raises(PlatformError) as raised:
            ensure_engine(Progress())
        assert [words for words in played.says if words not in str(raised.value)] == []
        assert raised.value.next_step and raised.value.exit_code == 3 and "pw" not in str(raised.value)
    else:
        found = ensure_engine(Progress())
        assert (found.version, found.compose, found.started) == (played.engine, played.compose, False)
    assert [call for call in calls() if call.startswith(CHANGES)] == []


@pytest.mark.parametrize("plugins", ["2.29.1", ""])
def test_a_client_alone_is_no_engine_so_root_on_debian_installs_one(machine, plugins):
    calls = machine(Machine(system=BOOKWORM, endpoint="unix:///var/run/docker.sock", compose=plugins, buildx=plugins))
    with pytest.raises(PlatformError):      # the fake apt-get fails
        ensure_engine(Progress())
    assert [call for call in calls() if call.startswith("apt-get")]


def test_an_interrupted_installation_of_ours_is_continued(machine, tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "continuum-docker.sources").touch()
    calls = machine(Machine(system=BOOKWORM, endpoint="unix:///var/run/docker.sock", packages="docker.io", compose=""))
    with pytest.raises(PlatformError):
        ensure_engine(Progress())
    assert [call for call in calls() if call.startswith("apt-get")]


def test_os_release_is_read(tmp_path):
    path = tmp_path / "os-release"
    path.write_text('PRETTY_NAME="Ubuntu 24.04.1 LTS"\nID=ubuntu\nVERSION_CODENAME=noble\n')
    assert OsRelease.read(path) == OsRelease("ubuntu", "noble", "Ubuntu 24.04.1 LTS")
    assert OsRelease.read(tmp_path / "none").id == "unknown"
