"""What common/service/serve.py serves: `orchestrator.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import OrchestratorSettings

app = create_app(load(OrchestratorSettings))
