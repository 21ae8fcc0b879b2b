"""The updater tries at once, again and again, whatever a try does; the stand-in is for the machine that gets nothing."""

import threading

import pytest

from scanner.database import Update, Updater
from scanner.database.errors import ArchiveRefused
from scanner.database.grype import Result


class FakeStore:
    """Counts tries; `breaks` raises in the first one. `installed`: how often the stand-in was offered."""

    def __init__(self, breaks=False, refuses=None):
        self.tries, self.breaks, self.refuses = threading.Semaphore(0), breaks, refuses
        self.settled, self.installed = threading.Event(), 0

    def update(self):
        self.tries.release()
        if self.breaks:
            self.breaks = False
            raise OSError(28, "No space left on device")
        return Update(False, "the source of updates did not answer")

    def install_standin(self, archive):
        self.installed += 1
        if self.refuses:
            raise self.refuses
        return False

    def tried(self):
        return self.tries.acquire(timeout=5)


def test_it_tries_at_its_start(tmp_path):
    store = FakeStore()
    updater = Updater(store, tmp_path, interval=3600)
    updater.start(fetch=True)
    assert store.tried() and store.settled.wait(5) and store.installed == 1
    updater.loop.stop()
    assert not store.tries.acquire(blocking=False)


def test_it_tries_again_even_after_a_fault(caplog, tmp_path):
    store = FakeStore(breaks=True)
    updater = Updater(store, tmp_path, interval=0.01)
    updater.start(fetch=True)
    assert store.tried() and store.tried() and store.tried()
    updater.loop.stop()
    assert "No space left on device" in caplog.text and store.installed


def test_a_machine_without_a_source_gets_the_standin(store, grype, standin):
    grype.fails["update"] = Result(1, errors="[0000] ERROR no route to host")
    updater = Updater(store, standin)
    updater.start(fetch=True)
    assert store.settled.wait(10) and not store.status()["full"] and store.status()["valid"]
    assert store.status()["update"].startswith("no update could be fetched")
    updater.loop.stop()


def test_a_machine_that_reaches_the_source_gets_the_real_one_alone(store, grype, archive, standin):
    grype.source = archive(hours=2)
    updater = Updater(store, standin)
    updater.start(fetch=True)
    assert store.settled.wait(10) and store.status()["full"] and grype.commands() == ["update", "status"]
    updater.loop.stop()


def test_without_updates_the_standin_is_there_at_once_and_nobody_is_asked(store, grype, standin):
    Updater(store, standin).start(fetch=False)
    assert store.settled.is_set() and store.status()["valid"] and grype.commands() == ["import", "status"]


@pytest.mark.parametrize("fault", [ArchiveRefused("it is damaged"), PermissionError(13, "it is damaged"), KeyError("it is damaged")])
def test_a_standin_that_cannot_be_imported_keeps_no_scan_waiting(tmp_path, caplog, fault):
    store = FakeStore(refuses=fault)
    updater = Updater(store, tmp_path, interval=3600)
    updater.start(fetch=True)
    assert store.settled.wait(5)
    updater.loop.stop(wait=5)
    assert "it is damaged" in caplog.text
