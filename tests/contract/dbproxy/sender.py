"""An orchestrator's outbox in a process of its own, which a test may kill: the real worker and channels, GitHub's forge.

Its addresses, key and token come from the environment, as `Sender` below sets them.
"""

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

from pydantic import SecretStr

from common.api.client import Dbproxy
from common.secrets.tokens import Signer
from common.service.client import ServiceClient
from forges.base import Grant
from forges.github import GitHubForge, Urls
from orchestrator.background.threads import Threads
from orchestrator.outbox import Outbox
from orchestrator.outbox.channels import CHANNELS
from tests.contract.dbproxy.service import ROOT


class Sender:
    """`github`: where GitHub is reached, and may be cut off. `owner`: of the claims of the living process."""

    def __init__(self, service, github: str, token: str):
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), "KEY": service.key("orchestrator"), "DBPROXY": service.url,
                             "GITHUB": github, "TOKEN": token}
        self._start()

    def kill(self) -> None:
        """kill -9, and a new one in its place."""
        self.end()
        self._start()

    def end(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)
        self._process.stdout.close()

    def _start(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", "tests.contract.dbproxy.sender"], env=self._environment,
                                         cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.owner = self._process.stdout.readline().strip()


class OneToken:
    def __init__(self, token: str):
        self._grant = Grant(SecretStr(token), "person", "ann")

    def of_repo(self, owner: str, name: str) -> Grant:
        return self._grant

    def revoked(self, token: SecretStr) -> None:
        """Nobody signs in again here."""


def main() -> None:
    env = os.environ
    db = Dbproxy(ServiceClient(Signer("orchestrator", env["KEY"]), "dbproxy", env["DBPROXY"]))
    forge = GitHubForge(Urls.of(SimpleNamespace(github_url=env["GITHUB"], github_api_url="")), OneToken(env["TOKEN"]))
    outbox = Outbox(db, [channel(db, {"github": forge}) for channel in CHANNELS], "https://ci.example.org", Threads())
    print(outbox.worker.owner, flush=True)
    outbox.worker.loop.start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
