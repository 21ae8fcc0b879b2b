"""What common/service/serve.py serves: `tester.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import TesterSettings

app = create_app(load(TesterSettings))
