"""gunicorn's settings for the dashboard: those of every service, but the app is loaded after the fork.

gevent replaces the blocking parts of the standard library in the worker; an app that was imported before that
would hold the old ones. GUNICORN_WORKER_CLASS=gevent stands in the Dockerfile.
"""

from common.gunicorn import *  # noqa: F403 - the settings are module variables

preload_app = False
worker_connections = 4000
