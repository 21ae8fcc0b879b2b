"""Puts the orchestrator together: clients of the other services, the conductor's threads, the REST API."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask

from common.client import ServiceClient
from common.errors import ContinuumError
from common.tokens import Signer
from common.web import create_service
from forges import Forge, LocalForge, open_forge

from .claims import Claims
from .conductor import Tools, conduct
from .feedback import Feedback
from .feedback.board import Board
from .fleet import Fleet
from .follow import Follower
from .hands import Hands
from .launch import Launcher
from .reconcile import Reconciler
from .routes import add_deployment_routes, add_forge_routes, add_run_routes
from .settings import OrchestratorSettings
from .status import Status
from .sweep import Sweep
from .watch import Watch

INSTANCES = 200      # of workers, whose clients are kept


def create_app(settings: OrchestratorSettings) -> Flask:
    signer = Signer("orchestrator", settings.service_key.get_secret_value())
    db, deployer = ServiceClient(signer, "dbproxy"), ServiceClient(signer, "deployer")
    forges = {name: open_forge(name, settings) for name in settings.forge_names}
    app = create_service("orchestrator", settings, callers={"dashboard"}, checks={"dbproxy": lambda: _reached(db)})

    # the same client for the same instance: a thread's connection belongs to one
    fleet = Fleet(lru_cache(INSTANCES)(lambda worker, url: ServiceClient(signer, worker, url)))
    hands = Hands()
    feedback = Feedback(db, forges, settings.public_url, Board())
    sweep, watch = Sweep(db, fleet, deployer), Watch(db, deployer)
    tools = Tools(db, fleet, deployer, forges, feedback, hands)
    claims = Claims(db, lambda hold, run: conduct(hold, tools, run), hands, slots=settings.conductor_slots)
    launcher = Launcher(db, forges)

    add_run_routes(app, db, launcher, Status(fleet, claims, sweep))
    add_deployment_routes(app, db, deployer, launcher)
    add_forge_routes(app, forges)
    for part in (feedback, claims, watch, sweep, *_reconcilers(db, forges, launcher)):
        app.background.append(part.start)
        app.closing.append(part.stop)
    return app


def _reconcilers(db: ServiceClient, forges: dict[str, Forge], launcher: Launcher) -> list[Reconciler]:
    return [Reconciler(db, forge, Follower(db, launcher)) for forge in forges.values() if isinstance(forge, LocalForge)]


def _reached(db: ServiceClient) -> tuple[bool, str]:
    try:
        db.get("/readyz", timeout=2, patience=0)
    except ContinuumError as problem:
        return False, str(problem)
    return True, "ok"
