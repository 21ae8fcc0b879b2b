"""What common/service/serve.py serves: `deployer.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import DeployerSettings

app = create_app(load(DeployerSettings))
