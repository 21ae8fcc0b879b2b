"""What is registered at a forge: an OAuth app or an App. `.env` goes before what the setup page stored in dbproxy."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from common.client import ServiceClient
from common.errors import NotFound, Unavailable
from common.sealing import seal, unseal

log = logging.getLogger(__name__)

KEPT = 30            # seconds


@dataclass(frozen=True)
class Registration:
    kind: str                    # oauth, app
    client_id: str
    client_secret: SecretStr
    app_id: str = ""
    slug: str = ""
    html_url: str = ""
    private_key: SecretStr | None = None
    hooked: bool = False         # an App that tells of pushes by itself


class Registrations:
    """Of one forge; looked up at most every `KEPT` seconds."""

    def __init__(self, db: ServiceClient, forge: str, seal_key: SecretStr, seal_keys: dict[str, str],
                 fixed: Registration | None = None, clock: Callable[[], float] = time.monotonic):
        self._db, self._forge, self._clock = db, forge, clock
        self._seal_key, self._seal_keys, self._fixed = seal_key, seal_keys, fixed
        self._lock = threading.Lock()
        self._found: tuple[float, Registration | None] | None = None

    def now(self) -> Registration | None:
        """None: nothing is registered."""
        if self._fixed:
            return self._fixed
        with self._lock:
            if self._found is None or self._clock() - self._found[0] > KEPT:
                self._found = self._clock(), self._read()
            return self._found[1]

    def store(self, made: Registration, webhook_secret: SecretStr | None) -> None:
        """Seal the secrets, to dashboard and to us, and keep them."""
        common = {"client_secret": made.client_secret.get_secret_value()}
        if webhook_secret:
            common["webhook_secret"] = webhook_secret.get_secret_value()
        ours = {**common, "private_key": made.private_key.get_secret_value()} if made.private_key else common
        sealed = {name: seal(json.dumps(value), self._public(name))
                  for name, value in (("dashboard", common), ("orchestrator", ours))}
        self._db.put(f"/v1/forge-apps/{self._forge}", {
            "kind": made.kind, "client_id": made.client_id, "app_id": made.app_id or None, "slug": made.slug or None,
            "html_url": made.html_url or None, "sealed": sealed})
        with self._lock:
            self._found = None

    def _read(self) -> Registration | None:
        try:
            row = self._db.get(f"/v1/forge-apps/{self._forge}")
            sealed = json.loads(unseal(row["sealed"]["orchestrator"], self._seal_key.get_secret_value()))
        except NotFound:
            return None
        except (KeyError, ValueError) as problem:
            log.warning("the registration at %s cannot be read (%s): register it again", self._forge, problem)
            return None
        key = sealed.get("private_key")
        return Registration(row["kind"], row["client_id"], SecretStr(sealed["client_secret"]), row["app_id"] or "",
                            row["slug"] or "", row["html_url"] or "", SecretStr(key) if key else None,
                            bool(sealed.get("webhook_secret")))

    def _public(self, service: str) -> str:
        if service not in self._seal_keys:
            raise Unavailable(f"SEAL_PUBLIC_KEYS has no key of {service}: run ./continuum up")
        return self._seal_keys[service]
