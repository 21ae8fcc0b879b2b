"""What common/service/serve.py serves: `dbproxy.app:app`. Importing it reads the environment."""

from common.service.settings import load

from .service import create_app
from .settings import DbproxySettings

app = create_app(load(DbproxySettings))
