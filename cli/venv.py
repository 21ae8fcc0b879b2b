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
    """Return the python of an environment with everything in `requirements`, a list with hashes. It is made once.

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
    """Return where that environment is or will be: its name depends on the interpreter and the file's text."""
    return cache_dir("venv") / fingerprint(sys.executable, sys.version, requirements.read_text())


def is_ready(folder: Path) -> bool:
    return (folder / "ready").exists()


def _make(folder: Path, requirements: Path, task: Task) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_module(task)
    shutil.rmtree(folder, ignore_errors=True)
    task.note("making the virtual environment")
    proc.run([sys.executable, "-m", "venv", str(folder)], task,
             next_step="this Python cannot make virtual environments; install python3-venv, or another Python >= 3.11")
    proc.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check",
              "--no-input", "--require-hashes", "-r", str(requirements)], task,
             next_step="pip reaches no package index, or the index offers other files than those that were tested; "
                       "behind a company proxy set PIP_CERT to your CA bundle")
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
