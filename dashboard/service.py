"""The dashboard's app: who is there, may they, then a page, a call of the API, or a stream."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import BaseConverter

from common.wire.stages import STAGES
from forges import FORGES

from .api import register_api
from .auth.identity import add_identity, cookie_name
from .auth.membership import add_membership
from .auth.rights import add_rights
from .clients import Services
from .forge import add_forges, hubs, warnings
from .live import add_live
from .pages import register_pages
from .settings import DashboardSettings
from .web.compress import add_compression
from .web.errors import add_errors
from .web.headers import add_headers
from .web.health import add_health
from .web.static import add_static
from .web.whole import add_whole_bodies
from .webhooks import register_webhooks

log = logging.getLogger(__name__)

MAX_BODY = 1024**2      # bytes, of a request; a call that takes more says so itself


class Id(BaseConverter):
    """A number that Postgres can hold; anything else is no address."""

    regex = r"[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)


class Name(BaseConverter):
    """Owner or name of a repository."""

    regex = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}"      # `.` and `..` would be steps in a path


class Stage(BaseConverter):
    regex = f"(?:{'|'.join(STAGES)})"


class Digest(BaseConverter):
    regex = r"sha256:[0-9a-f]{64}"


def create_app(settings: DashboardSettings, *, services: Services | None = None) -> Flask:
    """`services`: other than by their own names (tests)."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)      # live/lines.py says once what pika says ten times
    app = Flask("dashboard", static_folder=None)
    app.background, app.closing = [], []
    _configure(app, settings, services or Services(settings))
    if settings.trusted_proxies:      # whose address a request comes from; host and scheme are PUBLIC_URL's
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0)
    add_whole_bodies(app)
    add_compression(app)
    add_errors(app)
    add_headers(app, secure=settings.secure)
    add_identity(app)
    add_rights(app)
    add_health(app)
    add_static(app)
    add_live(app, settings)
    add_forges(app, settings)
    with app.app_context():
        for told in warnings():
            log.warning("%s", told)
    add_membership(app)
    register_api(app)
    register_pages(app)
    register_webhooks(app)
    return app


def _one_of(names: Iterable[str], weight: int = 100) -> type[BaseConverter]:
    """One of these forges; addresses of less weight go before."""
    return type("Named", (BaseConverter,), {"regex": f"(?:{'|'.join(names)})", "weight": weight})


def converters() -> dict[str, type[BaseConverter]]:
    """What `<id:repo>` and the like in addresses accept."""
    return {"id": Id, "name": Name, "forge": _one_of(FORGES), "hub": _one_of(hubs(), 50), "stage": Stage, "digest": Digest}


def _configure(app: Flask, settings: DashboardSettings, services: Services) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(), SETTINGS=settings, SECURE=settings.secure,
        COOKIE=cookie_name(settings.secure), PUBLIC_HOST=urlsplit(settings.public_url).netloc,
        MAX_CONTENT_LENGTH=MAX_BODY, MAX_FORM_MEMORY_SIZE=MAX_BODY, MAX_FORM_PARTS=100,
        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_NAME="continuum_notices")
    app.extensions["services"] = services
    app.url_map.converters.update(converters())
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.json.sort_keys = False
