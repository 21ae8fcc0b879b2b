"""What common/service/serve.py serves: `dashboard.wsgi:app`; importing it reads the environment."""

from common.service.settings import load

from .app import create_app
from .settings import DashboardSettings

app = create_app(load(DashboardSettings))
