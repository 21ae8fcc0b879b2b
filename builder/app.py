"""Build: a commit becomes an image."""

from common.service.settings import load
from common.wire.contracts import BuildInputs
from common.worker.app import Stage, create_worker

from .build_tokens import add_token_route
from .images import add_image_routes
from .settings import BuilderSettings
from .stage import Builder

settings = load(BuilderSettings)
builder = Builder(settings)
app = create_worker("builder", {"build": Stage(builder.build, BuildInputs)}, settings, checks=builder.checks())
add_image_routes(app, builder.registry)
add_token_route(app, builder.tokens)
app.background.insert(0, builder.start)
app.closing.append(builder.stop)
