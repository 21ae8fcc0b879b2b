"""Puts the scanner together: the stage `scan`, and the vulnerability database that it checks against."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from flask import Flask

from common.api.client import Dbproxy
from common.secrets.tokens import Signer
from common.service.client import ServiceClient
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


def create_app(settings: ScannerSettings) -> Flask:
    environ = {name: value for name, value in os.environ.items() if value}      # an empty variable counts as a missing one
    parts = _parts(settings, environ)
    updater = Updater(parts.store, Path(settings.scanner_db_standin))

    def begin() -> None:
        parts.workspace.start()
        environ["TMPDIR"] = str(parts.workspace.own)      # /tmp is small and in memory; a database unpacks to 1.6 GB
        updater.start(fetch=settings.scanner_db_update)

    app = create_worker("scanner", {"scan": Stage(partial(scan, parts), ScanInputs)}, settings,
                        callers={"orchestrator", "dashboard"}, checks={"vulnerability database": lambda: _health(parts.store)})
    add_database_routes(app, parts.store, parts.workspace)
    app.background.append(begin)
    app.closing.append(updater.loop.stop)
    return app


def _parts(settings: ScannerSettings, environ: dict[str, str]) -> Parts:
    """`environ`: what Grype is given, read when it is started."""
    state, key = Path(settings.scanner_state), settings.service_key.get_secret_value()
    access = RegistryAccess("scanner", key)
    registry = Registry(f"https://{settings.registry}", settings.registry_ca, lambda name: access.token(name, "pull"))
    return Parts(
        store=Store(state / "database", max_age_hours=settings.scanner_db_max_age_hours, environ=environ),
        workspace=Workspace(state / "scans"), registry=registry, sboms=Sboms(state / "sboms"),
        layout=Layout(state / "layout", registry, keep=int(settings.scanner_layout_gb * GB),
                      largest=int(settings.scanner_image_gb * GB)),
        dbproxy=Dbproxy(ServiceClient(Signer("scanner", key), "dbproxy", patience=60)))


def _health(store: Store) -> tuple[bool, str]:
    """A database that no scan may trust ends scans as error; the service itself is ready to take a better one."""
    status = store.status()
    return True, status["reason"] or status["notice"] or f"built {status['built']}"
