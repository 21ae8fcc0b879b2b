"""What common/service/serve.py serves: `scanner.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import ScannerSettings

app = create_app(load(ScannerSettings))
