"""The look at a build's steps while they run: real processes in place of runc, files in place of cgroups."""

import json
import subprocess
from pathlib import Path

import pytest

WATCH = Path(__file__).parents[3] / "builder" / "buildkit" / "watch-step.sh"
MIB = 1024**2


class Step:
    """A step whose runc is a process that lasts for some seconds, or until we end it."""

    def __init__(self, folder: Path, name: str):
        self.folder, self.name = folder, name
        self.bundle = folder / f"bundle-{name}"
        self.bundle.mkdir()
        self.killed = folder / f"killed-{name}"
        runc = folder / "buildkit-runc"
        runc.write_text(f'#!/bin/sh\necho "$*" > {folder}/killed-$2\n')
        runc.chmod(0o755)

    def configured(self, trace: str, **mounts: Path) -> None:
        """`mounts`: the way a mount is made ("rw" or "ro") and what is mounted."""
        made = [{"destination": f"/{mode}", "type": "bind", "source": str(source), "options": [mode, "rbind"]}
                for mode, source in mounts.items()]
        config = {"process": {"env": ["TRACEPARENT=00-1111-11-01", f"TRACEPARENT=00-{trace}-22-01"]}, "mounts": made,
                  "linux": {"cgroupsPath": f"/buildkit/{self.name}"}}
        (self.bundle / "config.json").write_text(json.dumps(config, separators=(",", ":")))

    def watch(self, seconds: int, *, disk: str = "20g", while_it_runs=lambda: None) -> str:
        """What the step printed by our doing."""
        program = f"i=0; while [ $i -lt {seconds * 10} ] && [ ! -e {self.killed} ]; do sleep 0.1; i=$((i + 1)); done"
        process = subprocess.Popen(["sh", "-c", program], stderr=subprocess.PIPE, text=True)
        environment = {"PATH": f"{self.folder}:/usr/bin:/bin", "BUILD_DISK": disk, "BUILD_PIDS": "300",
                       "CONTINUUM_DISK_LOOK": "1", "CONTINUUM_CGROUPS": str(self.folder / "cgroup"),
                       "CONTINUUM_BUILDS": str(self.folder / "builds")}
        watch = subprocess.Popen(["sh", str(WATCH), str(self.bundle), self.name, str(process.pid)], env=environment,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while _runs(process):
            while_it_runs()
        said = process.stderr.read()
        watch.wait(20)
        return said


def _runs(process: subprocess.Popen) -> bool:
    try:
        process.wait(0.02)
    except subprocess.TimeoutExpired:
        return True
    return False


@pytest.fixture
def step(tmp_path):
    return lambda name: Step(tmp_path, name)


@pytest.fixture
def snapshot(tmp_path):
    """snapshot(number): a folder that holds 2 MiB."""
    def make(number: int) -> Path:
        folder = tmp_path / "snapshots" / str(number) / "fs"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "big").write_bytes(b"x" * 2 * MIB)
        return folder
    return make


def test_a_step_that_writes_more_than_a_build_may_is_ended(step, snapshot):
    """Its cache mounts count, read-only mounts do not."""
    small, large = step("small"), step("large")
    small.configured("a" * 32, rw=snapshot(1), ro=snapshot(2))
    large.configured("b" * 32, rw=snapshot(3), ro=snapshot(4))
    assert small.watch(1, disk="3m") == "" and not small.killed.exists()
    assert large.watch(20, disk="1m") == ("continuum: the steps of this build wrote more than 1m and were ended: let them write less, "
                                      "or ask an owner to raise BUILD_DISK\n")
    assert large.killed.read_text() == "kill large KILL\n"


def test_what_earlier_steps_of_the_same_build_wrote_counts(step, snapshot):
    first, second, other = step("first"), step("second"), step("other")
    first.configured("a" * 32, rw=snapshot(1))
    second.configured("a" * 32, rw=snapshot(2))
    other.configured("b" * 32, rw=snapshot(3))
    assert first.watch(1, disk="3m") == "" and other.watch(1, disk="3m") == ""
    assert "wrote more than 3m" in second.watch(20, disk="3m")


def test_a_cache_mount_that_two_steps_use_counts_once(step, snapshot):
    for name in ("first", "second"):
        made = step(name)
        made.configured("a" * 32, rw=snapshot(1))
        assert made.watch(1, disk="3m") == ""


@pytest.mark.parametrize("place", ["cgroup/pids/buildkit/bomb", "cgroup/buildkit/bomb"], ids=["v1", "v2"])
def test_a_step_that_goes_on_trying_for_more_processes_is_ended(step, tmp_path, place):
    bomb = step("bomb")
    bomb.configured("a" * 32)
    (tmp_path / place).mkdir(parents=True)
    refused = iter(range(1, 10**9))

    def refuse() -> None:
        (tmp_path / "events").write_text(f"max {next(refused)}\n")
        (tmp_path / "events").rename(tmp_path / place / "pids.events")

    said = bomb.watch(20, while_it_runs=refuse)
    assert said == ("continuum: this step reached its limit of 300 processes and was ended: start fewer at a time, or ask an "
                    "owner to raise BUILD_PIDS\n")
    assert bomb.killed.exists()


def test_a_step_that_was_refused_one_and_went_on_is_left_alone(step, tmp_path):
    once = step("once")
    once.configured("a" * 32)
    (tmp_path / "cgroup" / "pids" / "buildkit" / "once").mkdir(parents=True)
    (tmp_path / "cgroup" / "pids" / "buildkit" / "once" / "pids.events").write_text("max 1\n")
    assert once.watch(3) == "" and not once.killed.exists()
