"""A dashboard of its own in this process, over the fakes, whose GitHub is `emulate`, written by others.

Its node and npm come from PyPI with the test packages; emulate from npm, by the lock file, kept for the next time.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from werkzeug.serving import make_server

from cli.cache import cache_dir
from cli.testing import free_ports
from common.sealing import new_seal_key
from common.tokens import new_key
from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from dashboard.web import static
from tests.unit.dashboard.fakes import Fakes, World

SOURCE = Path(__file__).parent / "emulate"
BIN = Path(sys.executable).parent


@contextmanager
def emulate(callback: str) -> Iterator[str]:
    """Its URL."""
    port = free_ports(1)[0]
    process = subprocess.Popen([BIN / "node", "server.mjs", str(port), callback], cwd=_installed(),
                               stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        assert url, "emulate did not start"
        yield url
    finally:
        process.terminate()
        process.wait()


def _installed() -> Path:
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = cache_dir("emulate") / hashlib.sha256(lock).hexdigest()[:12]
    if not (folder / "node_modules" / "emulate").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCE / name, folder)
        subprocess.run([BIN / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    shutil.copy(SOURCE / "server.mjs", folder)
    return folder


@contextmanager
def dashboard(port: int, github: str, scripts: Path, **more) -> Iterator[World]:
    """What its fakes know. `scripts`: a folder for stand-ins of what the image build fetches from npm."""
    world = World()
    before = dict(static.VENDOR)
    for name in static.VENDOR:
        (scripts / name).write_text("globalThis.Idiomorph = { morph() {} };")
        static.VENDOR[name] = scripts / name
    server = make_server("127.0.0.1", port, create_app(_settings(port, github, more), services=Fakes(world)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield world
    finally:
        server.shutdown()
        thread.join()
        static.VENDOR.update(before)


def _settings(port: int, github: str, more: dict) -> DashboardSettings:
    keys = {name: new_seal_key() for name in ("builder", "deployer", "dashboard", "orchestrator")}
    return DashboardSettings(
        service_key=new_key()[0], service_public_keys="", secret_key="k" * 40, public_url=f"http://localhost:{port}",
        seal_public_keys=",".join(f"{name}={public}" for name, (_, public) in keys.items()),
        rabbitmq_url="amqp://nobody:nothing@127.0.0.1:1/%2F", dashboard_seal_key=SecretStr(keys["dashboard"][0]),
        forges="local,github", github_url=github, github_api_url=github, github_client_id="Ov23liEMULATED",
        github_client_secret=SecretStr("e" * 40), **more)
