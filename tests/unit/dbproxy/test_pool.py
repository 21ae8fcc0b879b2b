"""Connections: bounded, handed out again while they are good, thrown away when they are not."""

import threading

import pytest
from psycopg2.extensions import TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS

from common.wire.errors import Unavailable
from dbproxy import pool as pools
from dbproxy.pool import Pool


class Connection:
    def __init__(self):
        self.closed = 0
        self.info = self
        self.transaction_status = TRANSACTION_STATUS_IDLE

    def close(self):
        self.closed = 1


@pytest.fixture
def made():
    return []


@pytest.fixture
def pool(made):
    def make():
        made.append(Connection())
        return made[-1]
    return Pool(make, 2)


def test_a_good_connection_is_used_again(pool, made):
    for _ in range(3):
        with pool.connection():
            pass
    assert len(made) == 1


def test_a_broken_connection_is_not_used_again(pool, made):
    with pool.connection() as connection:
        connection.close()
    with pool.connection() as second:
        assert second is not connection
    assert len(made) == 2


def test_a_connection_left_in_a_transaction_is_closed(pool, made):
    with pool.connection() as connection:
        connection.transaction_status = TRANSACTION_STATUS_INTRANS
    assert connection.closed


def test_one_too_many_waits_and_is_told(pool, monkeypatch):
    monkeypatch.setattr(pools, "SECONDS_TO_A_FREE_ONE", 0.02)
    with pool.connection(), pool.connection():
        with pytest.raises(Unavailable, match="busy"):
            with pool.connection():
                pass


def test_one_too_many_gets_the_first_that_is_free(pool):
    got = threading.Event()

    def third():
        with pool.connection():
            got.set()

    with pool.connection():
        with pool.connection():
            thread = threading.Thread(target=third)
            thread.start()
        assert got.wait(5)
    thread.join()


def test_after_a_loss_the_idle_ones_are_closed(pool, made):
    with pool.connection(), pool.connection():
        pass
    pool.forget()
    assert [connection.closed for connection in made] == [1, 1]


def test_a_connection_that_cannot_be_made_frees_its_place():
    def refuse():
        raise ConnectionError("no server")
    pool = Pool(refuse, 1)
    for _ in range(3):
        with pytest.raises(ConnectionError):
            with pool.connection():
                pass
