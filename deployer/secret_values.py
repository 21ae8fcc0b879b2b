"""The secrets of a container, for masking: the tester gets its texts masked here and never learns a value."""

from __future__ import annotations

from dataclasses import dataclass

from common.secrets.masking import Masker

from . import names
from .containers import Containers
from .engine import Engine, speaking
from .engine_answers import Config


@dataclass
class Masking:
    engine: Engine
    containers: Containers

    def texts(self, deployment: int, texts: list[str]) -> list[str]:
        """`texts` without the secrets of the deployment; raises NotFound where it has no container."""
        with speaking():
            found = self.engine.inspect(self.containers.of_deployment(deployment).id)
        masker = masker_of(found["Config"]) if found else Masker()
        return [masker.mask(text) for text in texts]


def masker_of(config: Config) -> Masker:
    """Knows the values of the variables that hold secrets. `config`: the engine's Config of a container."""
    secret = set(filter(None, (config["Labels"].get(names.SECRETS) or "").split(",")))
    pairs = (item.partition("=") for item in config["Env"] or [])
    return Masker(value for name, _, value in pairs if name in secret)
