"""Puts the tester together. It joins the apps' networks; LISTEN_ON keeps its API off them."""

from __future__ import annotations

from functools import partial

from flask import Flask

from common.api.client import Dbproxy
from common.secrets.tokens import Signer
from common.service.client import ServiceClient
from common.wire.contracts import TestInputs
from common.worker.app import create_worker
from common.worker.jobs import Stage

from .settings import TesterSettings
from .stage import Services, test


def create_app(settings: TesterSettings) -> Flask:
    signer = Signer("tester", settings.service_key.get_secret_value())
    # A deployer that was killed is back in seconds, on a busy machine in some more.
    services = Services(deployer=ServiceClient(signer, "deployer", patience=30),
                        dbproxy=Dbproxy(ServiceClient(signer, "dbproxy", patience=60)))
    return create_worker("tester", {"test": Stage(partial(test, services), TestInputs)}, settings)
