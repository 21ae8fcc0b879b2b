"""Caddy's admin API on its unix socket: how many requests are under way to which container."""

from __future__ import annotations

import http.client
import json
import socket

TIMEOUT = 2      # seconds


class CaddyAdmin:
    def __init__(self, address: str):
        """`address`: "unix:///path/of/the.sock"."""
        self._path = address.removeprefix("unix://")

    def under_way(self) -> dict[str, int]:
        """Upstream ("name:port") -> requests that Caddy waits for; raises OSError where Caddy is away."""
        connection = _UnixConnection(self._path)
        try:
            connection.request("GET", "/reverse_proxy/upstreams", headers={"Host": "localhost"})
            response = connection.getresponse()
            if response.status != 200:
                raise OSError(f"Caddy's admin API answered {response.status}")
            return {item["address"]: item["num_requests"] for item in json.load(response) or []}
        except (http.client.HTTPException, ValueError) as problem:
            raise OSError(f"Caddy's admin API answered nonsense: {problem}") from problem
        finally:
            connection.close()

    def check(self) -> tuple[bool, str]:
        """For /readyz."""
        try:
            self.under_way()
        except OSError as problem:
            return False, f"Caddy does not answer on {self._path}: {problem.strerror or problem}"
        return True, "ok"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str):
        super().__init__("localhost", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
