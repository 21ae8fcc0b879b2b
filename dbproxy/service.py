"""Puts dbproxy together: the database, the consumer of log lines, and the routes of each feature."""

from __future__ import annotations

import threading

from flask import Flask

from common.service.web import OPEN_PATHS, create_service

from . import audit, deployments, events, leases, limits, status
from .access import enforce
from .accounts import invitations, sessions, tokens
from .accounts import routes as accounts
from .bells import Listener
from .database import Database
from .deliveries import routes as deliveries
from .forges import apps, pulls
from .forges import tokens as forge_tokens
from .housekeeping import Housekeeping
from .logs import routes as logs
from .logs.consumer import Consumer
from .readers import ReaderWatch
from .reports import routes as reports
from .repos import members, ref_updates, removal, secrets, usage
from .repos import routes as repos
from .results import documents, findings, tests, waivers
from .runs import routes as runs
from .runs import stages, starts
from .settings import DbproxySettings
from .startup import prepare

CALLERS = {"dashboard", "orchestrator", "scanner", "tester"}
FEATURES = (repos, removal, secrets, members, usage, ref_updates, runs, stages, starts, deployments, findings, tests, documents,
            waivers, logs, events, accounts, invitations, sessions, tokens, audit, status, apps, forge_tokens,
            deliveries, reports, pulls, leases, limits)


def create_app(settings: DbproxySettings) -> Flask:
    url = settings.database_url.get_secret_value()
    database, listener = Database(url), Listener(url)
    consumer = Consumer(settings.rabbitmq_url.get_secret_value(), database)
    housekeeping = Housekeeping(database, settings.log_retention_days)
    readers = ReaderWatch(url, settings.reader_seconds)
    app = create_service("dbproxy", settings, callers=CALLERS,
                         checks={"database": database.check, "log lines": lambda: _log_health(consumer)})
    app.extensions.update(database=database, listener=listener, consumer=consumer)
    app.extensions["reserved_apps"] = frozenset(settings.dashboard_host.lower().split("."))
    enforce(app, OPEN_PATHS)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    app.background.append(readers.loop.start)
    starts = (listener.loop.start, consumer.loop.start, housekeeping.loop.start)
    app.background.append(lambda: _in_thread(_begin, settings, database, starts))
    app.closing += [listener.stop, housekeeping.loop.stop, consumer.stop, readers.loop.stop]
    return app


def _begin(settings: DbproxySettings, database: Database, starts: tuple) -> None:
    """The others look at tables, so they begin once these are there."""
    prepare(settings, database)
    for start in starts:
        start()


def _log_health(consumer: Consumer) -> tuple[bool, str]:
    """A broker that is away degrades, and does not make the service unready: state is written without it."""
    seen = consumer.tally.view()
    state = "ok" if seen["state"] == "connected" and not seen["store_problem"] else f"degraded, {seen['state']}"
    return True, f"{state}; {seen['queued'] + seen['waiting']} messages wait, {seen['dead_letters']} dead letters"


def _in_thread(work, *arguments) -> None:
    threading.Thread(target=work, args=arguments, name=work.__name__, daemon=True).start()
