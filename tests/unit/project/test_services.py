"""Every service is assembled and started in the same way: service.py puts it together, app.py is what is served."""

import importlib
import re
import sys
import threading

import pytest

from cli.instance import ROOT
from common.secrets.sealing import new_seal_key
from common.secrets.tokens import new_key
from common.service.serve import OneProcess
from tests.harness.registry import signing
from tests.unit.dashboard.conftest import scripts_of_others  # noqa: F401 - the dashboard needs them to be there

APP = '''"""What common/service/serve.py serves: `{name}.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import {title}Settings

app = create_app(load({title}Settings))
'''
SERVICES = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester")
every_service = pytest.mark.parametrize("name", SERVICES)


@pytest.fixture
def settings(tmp_path):
    """Return the settings of a service, with a value for each that it needs."""
    tokens = signing()
    values = {
        "service_key": new_key()[0], "service_public_keys": "", "rabbitmq_url": "amqp://127.0.0.1:1/",
        "database_url": "postgresql://nobody@127.0.0.1:1/none", "owner_login": "ada", "owner_password": "p",
        "secret_key": "k" * 40, "seal_public_keys": "", "probe_image": "deployer", "registry_token_key": tokens[0],
        "registry_token_certificate": tokens[1], "spool_path": str(tmp_path / "spool.db"), "scanner_state": str(tmp_path),
        "builder_state": tmp_path, "routes_dir": str(tmp_path), "docker_host": f"unix://{tmp_path}/engine.sock",
        **{f"{owner}_seal_key": new_seal_key()[0] for owner in SERVICES}}

    def of(name: str):
        kind = getattr(importlib.import_module(f"{name}.settings"), f"{name.title()}Settings")
        return kind(**{field: value for field, value in values.items() if field in kind.model_fields})
    return of


@every_service
def test_it_is_served_from_its_app(name):
    assert (ROOT / name / "app.py").read_text() == APP.format(name=name, title=name.title())


@every_service
def test_its_container_starts_it_as_all_others(name):
    commands = re.findall(r"^(?:CMD|ENTRYPOINT) .*", (ROOT / name / "Dockerfile").read_text(), re.MULTILINE)
    assert commands == [f'CMD ["python", "-m", "common.service.serve", "{name}.app:app"]']


@every_service
def test_it_is_put_together_without_starting_anything(name, settings):
    """What runs in the background begins once the app is served, not when it is made."""
    create_app = importlib.import_module(f"{name}.service").create_app
    before = threading.active_count()
    app = create_app(settings(name))
    assert app.test_client().get("/healthz").status_code == 200
    assert app.background and app.closing and threading.active_count() == before


def test_the_dashboards_own_settings_of_gunicorn_are_used(monkeypatch):
    given = re.search(r'GUNICORN_CMD_ARGS="([^"]+)"', (ROOT / "dashboard" / "Dockerfile").read_text())[1]
    monkeypatch.setattr(sys, "argv", ["serve", "dashboard.app:app"])
    assert OneProcess().cfg.worker_connections == 1000
    monkeypatch.setenv("GUNICORN_CMD_ARGS", given)
    assert OneProcess().cfg.worker_connections == 4000
