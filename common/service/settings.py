"""Settings come from the environment alone; a service that lacks one refuses to start and names it."""

from __future__ import annotations

import os
import sys
from typing import TypeVar

from pydantic import BaseModel, SecretStr, ValidationError


class Settings(BaseModel):
    """What every service reads. A service subclasses it with its own fields.

    Field `rabbitmq_url` is read from RABBITMQ_URL, and so on; an empty variable counts as a missing one. Secrets are
    `SecretStr`: their value is in no repr, log line or JSON.
    """

    continuum_instance: str = "continuum"      # label of everything this installation makes
    service_key: SecretStr                     # this service's Ed25519 private key, base64 of 32 bytes
    service_public_keys: str                   # "dashboard=BASE64,orchestrator=BASE64,…"
    log_level: str = "INFO"


class BusSettings(Settings):
    """For services that publish or read log lines."""

    rabbitmq_url: SecretStr                    # amqp://user:password@rabbitmq:5672/%2F
    spool_path: str = "/var/lib/continuum/spool.db"
    spool_max_mb: int = 256


NOT_STARTED = 3      # exit code

AnySettings = TypeVar("AnySettings", bound=BaseModel)


def load(kind: type[AnySettings]) -> AnySettings:
    """Read the settings, or end the process with exit code 3 and one line for each missing or wrong one.

    3 is "platform error" as in `./continuum`.
    """
    given = {name: text for name in kind.model_fields if (text := os.environ.get(name.upper()))}
    try:
        return kind(**given)
    except ValidationError as problem:
        for line in explain(problem):
            print(line, file=sys.stderr)
        raise SystemExit(NOT_STARTED) from None


def explain(problem: ValidationError) -> list[str]:
    """One sentence a wrong setting; never the value, which may be a secret."""
    return [f"setting {'.'.join(map(str, item['loc'])).upper()}: {_cause(item)}; "
            "set it in .env (./continuum up writes missing ones)" for item in problem.errors()]


def _cause(item: dict) -> str:
    return "is missing" if item["type"] == "missing" else item["msg"]
