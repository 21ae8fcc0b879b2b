"""Programs run in a group of their own, and end when the job is asked to."""

import os
import signal
import threading
import time

import pytest

from builder.process import run
from common.wire.errors import Canceled, Failure
from common.worker.jobs import Cancel

ENV = {"PATH": os.environ["PATH"], "ONLY": "this"}


def sh(script: str, **options):
    return run(["sh", "-c", script], env=ENV, **{"cancel": Cancel(), **options})


def alive(pid: int) -> bool:
    """Is the process there, and not only its entry that nobody reaped?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_output_code_and_environment():
    os.environ["NOT_PASSED_ON"] = "secret"
    done = sh('echo "$ONLY$NOT_PASSED_ON"; echo bad >&2; umask; exit 3')
    assert (done.code, done.output, done.errors) == (3, "this\n0022\n", "bad\n")


def test_much_output_on_both_streams_does_not_block():
    done = sh("head -c 3000000 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero | tr '\\0' y >&2")
    assert (len(done.output), len(done.errors)) == (3000000, 256 * 1024)


def test_errors_come_as_they_are_printed():
    pieces = []
    sh("echo one >&2; echo two >&2", on_errors=pieces.append)
    assert b"".join(pieces) == b"one\ntwo\n"


def test_a_timeout_ends_the_whole_group(tmp_path):
    began = time.monotonic()
    done = sh(f"sleep 60 & echo $! > {tmp_path}/child; wait", seconds=0.2)
    assert done.timed_out and time.monotonic() - began < 5
    assert not alive(int((tmp_path / "child").read_text()))


def test_cancel_ends_it_within_a_second_even_if_it_ignores_the_first_signal(tmp_path):
    cancel = Cancel()
    threading.Timer(0.3, cancel.request).start()
    began = time.monotonic()
    with pytest.raises(Canceled):
        sh(f"trap '' TERM; echo $$ > {tmp_path}/pid; while true; do sleep 1; done", cancel=cancel)
    assert time.monotonic() - began < 0.3 + 1.5
    assert not alive(int((tmp_path / "pid").read_text()))


def test_a_canceled_job_starts_nothing(tmp_path):
    cancel = Cancel()
    cancel.request()
    with pytest.raises(Canceled):
        sh(f"touch {tmp_path}/started", cancel=cancel)
    assert not (tmp_path / "started").exists()


def test_a_killed_builder_takes_its_programs_along(tmp_path):
    """The child forks, runs `sleep` by our means, and is killed with SIGKILL."""
    child = os.fork()
    if child == 0:
        sh(f"echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; exec sleep 60")
    wait_until((tmp_path / "pid").exists)
    program = int((tmp_path / "pid").read_text())
    assert alive(program)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    wait_until(lambda: not alive(program))


def wait_until(true) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_a_program_prints_has_a_bound(monkeypatch):
    """A tree of a million long names ends the build as failure, and takes no memory without end."""
    monkeypatch.setattr("builder.process.LARGEST", 100_000)
    with pytest.raises(Failure, match="sh printed more than .* too many files or refs"):
        sh("yes")
