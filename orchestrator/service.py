"""Puts the orchestrator together: clients of the other services, the conductor's threads, the REST API."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask

from common.api.client import Dbproxy
from common.secrets.tokens import Signer
from common.service.client import ServiceClient
from common.service.web import create_service
from common.wire.errors import ContinuumError

from .api.forge_routes import add_forge_routes, add_registration_routes, add_repo_routes
from .api.routes import add_deployment_routes, add_run_routes
from .api.status import Status
from .background.threads import Threads
from .credentials.registry_rights import CALLERS, Images, add_registry_routes
from .outbox import Outbox
from .outbox.channels import CHANNELS
from .runs.claimer import RunClaimer
from .runs.conductor import Tools, conduct
from .runs.deployment_watcher import DeploymentWatcher
from .runs.launch import Launcher
from .runs.sweep import Sweep
from .runs.workers import WorkerClient
from .scm.connect import Connect
from .scm.forge_registry import ForgeRegistry
from .scm.local_watcher import LocalWatcher
from .scm.poller import Poller
from .scm.pulls import Pulls
from .scm.ref_sync import RefSync
from .scm.repositories import Repositories
from .scm.webhooks.handlers import Handlers
from .scm.webhooks.processor import WebhookProcessor
from .settings import OrchestratorSettings

INSTANCES = 200      # of workers, whose clients are kept


def create_app(settings: OrchestratorSettings) -> Flask:
    signer = Signer("orchestrator", settings.service_key.get_secret_value())
    dbproxy, deployer, builder = (ServiceClient(signer, name) for name in ("dbproxy", "deployer", "builder"))
    db = Dbproxy(dbproxy)
    forge_registry = ForgeRegistry(db, settings)
    forges = forge_registry.forges
    app = create_service("orchestrator", settings, callers={"dashboard", *CALLERS}, checks={"dbproxy": lambda: _reached(dbproxy)})

    # the same client for the same instance: a thread's connection belongs to one
    workers = WorkerClient(lru_cache(INSTANCES)(lambda worker, url: ServiceClient(signer, worker, url)))
    threads = Threads()
    outbox = Outbox(db, [channel(db, forges) for channel in CHANNELS], settings.public_url, threads)
    sweep = Sweep(db, workers, deployer)
    tokens = settings.registry_tokens
    images = Images(builder, tokens)
    tools = Tools(db, workers, deployer, images, forges, threads, settings.seal_keys.get("builder", ""))
    claimer = RunClaimer(db, lambda lease, run: conduct(lease, tools, run), threads, slots=settings.conductor_slots)
    launcher = Launcher(db, forges)
    watch = DeploymentWatcher(db, deployer, launcher)
    ref_sync, repositories = RefSync(db, launcher), Repositories(db, forges)
    pulls, connect = Pulls(db, launcher, ref_sync), Connect(db, forges, repositories, ref_sync)
    handlers = Handlers(db, forges, ref_sync, pulls, repositories)
    webhooks = WebhookProcessor(db, forges, handlers, repositories, threads)

    add_registry_routes(app, db, tokens)
    add_run_routes(app, launcher, Status(workers, claimer, sweep))
    add_deployment_routes(app, db, deployer, images, launcher)
    add_forge_routes(app, forges, connect)
    add_repo_routes(app, db, forges, connect, pulls)
    add_registration_routes(app, forge_registry.registering, forge_registry.registrations)
    lookers = _lookers(db, forge_registry, ref_sync, pulls, repositories)
    for part in (outbox.worker.loop, claimer, watch.loop, sweep.loop, *([webhooks.worker.loop] if forge_registry.hooked_forges else []),
                 *(looker.loop for looker in lookers)):
        app.background.append(part.start)
        app.closing.append(part.stop)
    return app


def _lookers(db: Dbproxy, forge_registry: ForgeRegistry, ref_sync: RefSync, pulls: Pulls,
             repositories: Repositories) -> list[LocalWatcher | Poller]:
    """Find pushes that no webhook reports: a folder is watched, a forge with webhooks is polled."""
    found: list[LocalWatcher | Poller] = [LocalWatcher(db, forge, ref_sync) for forge in forge_registry.forges.values()
                                        if forge.supports("folder")]
    return found + [Poller(db, forge, ref_sync, pulls, repositories, forge_registry.hooked) for forge in forge_registry.hooked_forges]


def _reached(dbproxy: ServiceClient) -> tuple[bool, str]:
    try:
        dbproxy.get("/readyz", timeout=2, patience=0)
    except ContinuumError as problem:
        return False, str(problem)
    return True, "ok"
