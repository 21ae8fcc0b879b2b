"""The forges that FORGES names, each with the tokens and the registration that it needs."""

from __future__ import annotations

import logging
from functools import partial

from pydantic import SecretStr

from common.api.client import Dbproxy
from common.api.repos import Repo
from common.secrets.signin import SignIn
from common.wire.errors import Unavailable
from forges import Forge, open_forge, with_capability
from forges.registrations import Registrations

from .. import metrics
from ..credentials.tokens import AccountTokens
from ..settings import OrchestratorSettings

log = logging.getLogger(__name__)


class ForgeRegistry:
    """`forges`: those that are set up. `registrations`: of all forges that sign people in, for an owner may register
    before the forge is set up."""

    def __init__(self, db: Dbproxy, settings: OrchestratorSettings):
        opened = {name: open_forge(name, settings, partial(_count, name))
                  for name in {*settings.forge_names, *with_capability("signin")}}
        self.forges: dict[str, Forge] = {name: opened[name] for name in settings.forge_names}
        self.registering = {name: forge for name, forge in opened.items() if forge.supports("signin")}
        self.registrations = {name: Registrations(db, forge, "orchestrator", settings)
                              for name, forge in self.registering.items()}
        for name, forge in self.registering.items():
            self._equip(forge, self.registrations[name], db, settings)
        for forge in self.forges.values():
            if forge.warning:
                log.warning("%s", forge.warning)

    def _equip(self, forge: Forge, registrations: Registrations, db: Dbproxy,
               settings: OrchestratorSettings) -> None:
        installations = forge.installations(registrations.readable)
        forge.act_with(AccountTokens(db, forge.name, settings.orchestrator_seal_key, installations,
                                     partial(_renewed, forge, registrations), settings.seal_keys.get("orchestrator", "")))

    @property
    def hooked_forges(self) -> list[Forge]:
        """Those that tell of pushes by webhooks."""
        return [forge for forge in self.forges.values() if forge.supports("webhook")]

    def hooked(self, repo: Repo) -> bool:
        """Does somebody tell us of the repository's pushes?"""
        known = self.registrations.get(repo.forge)
        registered = known.readable() if known else None
        own = repo.state.webhook
        return bool(own and own.id) or registered is not None and registered.hooked


def _renewed(forge: Forge, registrations: Registrations, refresh: SecretStr) -> SignIn:
    registered = registrations.readable()
    if registered is None:
        raise Unavailable(f"nothing is registered at {forge.title} any more: an owner does that on the setup page")
    return forge.renew(registered, refresh)


def _count(forge: str, method: str, answer: str) -> None:
    metrics.FORGE_REQUESTS.labels(forge, method, answer).inc()
