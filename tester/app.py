"""What common/service/serve.py serves: `tester.app:app`. The tester joins the apps' networks; LISTEN_ON keeps its API off them."""

from __future__ import annotations

from functools import partial

from common.api.client import Dbproxy
from common.secrets.tokens import Signer
from common.service.client import ServiceClient
from common.service.settings import load
from common.wire.contracts import TestInputs
from common.worker.app import WorkerSettings, create_worker
from common.worker.jobs import Stage

from .stage import Services, test

settings = load(WorkerSettings)
signer = Signer("tester", settings.service_key.get_secret_value())
# A deployer that was killed is back in seconds, on a busy machine in some more.
services = Services(deployer=ServiceClient(signer, "deployer", patience=30),
                    dbproxy=Dbproxy(ServiceClient(signer, "dbproxy", patience=60)))
app = create_worker("tester", {"test": Stage(partial(test, services), TestInputs)}, settings)
