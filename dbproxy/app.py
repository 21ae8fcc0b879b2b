"""The service: `gunicorn -c python:common.gunicorn dbproxy.app:app`."""

from __future__ import annotations

import threading

from flask import Flask

from common.settings import load
from common.web import OPEN_PATHS, create_service

from . import deployments, events
from .access import enforce
from .bells import Listener
from .database import Database
from .json_answers import encode
from .repos import routes as repos
from .runs import routes as runs
from .settings import DbproxySettings
from .startup import prepare

CALLERS = {"dashboard", "orchestrator", "scanner", "tester"}
FEATURES = (repos, runs, deployments, events)


def create_app(settings: DbproxySettings) -> Flask:
    url = settings.database_url.get_secret_value()
    database, listener = Database(url), Listener(url)
    app = create_service("dbproxy", settings, callers=CALLERS, checks={"database": database.check})
    app.json.default = encode
    app.extensions.update(database=database, listener=listener)
    enforce(app, OPEN_PATHS)
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    app.background += [listener.start, lambda: _in_thread(prepare, settings, database)]
    app.closing.append(listener.stop)
    return app


def _in_thread(work, *arguments) -> None:
    threading.Thread(target=work, args=arguments, name=work.__name__, daemon=True).start()


def __getattr__(name: str) -> Flask:
    """`app` is made when gunicorn asks for it, so that tests can import `create_app` without an environment."""
    if name == "app":
        globals()["app"] = application = create_app(load(DbproxySettings))
        return application
    raise AttributeError(name)
