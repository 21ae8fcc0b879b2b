"""Puts the orchestrator together: clients of the other services, the conductor's threads, the REST API."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask

from common.client import ServiceClient
from common.errors import ContinuumError
from common.tokens import Signer
from common.web import create_service

from .claims import Claims
from .conductor import Tools, conduct
from .connect import Connect
from .deliveries.acts import Acts
from .deliveries.desk import Desk
from .fleet import Fleet
from .follow import Follower
from .forge_routes import add_forge_routes, add_registration_routes, add_repo_routes
from .hands import Hands
from .outbox import Outbox
from .outbox.channels import CHANNELS
from .launch import Launcher
from .places import Places
from .pulls import Pulls
from .registry_rights import CALLERS, Images, add_registry_routes
from .reconcile import Reconciler
from .repositories import Repositories
from .rounds import Rounds
from .routes import add_deployment_routes, add_run_routes
from .settings import OrchestratorSettings
from .status import Status
from .sweep import Sweep
from .watch import Watch

INSTANCES = 200      # of workers, whose clients are kept


def create_app(settings: OrchestratorSettings) -> Flask:
    signer = Signer("orchestrator", settings.service_key.get_secret_value())
    db, deployer, builder = (ServiceClient(signer, name) for name in ("dbproxy", "deployer", "builder"))
    places = Places(db, settings)
    forges = places.forges
    app = create_service("orchestrator", settings, callers={"dashboard", *CALLERS}, checks={"dbproxy": lambda: _reached(db)})

    # the same client for the same instance: a thread's connection belongs to one
    fleet = Fleet(lru_cache(INSTANCES)(lambda worker, url: ServiceClient(signer, worker, url)))
    hands = Hands()
    outbox = Outbox(db, [channel(db, forges) for channel in CHANNELS], settings.public_url, hands)
    sweep = Sweep(db, fleet, deployer)
    tokens = settings.registry_tokens
    images = Images(builder, tokens)
    tools = Tools(db, fleet, deployer, images, forges, hands, settings.seal_keys.get("builder", ""))
    claims = Claims(db, lambda hold, run: conduct(hold, tools, run), hands, slots=settings.conductor_slots)
    launcher = Launcher(db, forges)
    watch = Watch(db, deployer, launcher)
    follower, repositories = Follower(db, launcher), Repositories(db, forges)
    pulls, connect = Pulls(db, launcher, follower), Connect(db, forges, repositories, follower)
    acts = Acts(db, forges, follower, pulls, repositories)
    desk = Desk(db, forges, acts, repositories, hands)

    add_registry_routes(app, db, tokens)
    add_run_routes(app, launcher, Status(fleet, claims, sweep))
    add_deployment_routes(app, db, deployer, images, launcher)
    add_forge_routes(app, forges, connect)
    add_repo_routes(app, db, forges, connect, pulls)
    add_registration_routes(app, places.registering, places.registrations)
    lookers = _lookers(db, places, follower, pulls, repositories)
    for part in (outbox.worker.loop, claims, watch.loop, sweep.loop, *([desk.worker.loop] if places.hooked_forges else []),
                 *(looker.loop for looker in lookers)):
        app.background.append(part.start)
        app.closing.append(part.stop)
    return app


def _lookers(db: ServiceClient, places: Places, follower: Follower, pulls: Pulls,
             repositories: Repositories) -> list[Reconciler | Rounds]:
    """Who finds pushes that nobody told of: in a folder at once, at a forge with webhooks in rounds."""
    found: list[Reconciler | Rounds] = [Reconciler(db, forge, follower) for forge in places.forges.values()
                                        if forge.supports("folder")]
    return found + [Rounds(db, forge, follower, pulls, repositories, places.hooked) for forge in places.hooked_forges]


def _reached(db: ServiceClient) -> tuple[bool, str]:
    try:
        db.get("/readyz", timeout=2, patience=0)
    except ContinuumError as problem:
        return False, str(problem)
    return True, "ok"
