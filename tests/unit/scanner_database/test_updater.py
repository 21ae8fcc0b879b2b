"""The background updater tries at once, again and again, whatever a try does."""

import threading

from scanner.database import Update, Updater


class FakeStore:
    """Counts tries; `breaks` raises in the first one."""

    def __init__(self, breaks=False):
        self.tries, self.breaks = threading.Semaphore(0), breaks

    def update(self):
        self.tries.release()
        if self.breaks:
            self.breaks = False
            raise OSError(28, "No space left on device")
        return Update(False, "the source of updates did not answer")

    def tried(self):
        return self.tries.acquire(timeout=5)


def test_it_tries_at_its_start():
    store = FakeStore()
    updater = Updater(store, interval=3600)
    updater.loop.start()
    assert store.tried()
    updater.loop.stop()
    assert not store.tries.acquire(blocking=False)


def test_it_tries_again_even_after_a_fault(caplog):
    store = FakeStore(breaks=True)
    updater = Updater(store, interval=0.01)
    updater.loop.start()
    assert store.tried() and store.tried() and store.tried()
    updater.loop.stop()
    assert "No space left on device" in caplog.text
