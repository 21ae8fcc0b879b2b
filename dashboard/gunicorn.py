"""gunicorn's settings for the dashboard: those of every service, and room for many streams.

gevent replaces the blocking parts of the standard library before the app is loaded. GUNICORN_WORKER_CLASS=gevent stands in the Dockerfile.
"""

from common.gunicorn import *  # noqa: F403 - the settings are module variables

worker_connections = 4000
