"""Which packages make an engine on which release, and how they are installed.

Debian bookworm's own engine lacks Compose v2; trixie's packages need only
libc6 >= 2.34, which bookworm has. They come from a trixie source with a pin
below every other, so that nothing else on the machine is drawn to trixie.
"""

from pathlib import Path

from cli import proc
from cli.errors import PlatformError
from cli.host.aptsources import APT, mirror_of, read_sources
from cli.host.osrelease import OsRelease
from cli.progress import Task

DEBIAN = ("docker.io", "docker-cli", "docker-compose", "docker-buildx")
UBUNTU = ("docker.io", "docker-compose-v2", "docker-buildx")
BESIDE = ("iptables", "iproute2", "containerd", "runc", "ca-certificates")
DONOR = "trixie"
NEEDS_DONOR = ("bookworm",)
TOO_OLD = ("buster", "bullseye")
NAME = "continuum-docker"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def install_engine(task: Task) -> None:
    """Install the engine, its client, Compose v2 and buildx. Idempotent."""
    system = OsRelease.read()
    if system.codename in TOO_OLD:
        raise PlatformError(f"{system.name} is too old for the Docker Engine that we install",
                            "use Debian 12 or newer, or install Docker Engine with Compose v2 yourself")
    if system.codename in NEEDS_DONOR:
        add_donor(system.codename)
    proc.run(["apt-get", "update", "-q"], task,
             next_step="apt reaches no package source; see the lines above and /etc/apt/sources.list.d")
    proc.run(install_argv(system), task, env={"DEBIAN_FRONTEND": "noninteractive"},
             next_step="see apt's lines above; `apt-get -f install` repairs a half-done installation")


def install_argv(system: OsRelease) -> list[str]:
    if system.id == "ubuntu":
        packages = UBUNTU + BESIDE
    elif system.codename in NEEDS_DONOR:
        packages = tuple(f"{name}/{DONOR}" for name in DEBIAN) + BESIDE
    else:
        packages = DEBIAN + BESIDE
    return ["apt-get", "install", "-yq", "--no-install-recommends", *packages]


def add_donor(codename: str, apt: Path = APT) -> None:
    """Give apt the donor release from the mirror that the machine uses already."""
    mirror = mirror_of(read_sources(apt), codename)
    if not mirror:
        raise PlatformError(f"no package source of {codename} is set up on this machine",
                            f"add a Debian mirror for {codename} main to {apt}/sources.list.d")
    (apt / "sources.list.d" / f"{NAME}.sources").write_text(
        f"# Continuum: the Docker Engine's packages, pinned low in ../preferences.d/{NAME}\n"
        f"Types: deb\nURIs: {mirror}\nSuites: {DONOR}\nComponents: main\nSigned-By: {KEYRING}\n")
    (apt / "preferences.d" / NAME).write_text(f"Package: *\nPin: release n={DONOR}\nPin-Priority: 50\n")
