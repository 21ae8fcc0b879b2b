"""Webhook deliveries: built, signed and sent by a thread in their order, once each. GitHub does not try again by itself."""

from __future__ import annotations

import hashlib
import hmac
import json
import queue
import threading
import uuid
from typing import TYPE_CHECKING

import requests

from .shapes import people, repository
from .state import Account, Delivery, Hook, Repo

if TYPE_CHECKING:
    from .hub import GitHub

PATIENCE = 10          # seconds, as GitHub has


def sign(secret: str, body: bytes) -> str:
    """The header X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Outbox:
    """Safe for several threads. `deliveries` holds each try, oldest first."""

    def __init__(self, github: GitHub):
        self._github = github
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.deliveries: list[Delivery] = []
        self.lost = False              # True: made, but never sent, as when the network is down

    def tell(self, repo: Repo, event: str, payload: dict, sender: Account) -> None:
        """To each hook of the repository, and each App that is installed there, that wants this event."""
        spelled = repository.in_push if event == "push" else repository.in_webhook
        full = {**payload, "repository": spelled(self._github, repo), **self._about(repo, sender)}
        for hook in list(repo.hooks.values()):
            if hook.active and ("*" in hook.events or event in hook.events):
                self.to_hook(repo, hook, event, full)
        for installation in list(self._github.installations.values()):
            if installation.reaches(repo) and event in installation.app.events:
                self._to_app(installation, repo, event, full)

    def ping(self, repo: Repo, hook: Hook, shape: dict, sender: Account) -> None:
        self.to_hook(repo, hook, "ping", {"zen": "Keep it logically awesome.", "hook_id": hook.id, "hook": shape,
                                          "repository": repository.in_webhook(self._github, repo),
                                          **self._about(repo, sender)})

    def to_hook(self, repo: Repo, hook: Hook, event: str, payload: dict) -> None:
        self._send(event, payload, hook.url, hook.secret, hook, repo)

    def to_app(self, installation, event: str, payload: dict) -> None:
        if installation.app.hook_url:
            self._send(event, payload, installation.app.hook_url, installation.app.webhook_secret, None, None)

    def _to_app(self, installation, repo: Repo, event: str, payload: dict) -> None:
        if installation.app.hook_url:
            self._send(event, {**payload, "installation": {"id": installation.id, "node_id": f"I_{installation.id}"}},
                       installation.app.hook_url, installation.app.webhook_secret, None, repo)

    def again(self, delivery: Delivery) -> Delivery:
        """A redelivery: the same guid and the same body."""
        return self._put(Delivery(self._github.next_id(), delivery.guid, delivery.event, delivery.action, delivery.url,
                                  delivery.body, delivery.secret, delivery.hook, delivery.repo, self._github.now(), True))

    def wait(self) -> None:
        """Until all that was made is sent."""
        self._queue.join()

    def close(self) -> None:
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()

    def _about(self, repo: Repo, sender: Account) -> dict:
        about = {"sender": people.simple(self._github, sender)}
        if repo.owner.kind == "Organization":
            about["organization"] = people.organization(self._github, repo.owner)
        return about

    def _send(self, event: str, payload: dict, url: str, secret: str, hook: Hook | None, repo: Repo | None) -> None:
        self._put(Delivery(self._github.next_id(), str(uuid.uuid4()), event, payload.get("action"), url,
                           json.dumps(payload).encode(), secret, hook, repo, self._github.now()))

    def _put(self, delivery: Delivery) -> Delivery:
        with self._lock:
            self.deliveries.append(delivery)
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, name="github-deliveries", daemon=True)
                self._thread.start()
        self._queue.put(delivery)
        return delivery

    def _send_all(self) -> None:
        while (delivery := self._queue.get()) is not None:
            try:
                if not self.lost:
                    _deliver(delivery)
            finally:
                self._queue.task_done()
        self._queue.task_done()


def headers(delivery: Delivery) -> dict[str, str]:
    target = {"X-GitHub-Hook-ID": str(delivery.hook.id)} if delivery.hook else {}
    return {"Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/0000000", "Accept": "*/*",
            "X-GitHub-Event": delivery.event, "X-GitHub-Delivery": delivery.guid, **target,
            "X-GitHub-Hook-Installation-Target-Type": "repository" if delivery.hook else "integration",
            **({"X-Hub-Signature-256": sign(delivery.secret, delivery.body)} if delivery.secret else {})}


def _deliver(delivery: Delivery) -> None:
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(delivery.url, data=delivery.body, headers=headers(delivery), timeout=PATIENCE,
                                  allow_redirects=False)
        delivery.status, delivery.answer = answer.status_code, answer.text[:1000]
        told = {"code": answer.status_code, "status": "active" if answer.ok else "inactive", "message": answer.reason}
    except requests.RequestException as problem:
        delivery.answer = type(problem).__name__
        told = {"code": None, "status": "failed", "message": delivery.answer}
    if delivery.hook:
        delivery.hook.last = told
