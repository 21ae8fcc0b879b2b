"""start.sh gives BuildKit more mirrors of Docker Hub, and leaves its settings alone without any."""

import os
import subprocess
import tomllib
from shutil import which

import pytest

from cli.instance import ROOT

START = ROOT / "builder" / "buildkit" / "start.sh"
# dash is Debian's sh; the public image has busybox's
SHELLS = [[path] for path in (which("dash"), which("bash")) if path] + [["busybox", "sh"]] * bool(which("busybox"))


@pytest.fixture(params=SHELLS, ids=lambda argv: " ".join(argv))
def start(request, tmp_path):
    """Call with HUB_MIRRORS; returns buildkitd's arguments and the generated settings or None."""
    for name, script in {"buildkitd": 'echo "$@"', "ip": ":"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    def call(mirrors):
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CONTINUUM_RUN": str(tmp_path), "HUB_MIRRORS": mirrors}
        out = subprocess.run([*request.param, str(START), "--config", "given.toml"], env=env, capture_output=True,
                             text=True, check=True).stdout.split()
        generated = tmp_path / "buildkitd.toml"
        return out, tomllib.loads(generated.read_text()) if generated.exists() else None
    return call


def test_without_mirrors_the_settings_are_those_of_the_folder(start):
    assert start("") == (["--config", "given.toml"], None)


def test_mirrors_come_after_our_registry_and_plain_http_is_allowed_where_it_was_named(start):
    arguments, settings = start("https://a.example/hub http://b.example:5000")
    assert arguments[-2] == "--config" and arguments[-1].endswith("/buildkitd.toml")
    registry = settings["registry"]
    assert registry["docker.io"]["mirrors"] == ["registry:5000", "a.example/hub", "b.example:5000"]
    assert registry["b.example:5000"] == {"http": True} and "a.example" not in registry
    assert registry["registry:5000"] == {"http": True}
    assert settings["worker"]["oci"]["enabled"] is True
