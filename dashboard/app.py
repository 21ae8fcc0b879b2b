"""What common/service/serve.py serves: `dashboard.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import DashboardSettings

app = create_app(load(DashboardSettings))
