"""gunicorn's settings for the dashboard: those of every service, and room for many streams.

gevent replaces the blocking parts of the standard library before the app is loaded. The Dockerfile names the worker,
connections/worker.py, which cuts off half-sent requests.
"""

import resource

from common.service.gunicorn import *  # noqa: F403 - the settings are module variables

worker_connections = 4000
limit_request_line = 8190      # bytes, the most there is: a browser's event stream names all that its tabs show
limit_request_fields = 64

# Newer engines let a process open 1,024 files unless it asks for more: fewer than it may have connections.
_, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))
