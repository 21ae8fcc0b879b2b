"""What common/service/serve.py serves: `scanner.app:app`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from common.secrets.tokens import Signer
from common.service.client import ServiceClient
from common.service.settings import load
from common.wire.contracts import ScanInputs
from common.worker.app import create_worker
from common.worker.jobs import Stage
from common.worker.registry_access import RegistryAccess

from .database import Store, Updater
from .database_api import add_database_routes
from .layout import Layout
from .registry import Registry
from .settings import ScannerSettings
from .stage import Parts, scan
from .syft import Sboms
from .workspace import Workspace

GB = 1024**3

settings = load(ScannerSettings)
state = Path(settings.scanner_state)
environ = {name: value for name, value in os.environ.items() if value}      # an empty variable is none
access = RegistryAccess("scanner", settings.service_key.get_secret_value())
registry = Registry(f"https://{settings.registry}", settings.registry_ca, lambda name: access.token(name, "pull"))
parts = Parts(
    store=Store(state / "database", max_age_hours=settings.scanner_db_max_age_hours, environ=environ),
    workspace=Workspace(state / "scans"), registry=registry, sboms=Sboms(state / "sboms"),
    layout=Layout(state / "layout", registry, keep=int(settings.scanner_layout_gb * GB),
                  largest=int(settings.scanner_image_gb * GB)),
    dbproxy=ServiceClient(Signer("scanner", settings.service_key.get_secret_value()), "dbproxy", patience=60))
updater = Updater(parts.store, Path(settings.scanner_db_standin))


def _database_health() -> tuple[bool, str]:
    """A database that no scan may trust ends scans as error; the service itself is ready to take a better one."""
    status = parts.store.status()
    return True, status["reason"] or status["notice"] or f"built {status['built']}"


def _begin() -> None:
    parts.workspace.start()
    environ["TMPDIR"] = str(parts.workspace.own)      # /tmp is small and in memory; a database unpacks to 1.6 GB
    updater.start(fetch=settings.scanner_db_update)


app = create_worker("scanner", {"scan": Stage(partial(scan, parts), ScanInputs)}, settings,
                    callers={"orchestrator", "dashboard"}, checks={"vulnerability database": _database_health})
add_database_routes(app, parts.store, parts.workspace)
app.background.append(_begin)
app.closing.append(updater.loop.stop)
