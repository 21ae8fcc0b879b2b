"""The Debian base of every stand-in: mmdebstrap makes the tree, the engine takes it in."""

import os
import shlex
import shutil
import tarfile
from pathlib import Path

from cli import proc
from cli.cache import cache_dir
from cli.errors import PlatformError
from cli.host.aptsources import mirror_of, read_sources, security_mirror_of
from cli.host.osrelease import OsRelease
from cli.progress import Task

# What the public image leaves out of its packages, so that ours is no larger.
LEFT_OUT = ("path-exclude=/usr/share/man/*", "path-exclude=/usr/share/info/*",
            "path-exclude=/usr/share/locale/*", "path-include=/usr/share/locale/locale.alias",
            "path-exclude=/usr/share/doc/*", "path-include=/usr/share/doc/*/copyright")

# apt's caches of the bootstrap itself: the files laid over the tree switch them off from then on
DROP_CACHES = 'rm -f "$1/var/cache/apt/pkgcache.bin" "$1/var/cache/apt/srcpkgcache.bin"'


def sources_for(suite: str) -> list[str]:
    """One-line sources for `suite` from the mirrors that this machine uses.

    Empty where the machine is no Debian: mmdebstrap then takes its own default.
    DEBIAN_MIRROR overrides.
    """
    sources, codename = read_sources(), OsRelease.read().codename
    mirror = os.environ.get("DEBIAN_MIRROR") or mirror_of(sources, codename)
    if not mirror or (OsRelease.read().id != "debian" and "DEBIAN_MIRROR" not in os.environ):
        return []
    lines = [f"deb {mirror} {suite} main", f"deb {mirror} {suite}-updates main"]
    security = security_mirror_of(sources, codename)
    return lines + ([f"deb {security} {suite}-security main"] if security else [])


def pack(folder: Path, target: Path) -> None:
    """Write the files below `folder` to the tar `target` as root's and readable by everyone, whatever the umask of the
    clone. Folders are left out: they are in the tree already, and keep their modes."""
    with tarfile.open(target, "w") as tar:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            member.size, member.mode = path.stat().st_size, 0o755 if os.access(path, os.X_OK) else 0o644
            with path.open("rb") as file:
                tar.addfile(member, file)


def mmdebstrap_argv(suite: str, include: tuple[str, ...], files: Path, target: Path, sources: list[str]) -> list[str]:
    """The tree of `suite` with the content of the tar `files` laid over it, as the tar `target`."""
    return ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={','.join(include)}",
            *(f"--dpkgopt={option}" for option in LEFT_OUT), f"--customize-hook=tar-in {shlex.quote(str(files))} /",
            f"--customize-hook={DROP_CACHES}", suite, str(target), *sources]


def make_debian(suite: str, include: tuple[str, ...], files: Path, reference: str, task: Task) -> None:
    """Make the base and give it to the engine as `reference`; the tree is kept in the cache."""
    tree = cache_dir("debian") / f"{reference.rsplit(':', 1)[1]}.tar"
    if not tree.exists():
        _bootstrap(suite, include, files, tree, task)
    task.note("handing the tree to the engine")
    proc.run(["docker", "import", "--change", 'CMD ["bash"]', str(tree), reference], task)


def _bootstrap(suite: str, include: tuple[str, ...], files: Path, tree: Path, task: Task) -> None:
    _need_mmdebstrap(task)
    half, overlay = tree.with_suffix(".half.tar"), tree.with_suffix(".overlay.tar")
    pack(files, overlay)
    proc.run(mmdebstrap_argv(suite, include, overlay, half, sources_for(suite)), task,
             next_step="check that this machine reaches a Debian mirror; DEBIAN_MIRROR=URL names another")
    half.rename(tree)
    overlay.unlink()


def refuse_unless_makeable(system: OsRelease, user: int) -> None:
    """Raise where stand-ins cannot be made, before anything long has begun."""
    if user != 0:
        raise PlatformError("no image registry answers, and making the images here needs root",
                            "run this as root, or give the machine access to an image registry")
    if system.id not in ("debian", "ubuntu") and not shutil.which("mmdebstrap"):
        raise PlatformError(f"no image registry answers, and images cannot be made on {system.name}",
                            "give the machine access to an image registry, or use Debian or Ubuntu")


def _need_mmdebstrap(task: Task) -> None:
    if shutil.which("mmdebstrap"):
        return
    task.say("  installing mmdebstrap, which makes Debian trees")
    proc.run(["apt-get", "update", "-q"], task)
    proc.run(["apt-get", "install", "-yq", "--no-install-recommends", "mmdebstrap", "debian-archive-keyring"],
             task, env={"DEBIAN_FRONTEND": "noninteractive"},
             next_step="install mmdebstrap by hand, or give the machine access to an image registry")
