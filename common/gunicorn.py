"""gunicorn's settings, one file for every service: `gunicorn -c python:common.gunicorn builder.app:app`.

One process with threads: jobs and caches live in its memory; scale by containers. The app is loaded in the worker
alone: loaded before the fork it would lie in both processes, since counting references copies what they share.
"""

import os
import socket

from common.trust import trust

trust()
_host = os.environ.get("LISTEN_ON", "")      # a name on the control network; empty means every address

bind = f"{socket.gethostbyname(_host) if _host else '0.0.0.0'}:8000"
workers = 1
worker_class = os.environ.get("GUNICORN_WORKER_CLASS", "gthread")
threads = int(os.environ.get("GUNICORN_THREADS", "32"))
preload_app = False
timeout = 60
graceful_timeout = 8
keepalive = 75
worker_tmp_dir = "/dev/shm"
control_socket_disable = True


def post_worker_init(worker):
    for begin in getattr(worker.wsgi, "background", []):
        begin()


def worker_exit(server, worker):
    for end in getattr(getattr(worker, "wsgi", None), "closing", []):      # no app where it could not be loaded
        end()
