"""A place that webhooks go to, in place of ours."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .world import Hook, Repository, World

POLL = 0.02          # seconds in which it notices that it is to stop


@dataclass(frozen=True)
class Delivery:
    event: str
    guid: str
    signature: str
    body: bytes

    @property
    def payload(self) -> dict:
        return json.loads(self.body)


class Receiver:
    """`got`: what came, in its order."""

    def __init__(self) -> None:
        self.got: list[Delivery] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/github/1"

    def hook(self, world: World, repo: Repository, events: list[str], secret: str = "s3cret") -> Hook:
        """A webhook of `repo` that leads here."""
        made = repo.hooks[next(world.numbers)] = Hook(next(world.numbers), self.url, secret, events)
        return made

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._server.serve_forever, args=(POLL,), name="receiver", daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append(Delivery(self.headers["X-GitHub-Event"], self.headers["X-GitHub-Delivery"],
                                    self.headers["X-Hub-Signature-256"], body))
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_) -> None:
                """What came is in `got`."""
        return Handler
