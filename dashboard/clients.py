"""The services behind the dashboard, for whoever handles a request: `db.repos.get(7)`, `orchestrator.get(...)`."""

from __future__ import annotations

from functools import cached_property

import requests
from flask import current_app
from requests.adapters import HTTPAdapter
from werkzeug.local import LocalProxy

from common.api.client import Dbproxy
from common.secrets.tokens import Signer
from common.service.client import ServiceClient

from .settings import DashboardSettings

PATIENCE = 2          # seconds that a person waits for a service to come back before the page says that it is down
CONNECTIONS = 200     # kept open to each service; viewers beyond that open their own


class PooledClient(ServiceClient):
    """One pool of connections for all greenlets: under gevent every request has its own, so a session for each
    "thread" would open a connection for each request."""

    def __init__(self, signer: Signer, name: str, url: str | None = None, *, patience: float = PATIENCE):
        super().__init__(signer, name, url, patience=patience)
        self._shared = requests.Session()
        self._shared.trust_env = False
        self._shared.cookies.set_policy(_NoCookies())
        self._shared.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=CONNECTIONS))

    def _session(self) -> requests.Session:
        return self._shared


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):
    """Our services set none, and a shared jar would be the one thing in a session that greenlets can tear."""

    def set_ok(self, cookie, request) -> bool:
        return False


class Services:
    NAMES = ("dbproxy", "orchestrator", "deployer", "scanner")

    def __init__(self, settings: DashboardSettings, urls: dict[str, str] | None = None):
        """`urls`: where a service is found, if not under its own name (tests)."""
        signer = Signer("dashboard", settings.service_key.get_secret_value())
        self._clients = {name: PooledClient(signer, name, (urls or {}).get(name)) for name in self.NAMES}

    @cached_property
    def db(self) -> Dbproxy:
        """dbproxy, by its rows."""
        return Dbproxy(self.dbproxy)

    def __getattr__(self, name: str) -> ServiceClient:
        try:
            return self.__dict__["_clients"][name]
        except KeyError:
            raise AttributeError(name) from None


def _client(name: str):
    return LocalProxy(lambda: getattr(current_app.extensions["services"], name))


db: Dbproxy = _client("db")
dbproxy, orchestrator, deployer, scanner = map(_client, Services.NAMES)
