"""Work that fails, and work that waits."""

import threading


def raising(problem):
    def work(inputs, log, cancel):
        raise problem
    return work


def failing(times, problem, then):
    """Work that raises `problem` so many times, then gives `then`."""
    left = [problem] * times

    def work(inputs, log, cancel):
        if left:
            raise left.pop()
        return then
    return work


class Gate:
    """Work that waits: `reached` once it runs, ends with `outputs` at `open()`, and at a cancel."""

    def __init__(self, outputs):
        self.reached, self.opened, self.canceled = threading.Event(), threading.Event(), threading.Event()
        self._outputs = outputs

    def __call__(self, inputs, log, cancel):
        take_back = cancel.on_request(self._stop)
        self.reached.set()
        assert self.opened.wait(20)
        take_back()
        cancel.check()
        return self._outputs

    def open(self):
        self.opened.set()

    def _stop(self):
        self.canceled.set()
        self.opened.set()
