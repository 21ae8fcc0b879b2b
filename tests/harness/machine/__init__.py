"""A machine in a container, as a user of Continuum has it: Debian, git and Python, no Docker Engine, no CA variables.

    with machine("my-test") as host:                          # trixie; suite="bookworm" for Debian 12
        host.clone("/srv/continuum")
        done = host.run("./continuum", "demo", cwd="/srv/continuum")
        assert done.code == 0, done.text

`machine("my-test", systemd=True)` boots systemd. The container is privileged, so that an engine can be installed and
started in it; that engine keeps its images in a volume of the machine. The machine trusts what this machine trusts, in
its system's store alone. `hub.py` gives it a Docker Hub of its own.

Containers, volumes and images carry the label `continuum.machine=<name>`. The reaper removes them when the `with` ends
and when this process dies; what outlived even the reaper is removed by the next machine of that name.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli.cache import fingerprint
from cli.images.debian import make_debian
from cli.images.ensure import present_references
from cli.images.manifest import Manifest
from cli.images.standins import apt_conf
from cli.instance import ROOT
from cli.localforge import commit_all
from cli.progress import Progress
from tests.harness.machine import certificates, reaper

HERE = Path(__file__).parent
LABEL = "continuum.machine"
ORIGIN = "/srv/continuum.git"      # the checkout as a bare repository, for clones in the machine
LIMIT = 900      # seconds for one command in the machine; a bound for one that hangs, not a measure
SYSTEMD = ("--tmpfs", "/run", "--tmpfs", "/run/lock", "--env", "container=docker")
# Debian 13's systemd refuses to boot with cgroup v1 unless it is told so
BOOT = ("/lib/systemd/systemd", "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1")


@dataclass(frozen=True)
class Done:
    """How a command in the machine ended: its exit code and all that it said, both streams in order."""

    code: int
    text: str


class Machine:
    """A running machine; `address` is its own IP address, which containers in it reach as well."""

    def __init__(self, container: str, label: str):
        self.container, self.label = container, label
        self.address = docker("inspect", "--format", "{{.NetworkSettings.IPAddress}}", container)

    def run(self, *argv: str, cwd: str = "/", user: str = "root", umask: str = "022",
            env: dict[str, str] | None = None, limit: float = LIMIT) -> Done:
        """Run `argv` to its end; raises TimeoutExpired after `limit` seconds."""
        settings = [word for key, value in (env or {}).items() for word in ("--env", f"{key}={value}")]
        command = ["docker", "exec", "--user", user, "--workdir", cwd, *settings, self.container,
                   "sh", "-c", 'umask "$0"; exec "$@"', umask, *argv]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", timeout=limit)
        return Done(done.returncode, done.stdout)

    def must(self, *argv: str, **options) -> str:
        """What `argv` printed; AssertionError with all of it on another exit code than 0."""
        done = self.run(*argv, **options)
        assert done.code == 0, f"{argv} ended with {done.code}:\n{done.text}"
        return done.text

    def write(self, path: str, text: str, mode: int = 0o644) -> None:
        """A file of root; its folder must be there."""
        self._put(str(Path(path).parent), lambda archive: archive.addfile(*_member(Path(path).name, text, mode)))

    def clone(self, folder: str, user: str = "root", umask: str = "022") -> None:
        """A fresh clone of this checkout, uncommitted changes included, as `user`'s in `folder`."""
        if self.run("test", "-d", ORIGIN).code:
            with tempfile.TemporaryDirectory() as scratch:
                bare = bare_copy(Path(scratch))
                self._put("/srv", lambda archive: archive.add(bare, Path(ORIGIN).name, filter=_of_root))
            self.must("git", "config", "--system", "--add", "safe.directory", ORIGIN)      # it is root's, for everybody
        self.must("git", "clone", "--quiet", ORIGIN, folder, user=user, umask=umask)

    def trust(self, *certificates: str) -> None:
        """Put PEM texts into the system's store, as an administrator does."""
        for number, text in enumerate(certificates):
            self.write(f"/usr/local/share/ca-certificates/machine-{number}.crt", text)
        self.must("update-ca-certificates")

    def _put(self, folder: str, fill) -> None:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            fill(tar)
        subprocess.run(["docker", "cp", "-", f"{self.container}:{folder}"], input=archive.getvalue(), check=True)


@contextmanager
def machine(name: str, *, suite: str = "trixie", systemd: bool = False, extra: Sequence[str] = (),
            publish: Sequence[int] = ()) -> Iterator[Machine]:
    """A machine of Debian's `suite` with the packages `extra`; removed at the end with all that carries its label.

    Each port of `publish` is reachable under a free port of this machine's loopback.
    """
    label = f"{LABEL}={name}"
    reaper.remove(label)
    with reaping(label):
        packages = [*extra, *(("systemd", "systemd-sysv", "dbus") if systemd else ())]
        image = build(HERE / "Dockerfile", label, DEBIAN=_debian(suite), EXTRA=" ".join(packages))
        container = docker("run", "--detach", "--privileged", "--label", label, "--hostname", suite,
                           *(word for port in publish for word in ("--publish", f"127.0.0.1::{port}")),
                           *(SYSTEMD if systemd else ("--init",)), image, *(BOOT if systemd else ()))
        host = Machine(container, label)
        host.trust(certificates.trusted_here())
        yield host


@contextmanager
def reaping(label: str) -> Iterator[None]:
    """See that what carries `label` is removed at the end, or by a process of its own if this one dies first."""
    watcher = subprocess.Popen([sys.executable, reaper.__file__, label], stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield
    finally:
        watcher.communicate()


def build(dockerfile: Path, label: str, folder: Path = HERE, **arguments: str) -> str:
    """Build an image with `label`; returns its id. The tag keeps it while another tag of it is removed."""
    with tempfile.NamedTemporaryFile("w", suffix=".crt") as bundle:
        bundle.write(certificates.trusted_here())
        bundle.flush()
        words = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
        tag = f"continuum-machine/{fingerprint(label, dockerfile.name, *words)}"
        return docker("build", "--quiet", "--label", label, "--tag", tag, "--file", str(dockerfile), *words,
                      "--secret", f"id=ca,src={bundle.name}", "--secret", f"id=apt,src={apt_conf()}", str(folder))


def docker(*words: str) -> str:
    """What `docker words` printed, stripped; AssertionError with what it said where it fails."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"docker {' '.join(words[:6])}: {done.stderr[-3000:]}"
    return done.stdout.strip()


def bare_copy(scratch: Path) -> Path:
    """The files of this checkout as one commit in a bare repository; ignored ones are left out."""
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout
    work = scratch / "work"
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            target = work / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
            target.chmod((ROOT / name).stat().st_mode)
    commit_all(work, "This checkout", first=True)
    bare = scratch / "bare.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(bare)], check=True)
    return bare


def _debian(suite: str) -> str:
    """A base image of `suite`: the stand-in or one made like it, else the public image."""
    manifest, present = Manifest.load(), present_references()
    standin = manifest.reference("debian")
    if standin not in present:
        return f"debian:{suite}-slim"
    if suite == manifest.suite:
        return standin
    other = f"{standin}-{suite}"
    if other not in present:
        progress = Progress()
        with progress.task(f"make Debian {suite}") as task:
            make_debian(suite, manifest.include, manifest.root / "debian" / "root", other, task)
        progress.close()
    return other


def _member(name: str, text: str, mode: int) -> tuple[tarfile.TarInfo, io.BytesIO]:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text.encode()), mode
    return member, io.BytesIO(text.encode())


def _of_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    return member
