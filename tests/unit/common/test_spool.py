"""Messages wait on disk until they are confirmed, and a full spool makes the writer wait."""

import threading

import pytest

from common.worker import spool as spool_module
from common.worker.spool import Spool


@pytest.fixture
def spool(tmp_path):
    spool = Spool(str(tmp_path / "spool.db"), 100)
    yield spool
    spool.close()


def test_first_in_first_out_until_removed(spool):
    for text in (b"a", b"b", b"c"):
        spool.add("log.1.build", text)
    (first, _, _), *rest = spool.after(0, 10)
    spool.remove([first])
    assert [body for _, _, body in spool.after(0, 10)] == [b"b", b"c"]
    assert [body for _, _, body in spool.after(rest[0][0], 10)] == [b"c"]


def test_it_survives_its_process(tmp_path):
    path = str(tmp_path / "spool.db")
    first = Spool(path, 100)
    first.add("log.1.build", b"kept")
    first.close()
    again = Spool(path, 100)
    assert [body for _, _, body in again.after(0, 10)] == [b"kept"]
    assert again.bytes == 4


def test_a_full_spool_makes_the_writer_wait_and_loses_nothing(spool):
    spool.add("k", b"x" * 100)
    assert spool.full
    done = threading.Event()
    writer = threading.Thread(target=lambda: (spool.add("k", b"late"), done.set()))
    writer.start()
    assert not done.wait(0.1)
    spool.remove([spool.after(0, 1)[0][0]])
    assert done.wait(5)
    writer.join()
    assert [body for _, _, body in spool.after(0, 10)] == [b"late"]


def test_wait_empty_tells(spool):
    assert spool.wait_empty(0)
    spool.add("k", b"x")
    assert not spool.wait_empty(0.01)


def test_workers_that_share_a_volume_get_a_spool_each(tmp_path):
    path = str(tmp_path / "spool.db")
    first, second = Spool(path, 100), Spool(path, 100)
    first.add("k", b"of the first")
    assert second.after(0, 10) == []
    first.close()
    third = Spool(path, 100)
    assert [body for _, _, body in third.after(0, 10)] == [b"of the first"]


def test_too_many_of_them_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "MOST_SHARING", 1)
    held = Spool(str(tmp_path / "spool.db"), 100)
    assert held.bytes == 0
    with pytest.raises(RuntimeError, match="1 other process"):
        Spool(str(tmp_path / "spool.db"), 100).add("k", b"x")
