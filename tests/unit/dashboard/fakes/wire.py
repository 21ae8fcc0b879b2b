"""How a fake is asked and answers: requests, straight into a WSGI app."""

from __future__ import annotations

import time

import requests
from flask import Flask, jsonify
from requests.adapters import BaseAdapter
from werkzeug.test import Client

from ..wsgi import answered
from .known import World


class InProcess(BaseAdapter):
    """requests, straight into a WSGI app."""

    def __init__(self, name: str, app: Flask, world: World):
        super().__init__()
        self._name, self._client, self._world = name, Client(app), world

    def send(self, sent, **_):
        self._world.calls.append((self._name, sent.method, sent.path_url))
        time.sleep(self._world.slow.get(self._name, 0))
        if self._name in self._world.down:
            raise requests.ConnectionError("nobody there")
        body = sent.body.read() if hasattr(sent.body, "read") else sent.body
        return answered(self._client, sent, body)

    def close(self) -> None:
        """Nothing is held open."""


def refuse(status: int, error: str, detail: str, field: str | None = None):
    """As common/service/web.py answers."""
    said = {"detail": f"{field}: {detail}", "fields": {field: detail}} if field else {"detail": detail}
    return jsonify(error=error, **said), status


def unknown(*_):
    return refuse(404, "not_found", "unknown")


def service(name: str, world: World) -> Flask:
    app = Flask(name)
    app.register_error_handler(KeyError, unknown)
    app.register_error_handler(404, unknown)
    app.get("/healthz", endpoint="healthz")(lambda: jsonify(status="ok"))
    return app
