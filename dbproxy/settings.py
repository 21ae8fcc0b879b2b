"""What dbproxy reads from its environment."""

from __future__ import annotations

from pydantic import Field, SecretStr

from common.service.settings import Settings


class DbproxySettings(Settings):
    database_url: SecretStr                    # postgresql://user:password@postgres:5432/continuum
    rabbitmq_url: SecretStr                    # amqp://user:password@rabbitmq:5672/%2F
    reader_seconds: int = Field(default=60, ge=1, le=86_400)      # of a statement or transaction of the role `reader`
    dashboard_host: str = "localhost"          # no new app is named like one of its labels: cookies ignore ports
    owner_login: str                           # the first account, made where no owner exists
    owner_password: SecretStr
    log_retention_days: int = Field(default=90, ge=1, le=3650)
