"""What common/service/serve.py serves: `builder.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import BuilderSettings

app = create_app(load(BuilderSettings))
