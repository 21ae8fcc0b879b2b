"""What is registered at a forge. `.env` goes before what the setup page stored in dbproxy, where each service that needs
the secrets has them sealed to itself."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from pydantic import SecretStr

from common.api.client import Dbproxy
from common.api.forges import ForgeApp
from common.secrets.sealing import seal, unseal
from common.wire.errors import NotFound, Unavailable

from .base import Forge
from .signin import Registration

log = logging.getLogger(__name__)

KEPT = 30            # seconds, so that an answer to a webhook need not wait for dbproxy
OF_DASHBOARD = ("client_secret", "webhook_secret")      # the private key is orchestrator's alone


class RegistrationSettings(Protocol):
    """Of a service: its own private half, and service -> public half."""

    @property
    def seal_key(self) -> SecretStr | None: ...

    @property
    def seal_keys(self) -> Mapping[str, str]: ...


class Unreadable(Unavailable):
    """What is stored was sealed to another key."""


class Registrations:
    """Of one forge, as the service `service` reads it; looked up at most every `KEPT` seconds. Safe for several threads."""

    def __init__(self, db: Dbproxy, forge: Forge, service: str, settings: RegistrationSettings,
                 clock: Callable[[], float] = time.monotonic):
        self._db, self._forge, self._service, self._settings, self._clock = db, forge, service, settings, clock
        self._lock = threading.Lock()
        self._found: tuple[float, Registration | None] | None = None

    def now(self) -> Registration | None:
        """None: nothing is registered. Raises Unreadable."""
        if self._forge.registration:
            return self._forge.registration
        with self._lock:
            if self._found is not None and self._clock() - self._found[0] <= KEPT:
                return self._found[1]
        found = self._clock(), self._read()
        with self._lock:
            self._found = found
        return found[1]

    def readable(self) -> Registration | None:
        """The same, and None with a line in the log if what is stored cannot be read."""
        try:
            return self.now()
        except Unreadable as problem:
            log.warning("%s", problem)
            return None

    def store(self, made: Registration) -> None:
        """Seal the secrets, to dashboard and to orchestrator, and keep them."""
        secrets = {name: value.get_secret_value() for name in (*OF_DASHBOARD, "private_key")
                   if (value := getattr(made, name))}
        of_dashboard = {name: secrets[name] for name in OF_DASHBOARD if name in secrets}
        sealed = {name: seal(json.dumps(value), self._public(name))
                  for name, value in (("dashboard", of_dashboard), ("orchestrator", secrets))}
        self._db.forge_apps.put(self._forge.name, kind=made.kind, client_id=made.client_id, app_id=made.app_id or None,
                                slug=made.slug or None, html_url=made.html_url or None, sealed=sealed)
        self.look_again()

    def remove(self) -> None:
        self._db.forge_apps.remove(self._forge.name)
        self.look_again()

    def look_again(self) -> None:
        """After a change by another service: the next question goes to dbproxy."""
        with self._lock:
            self._found = None

    def _read(self) -> Registration | None:
        try:
            row = self._db.forge_apps.get(self._forge.name)
        except NotFound:
            return None
        secrets = {name: SecretStr(value) for name, value in self._opened(row).items() if value}
        return Registration(row.kind, row.client_id, secrets["client_secret"], row.app_id or "", row.slug or "",
                            row.html_url or "", secrets.get("private_key"),
                            secrets.get("webhook_secret"))

    def _opened(self, row: ForgeApp) -> dict[str, str]:
        key, sealed = self._settings.seal_key, row.sealed.get(self._service)
        try:
            if key is None or sealed is None:
                raise ValueError(f"nothing is sealed to {self._service}")
            return json.loads(unseal(sealed, key.get_secret_value()))
        except ValueError:
            raise Unreadable(f"what was registered at {self._forge.title} cannot be opened with today's "
                             f"{self._service.upper()}_SEAL_KEY: an owner registers it again at "
                             f"/setup/{self._forge.name}") from None

    def _public(self, service: str) -> str:
        if service not in self._settings.seal_keys:
            raise Unavailable(f"SEAL_PUBLIC_KEYS has no key of {service}: run ./continuum up")
        return self._settings.seal_keys[service]
