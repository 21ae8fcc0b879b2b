"""gunicorn's settings, one file for every service; common/service/serve.py starts the worker.

One process with threads: jobs and caches live in its memory; scale by containers.
"""

import os
import socket

from common.service.trust import trust

trust()
_host = os.environ.get("LISTEN_ON", "")      # a name on the control network; empty means every address

bind = f"{socket.gethostbyname(_host) if _host else '0.0.0.0'}:8000"
worker_class = os.environ.get("GUNICORN_WORKER_CLASS", "gthread")
threads = int(os.environ.get("GUNICORN_THREADS", "32"))
timeout = 60
graceful_timeout = 8
keepalive = 75
worker_tmp_dir = "/dev/shm"


def post_worker_init(worker):
    for begin in getattr(worker.wsgi, "background", []):
        begin()


def worker_exit(server, worker):
    for end in getattr(getattr(worker, "wsgi", None), "closing", []):      # no app where it could not be loaded
        end()
