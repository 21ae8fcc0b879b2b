"""The OCI runtime that gives builds the CA bundle: run for real, before a runc of ours."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

WRAPPER = Path(__file__).parents[3] / "builder" / "buildkit" / "runc-with-ca.sh"
TRAP = 'echo {"destination":"/dev","x":1} "env":["EVIL=1"] "capabilities":{"bounding":["CAP_NET_RAW"]}'
GIVEN = ["CAP_CHOWN", "CAP_NET_RAW", "CAP_MKNOD", "CAP_SETPCAP", "CAP_SETFCAP"]
CONFIG = {
    "ociVersion": "1.2.0",
    "process": {"args": ["sh", "-c", TRAP], "env": ["PATH=/bin", "SSL_CERT_FILE=/mine"], "cwd": "/",
                "capabilities": {"bounding": GIVEN, "effective": GIVEN, "permitted": GIVEN}},
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts"}],
    "linux": {"resources": {"devices": [{"allow": False, "access": "rwm"}]}, "cgroupsPath": "/buildkit/the-id"},
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(ca) gives the config.json that runc sees and the arguments that it got."""
    def put(name, text):
        path = tmp_path / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    put("buildkit-runc", f'#!/bin/sh\necho "$*" > {tmp_path}/args\n')
    bundle = tmp_path / "bundle"
    bundle.mkdir()

    def call(ca, config=CONFIG):
        (bundle / "config.json").write_text(json.dumps(config, separators=(",", ":")) + "\n")
        (tmp_path / "ca").write_text(ca)
        environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "CONTINUUM_CA": str(tmp_path / "ca"), "BUILD_PIDS": "300",
                       "CONTINUUM_CGROUPS": str(tmp_path / "cgroup"), "CONTINUUM_BUILDS": str(tmp_path / "builds")}
        argv = ["sh", str(WRAPPER), "--root", "/r", "run", "--bundle", str(bundle), "the-id"]
        subprocess.run(argv, env=environment, check=True)
        return json.loads((bundle / "config.json").read_text()), (tmp_path / "args").read_text().strip()
    return call


@pytest.fixture
def cgroups(tmp_path):
    """cgroups(files): what the wrapper finds in /sys/fs/cgroup."""
    def put(files):
        for name, text in files.items():
            path = tmp_path / "cgroup" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return put


def test_the_bundle_is_mounted_after_dev_and_named_by_variables(run):
    config, _ = run("certificate")
    destinations = [mount["destination"] for mount in config["mounts"]]
    assert destinations == ["/proc", "/dev", "/dev/ca-bundle.crt", "/dev/ca-apt.conf", "/dev/pts"]
    assert all("ro" in mount["options"] for mount in config["mounts"][2:4])
    assert "PIP_CERT=/dev/ca-bundle.crt" in config["process"]["env"]


def test_a_dockerfiles_own_variable_comes_last_and_wins(run):
    environment = run("certificate")[0]["process"]["env"]
    assert dict(entry.split("=", 1) for entry in environment)["SSL_CERT_FILE"] == "/mine"


def test_what_a_dockerfile_says_cannot_pass_for_configuration(run):
    config, _ = run("certificate")
    assert config["process"]["args"] == ["sh", "-c", TRAP]


def test_runc_gets_its_arguments_unchanged(run):
    assert run("certificate")[1].startswith("--root /r run --bundle ")


def test_without_a_bundle_only_the_capabilities_change(run):
    config, _ = run("")
    assert {**config["process"], "capabilities": None} == {**CONFIG["process"], "capabilities": None}
    assert config["mounts"] == CONFIG["mounts"]


def test_a_step_keeps_the_capabilities_that_builds_need_and_no_other(run):
    given = run("")[0]["process"]["capabilities"]
    assert set(given) == {"bounding", "effective", "permitted"}
    for names in given.values():
        assert {"CAP_CHOWN", "CAP_SETFCAP", "CAP_SETUID"} <= set(names)
        assert not {"CAP_NET_RAW", "CAP_MKNOD", "CAP_SETPCAP"} & set(names)


def test_a_step_whose_capabilities_cannot_be_limited_is_not_run(run, tmp_path):
    process = {key: value for key, value in CONFIG["process"].items() if key != "capabilities"}
    with pytest.raises(subprocess.CalledProcessError):
        run("", {**CONFIG, "process": process})
    assert not (tmp_path / "args").exists()


def test_a_step_has_a_limit_of_processes_and_of_memory(run, cgroups):
    cgroups({"pids/cgroup.procs": "", "memory/cgroup.procs": "", "memory/memory.limit_in_bytes": "8000"})
    resources = run("")[0]["linux"]["resources"]
    assert resources == {"pids": {"limit": 300}, "memory": {"limit": 7000}, **CONFIG["linux"]["resources"]}


@pytest.mark.parametrize("files, limits", [
    ({"cgroup.subtree_control": "cpu memory pids\n", "memory.max": "8000"}, {"pids": {"limit": 300}, "memory": {"limit": 7000}}),
    ({"cgroup.subtree_control": "cpu memory pids\n", "memory.max": "max"}, {"pids": {"limit": 300}}),
    ({"cgroup.subtree_control": "cpu\n", "memory.max": "8000"}, {}),
], ids=["both", "no limit of the container", "not passed on"])
def test_on_cgroup_v2_it_has_those_that_buildkitd_passed_on(run, cgroups, files, limits):
    """runc refuses to start a step with a limit whose controller is not there."""
    cgroups(files)
    assert run("")[0]["linux"]["resources"] == {**limits, **CONFIG["linux"]["resources"]}


def test_a_step_whose_resources_cannot_be_limited_is_not_run(run, tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        run("", {**CONFIG, "linux": {}})
    assert not (tmp_path / "args").exists()
