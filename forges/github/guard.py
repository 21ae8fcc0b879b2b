"""Calls to the outside reach the outside: addresses are looked up once, judged, and those very ones are connected to.

A name that leads to an internal address is refused when GitHub is a public one, whatever the name says the second time
it is asked (attack S39). A GitHub Enterprise may be inside: that is where its first answer decides. A proxy of the
environment does its own looking up.
"""

from __future__ import annotations

import socket
import threading

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from common.wire.addresses import is_outside


class Guard:
    """`public`: True: outside alone; None: as its first address is."""

    def __init__(self, public: bool | None):
        self._public, self._lock = public, threading.Lock()

    def judge(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, best first; raises Internal, socket.gaierror."""
        found = [item[4][0] for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        with self._lock:
            if self._public is None:
                self._public = is_outside(found[0])
        if self._public and not all(map(is_outside, found)):
            raise Internal(f"{host} leads to an internal address")
        return list(dict.fromkeys(found))


class Internal(OSError):
    """The address is one of the inside."""


class GuardedAdapter(HTTPAdapter):
    """For a requests session: every direct connection asks the guard."""

    def __init__(self, guard: Guard):
        self._guard = guard
        super().__init__()

    def init_poolmanager(self, *arguments, **options):
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, self._guard),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, self._guard)}


def _pool(pool: type, connection: type, guard: Guard) -> type:
    guarded = type(f"Guarded{connection.__name__}", (_Guarded, connection), {"guard": guard})
    return type(f"Guarded{pool.__name__}", (pool,), {"ConnectionCls": guarded})


class _Guarded:
    """urllib3 connects to `_dns_host` and proves the certificate against `host`, which is read from it afterwards."""

    guard: Guard

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            return self._first_of(self.guard.judge(name, self.port))
        except (Internal, socket.gaierror) as problem:
            raise NewConnectionError(self, str(problem)) from problem
        finally:
            self._dns_host = name

    def _first_of(self, addresses: list[str]) -> socket.socket:
        """Connected to the first address that answers: a machine may have names of IPv6 and no way there."""
        for address in addresses[:-1]:
            self._dns_host = address
            try:
                return super()._new_conn()
            except (NewConnectionError, ConnectTimeoutError):
                continue
        self._dns_host = addresses[-1]
        return super()._new_conn()
