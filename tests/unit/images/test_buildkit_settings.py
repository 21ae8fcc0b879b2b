"""settings.sh prints BuildKit's settings: the steps' network, and more mirrors of Docker Hub where there are any."""

import subprocess
import tomllib
from shutil import which

import pytest

from cli.instance import ROOT

SETTINGS = ROOT / "builder" / "buildkit" / "settings.sh"
OURS = {"ca": ["/etc/continuum/registry-ca.crt"]}      # of our registry: TLS, with our own authority alone
NETWORK = {"SUBNET": "10.200.0.0/24", "GATEWAY": "10.200.0.1", "BRIDGE": "steps"}
# dash is Debian's sh; the public image has busybox's
SHELLS = [[path] for path in (which("dash"), which("bash")) if path] + [["busybox", "sh"]] * bool(which("busybox"))


@pytest.fixture(params=SHELLS, ids=lambda argv: " ".join(argv))
def printed(request):
    """Call with HUB_MIRRORS; returns the parsed settings."""
    def call(mirrors: str) -> dict:
        done = subprocess.run([*request.param, str(SETTINGS)], env={"PATH": "/usr/bin:/bin", "HUB_MIRRORS": mirrors, **NETWORK},
                              capture_output=True, text=True, check=True)
        return tomllib.loads(done.stdout)
    return call


def test_steps_get_the_bridge_and_its_dns_server(printed):
    settings = printed("")
    assert settings["dns"]["nameservers"] == ["10.200.0.1"]
    oci = settings["worker"]["oci"]
    assert (oci["networkMode"], oci["bridgeName"], oci["bridgeSubnet"]) == ("bridge", "steps", "10.200.0.0/24")


def test_without_mirrors_docker_hub_comes_from_our_registry_first(printed):
    assert printed("")["registry"] == {"docker.io": {"mirrors": ["registry:5000"]}, "registry:5000": OURS}


def test_mirrors_come_after_our_registry_and_plain_http_is_allowed_where_it_was_named(printed):
    registry = printed("https://a.example/hub http://b.example:5000")["registry"]
    assert registry["docker.io"]["mirrors"] == ["registry:5000", "a.example/hub", "b.example:5000"]
    assert registry["b.example:5000"] == {"http": True} and "a.example" not in registry
    assert registry["registry:5000"] == OURS
