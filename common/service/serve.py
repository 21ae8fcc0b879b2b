"""Serves one app in one process: `python -m common.service.serve builder.app:app`.

It is gunicorn's worker without gunicorn's arbiter. The engine restarts a container whose process ends, so a second
supervisor inside would only cost memory, 12 MB a service. What else the arbiter does is done here:

    a worker that hangs    ends after `timeout` seconds without a sign of life, telling where each of its threads was
    exit codes             those of an app that could not be loaded, as the arbiter passes them on
    the end                `worker_exit`, and no waiting for requests past the graceful time-out

Settings come from common/service/gunicorn.py, or from what `-c` names; every option of gunicorn that concerns a worker works.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import time

from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError
from gunicorn.sock import create_sockets

ARM_EVERY = 5      # seconds; gunicorn's workers give a sign of life each second


class OneProcess(WSGIApplication):
    def load_config(self) -> None:
        self.load_config_from_module_name_or_filename("python:common.service.gunicorn")
        super().load_config()

    def run(self) -> None:
        """Serve until a signal says to end; never returns."""
        log = self.cfg.logger_class(self.cfg)
        worker = self.cfg.worker_class(1, os.getppid(), create_sockets(self.cfg, log), self, self.cfg.timeout / 2,
                                       self.cfg, log)
        worker.pid = os.getpid()
        _end_if_it_hangs(worker, self.cfg.timeout)
        code = self._serve(worker, log)
        self.cfg.worker_exit(self, worker)
        logging.shutdown()
        sys.stderr.flush()
        os._exit(code)      # a thread that still answers a request would be waited for without end

    def _serve(self, worker, log) -> int:
        try:
            worker.init_process()
        except SystemExit as ended:
            return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except AppImportError as problem:
            print(problem, file=sys.stderr)
            return Arbiter.APP_LOAD_ERROR
        except Exception:
            log.exception("the worker broke")
            return 1 if worker.booted else Arbiter.WORKER_BOOT_ERROR
        return 0


def _end_if_it_hangs(worker, seconds: float) -> None:
    """The watchdog is a thread of faulthandler's own in C: it works where Python's threads stand still, too."""
    armed = 0.0
    notify = worker.notify

    def alive() -> None:
        nonlocal armed
        if time.monotonic() - armed >= min(ARM_EVERY, seconds / 4):
            armed = time.monotonic()
            faulthandler.dump_traceback_later(seconds, exit=True)
        notify()

    worker.notify = alive
    if seconds:
        faulthandler.dump_traceback_later(seconds, exit=True)


if __name__ == "__main__":
    OneProcess("%(prog)s [OPTIONS] APP", prog="python -m common.service.serve").run()
