"""A dashboard of its own in this process, over the fakes, whose GitHub is `emulate`, written by others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from werkzeug.serving import make_server

from common.secrets.sealing import new_seal_key
from common.secrets.tokens import new_key
from dashboard.service import create_app
from dashboard.settings import DashboardSettings
from dashboard.web import static
from tests.unit.dashboard.fakes import Fakes, World


def seed(callback: str) -> dict:
    """Two people, one OAuth app."""
    return {"github": {
        "users": [{"login": "octocat", "name": "The Octocat"}, {"login": "hubot", "name": "Hubot"}],
        "oauth_apps": [{"client_id": "Ov23liEMULATED", "client_secret": "e" * 40, "name": "Continuum",
                        "redirect_uris": [callback]}]}}


@contextmanager
def dashboard(port: int, github: str, scripts: Path, **more) -> Iterator[World]:
    """What its fakes know. `scripts`: a folder for stand-ins of what the image build fetches from npm."""
    world = World()
    before = dict(static.VENDOR)
    for name in static.VENDOR:
        (scripts / name).write_text("globalThis.Idiomorph = { morph: (old, fresh) => old.replaceWith(document.importNode(fresh, true)) };")
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
