"""Virtual environments in the cache, keyed by what is to be in them.

Needs the standard library alone: the launcher makes the CLI's own one with it.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from cli import proc
from cli.cache import cache_dir, fingerprint, only_one
from cli.errors import PlatformError
from cli.host.osrelease import OsRelease
from cli.progress import Progress, Task


def ensure_venv(requirements: Path, progress: Progress) -> Path:
    """The python of an environment with everything in `requirements`, made once.

    Raises PlatformError where it cannot be made.
    """
    folder = venv_folder(requirements)
    python = folder / "bin" / "python"
    if is_ready(folder):
        return python
    with only_one(f"venv-{folder.name}"):
        if not is_ready(folder):
            with progress.task(f"Python packages of {requirements.parent.name}/{requirements.name}") as task:
                _make(folder, requirements, task)
    return python


def venv_folder(requirements: Path) -> Path:
    """Where that environment is or will be: named by interpreter and pins."""
    pins = [line for line in _pins(requirements)]
    return cache_dir("venv") / fingerprint(sys.executable, sys.version, *pins)


def is_ready(folder: Path) -> bool:
    return (folder / "ready").exists()


def _pins(requirements: Path) -> list[str]:
    """The lines of a requirements file and of those that it includes."""
    lines: list[str] = []
    for line in requirements.read_text().splitlines():
        lines.append(line)
        if line.startswith("-r "):
            lines += _pins(requirements.parent / line[3:].strip())
    return lines


def _make(folder: Path, requirements: Path, task: Task) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_module(task)
    shutil.rmtree(folder, ignore_errors=True)
    task.note("making the virtual environment")
    proc.run([sys.executable, "-m", "venv", str(folder)], task,
             next_step="this Python cannot make virtual environments; install python3-venv, or another Python >= 3.11")
    proc.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check",
              "--no-input", "-r", str(requirements)], task,
             next_step="pip reaches no package index; behind a company proxy set PIP_CERT to your CA bundle")
    (folder / "ready").touch()


def _install_venv_module(task: Task) -> None:
    """Debian and Ubuntu ship Python without it."""
    system = OsRelease.read()
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if system.id not in ("debian", "ubuntu") or os.geteuid() != 0:
        raise PlatformError("this Python lacks the module venv (ensurepip)",
                            f"install it (`sudo apt-get install {package}` on Debian and Ubuntu), then run this again")
    task.say(f"  this Python cannot make virtual environments yet: installing {package}")
    proc.run(["apt-get", "update", "-q"], task)
    proc.run(["apt-get", "install", "-yq", "--no-install-recommends", package], task,
             env={"DEBIAN_FRONTEND": "noninteractive"}, next_step=f"install {package} by hand, then run this again")
