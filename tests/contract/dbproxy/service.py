"""The service in a process of its own, which a test may kill and start again."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import requests

from common.secrets.tokens import Signer, new_key
from common.service.client import ServiceClient

ROOT = Path(__file__).parents[3]
NAMES = ("dbproxy", "dashboard", "orchestrator", "scanner", "tester", "builder")
OWNER = {"login": "owner", "password": "the first password"}


class Service:
    def __init__(self, database_url: str, rabbitmq_url: str, folder: Path):
        self._keys = {name: new_key() for name in NAMES}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self._log = folder / "log"
        self._environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "LISTEN_ON": "127.0.0.1", "LOG_LEVEL": "INFO",
            "SERVICE_KEY": self._keys["dbproxy"][0], "DATABASE_URL": database_url, "RABBITMQ_URL": rabbitmq_url,
            "SERVICE_PUBLIC_KEYS": ",".join(f"{name}={key[1]}" for name, key in self._keys.items()),
            "OWNER_LOGIN": OWNER["login"], "OWNER_PASSWORD": OWNER["password"], "READER_SECONDS": "1"}
        self._process: subprocess.Popen | None = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self) -> None:
        command = [sys.executable, "-m", "common.service.serve", "-b", self.url.removeprefix("http://"), "dbproxy.app:app"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log, cwd=ROOT,
                                             start_new_session=True)
        deadline = time.monotonic() + 60
        while not self.ready():
            assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text()[-3000:]
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """kill -9 of the whole group, then wait until it is gone."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)

    def ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def client(self, caller: str, patience: float = 10) -> ServiceClient:
        return ServiceClient(self.signer(caller), "dbproxy", self.url, patience=patience)

    def signer(self, caller: str) -> Signer:
        return Signer(caller, self._keys[caller][0])

    def key(self, caller: str) -> str:
        """For a process of the test's own that calls as `caller`."""
        return self._keys[caller][0]

    @property
    def log(self) -> str:
        return self._log.read_text()
