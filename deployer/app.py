"""The deployer's web app: stages `deploy` and `promote`, and what else docs/contracts.md lists for it."""

from __future__ import annotations

from common.service.settings import load

from .service import create_app
from .settings import DeployerSettings

app = create_app(load(DeployerSettings))
