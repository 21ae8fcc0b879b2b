"""gunicorn's settings for the dashboard: those of every service, but the app is loaded after the fork.

gevent replaces the blocking parts of the standard library in the worker; an app that was imported before that
would hold the old ones. GUNICORN_WORKER_CLASS=gevent stands in the Dockerfile.
"""

from common.gunicorn import *  # noqa: F403 - the settings are module variables
from common.settings import load
from dashboard.settings import DashboardSettings

preload_app = False
worker_connections = 4000


def on_starting(server):
    """A missing setting ends the service with one sentence, before a worker is tried again and again."""
    load(DashboardSettings)
