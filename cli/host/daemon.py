"""Starting and stopping dockerd: by systemd where it runs, else as a background
process of ours with a pid file and a log.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

from cli import proc
from cli.errors import PlatformError
from cli.progress import Progress, Task

STATE = Path("/var/lib/continuum/engine")
ORDINARY_MTU = 1500
START_SECONDS = 60
STOP_SECONDS = 90


def start_daemon(task: Task) -> None:
    """Start dockerd and wait until it answers. Raises PlatformError with its last words."""
    if Path("/run/systemd/system").is_dir():
        task.note("systemctl enable --now docker")
        proc.run(["systemctl", "enable", "--now", "docker"], task, next_step="`journalctl -u docker` has the reason")
        _wait_until_it_answers(None, task)
        return
    wait_for_the_earlier_one(task)
    STATE.mkdir(parents=True, exist_ok=True)
    (STATE / "dockerd.pid").unlink(missing_ok=True)
    with open(STATE / "dockerd.log", "ab") as log:
        process = subprocess.Popen(daemon_argv(default_mtu()), start_new_session=True, cwd="/",
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    _wait_until_it_answers(process, task)


def wait_for_the_earlier_one(task: Task) -> None:
    """Wait while a dockerd that we started shuts down: a second one beside it finds containerd's socket taken.

    It answers no call any more, and takes up to 18 s. Raises PlatformError after STOP_SECONDS.
    """
    pid = recorded_pid()
    if pid is not None:
        task.say("  the earlier Docker Engine is still shutting down: waiting for it")
        _wait_until_gone(pid, task)


def daemon_argv(mtu: int) -> list[str]:
    """dockerd's command line; an MTU below the ordinary one must be told to its networks."""
    argv = ["dockerd", "--pidfile", str(STATE / "dockerd.pid")]
    return argv + (["--mtu", str(mtu)] if mtu < ORDINARY_MTU else [])


def default_mtu(route: Path = Path("/proc/net/route"), links: Path = Path("/sys/class/net")) -> int:
    """The MTU of the link that the default route uses; 1500 where there is none."""
    rows = [line.split() for line in route.read_text().splitlines()[1:]] if route.exists() else []
    device = next((row[0] for row in rows if row[1] == "00000000" and row[7] == "00000000"), None)
    return int((links / device / "mtu").read_text()) if device else ORDINARY_MTU


def _wait_until_it_answers(process: subprocess.Popen | None, task: Task) -> None:
    deadline = time.monotonic() + START_SECONDS
    while proc.answer(["docker", "version", "--format", "{{.Server.Version}}"]) is None:
        if process and process.poll() is not None:
            raise _failed("dockerd ended at once")
        if time.monotonic() > deadline:
            raise _failed(f"dockerd did not answer within {START_SECONDS} s")
        task.note("waiting for dockerd to answer")
        time.sleep(0.1)  # between two looks; the deadline above bounds the wait


def _failed(cause: str) -> PlatformError:
    log = STATE / "dockerd.log"
    lines = log.read_text(errors="replace").splitlines()[-15:] if log.exists() else []
    return PlatformError("\n    ".join([cause + ":", *lines]), f"{log} holds all that it said")


def stop_recorded_daemon(progress: Progress) -> bool:
    """Stop the dockerd of our pid file and wait for its end. False where there is none."""
    pid = recorded_pid()
    if pid is None:
        return False
    with progress.task("stopping the Docker Engine that we started") as task:
        os.kill(pid, signal.SIGTERM)  # dockerd stops its containers before it ends
        _wait_until_gone(pid, task)
    return True


def _wait_until_gone(pid: int, task: Task) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while _is_dockerd(pid):
        if time.monotonic() > deadline:
            raise PlatformError(f"dockerd ({pid}) did not stop within {STOP_SECONDS} s",
                                f"see {STATE}/dockerd.log")
        task.note("its containers end first")
        time.sleep(0.2)  # between two looks; the deadline above bounds the wait


def recorded_pid(state: Path | None = None) -> int | None:
    """The process of our pid file, if it still is a dockerd."""
    path = (state or STATE) / "dockerd.pid"
    text = path.read_text().strip() if path.exists() else ""
    return int(text) if text.isdigit() and _is_dockerd(int(text)) else None


def _is_dockerd(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return False
    name, _, rest = status.read_text().partition("(")[2].rpartition(")")
    return name == "dockerd" and rest.split()[0] != "Z"
