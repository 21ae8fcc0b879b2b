"""gunicorn's worker for the dashboard: gevent's, whose connections are guarded. GUNICORN_WORKER_CLASS names it."""

from __future__ import annotations

from gunicorn.workers.ggevent import GeventWorker

from .guarded import Guarded
from .waiting import Waiting


class Worker(GeventWorker):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._waiting = Waiting()

    def handle(self, listener, client, addr):
        super().handle(listener, Guarded(client, addr[0], self._waiting), addr)

    def handle_request(self, listener_name, req, sock, addr):
        sock.answering()
        try:
            return super().handle_request(listener_name, req, sock, addr)
        finally:
            sock.resting()
