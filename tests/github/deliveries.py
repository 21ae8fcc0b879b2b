"""Webhooks that really go out: signed, from one thread, in their order, once; each kept with what was answered."""

from __future__ import annotations

import queue
import threading
import time
import uuid

import requests
from flask import Flask

from . import shapes, signing
from .gitrepo import ZERO
from .world import Hook, PullRequest, Repository, World

TIMEOUT = 10             # seconds, as GitHub's


class Post:
    def __init__(self, app: Flask, world: World):
        self._app, self._world = app, world
        self._waiting: queue.Queue[tuple[Hook, dict] | None] = queue.Queue()
        self._session = requests.Session()
        self._session.trust_env = False
        self.held = False        # a test's switch: nothing goes out, as if GitHub lost it

    def start(self) -> None:
        threading.Thread(target=self._send_forever, name="github-deliveries", daemon=True).start()

    def stop(self) -> None:
        self._waiting.put(None)

    def ping(self, repo: Repository, hook: Hook) -> None:
        self._put(hook, "ping", {"zen": "Speak like a human.", "hook_id": hook.id, **self._about(repo, repo.owner)})

    def pushed(self, repo: Repository, before: dict[str, str], login: str) -> None:
        """What a push moved, ref by ref, and the pull requests that it moved with them."""
        after = repo.git.all_refs()
        repo.pushed = time.time()
        for ref in sorted(before.keys() | after.keys()):
            if before.get(ref) != after.get(ref):
                self._moved(repo, ref, before.get(ref), after.get(ref), login)
        for base, pull in self._world.follow_heads(repo):
            self.pull_request(base, pull, "synchronize")

    def pull_request(self, repo: Repository, pull: PullRequest, action: str) -> None:
        with self._app.test_request_context(base_url=self._world.public_url):
            shown = shapes.pull(repo, pull, full=True)
        self.tell(repo, "pull_request", {"action": action, "number": pull.number, "pull_request": shown,
                                         **self._about(repo, pull.author)})

    def tell(self, repo: Repository, event: str, payload: dict) -> None:
        """To every webhook that listens for it."""
        for hook in [*repo.hooks.values(), *self._of_apps(repo)]:
            if hook.active and (event in hook.events or "*" in hook.events):
                self._put(hook, event, payload)

    def again(self, hook: Hook, before: dict) -> None:
        """A redelivery has the same guid."""
        self._put(hook, before["event"], before["payload"], before["guid"])

    def _moved(self, repo: Repository, ref: str, before: str | None, after: str | None, login: str) -> None:
        kind, name = ref.split("/", 2)[1:]
        about = self._about(repo, login)
        created = {"ref": name, "ref_type": "branch" if kind == "heads" else "tag", "pusher_type": "user", **about}
        if before is None:
            self.tell(repo, "create", {**created, "master_branch": repo.default_branch, "description": None})
        self.tell(repo, "push", {**self._push(repo, ref, before, after, login), **about})
        if after is None:
            self.tell(repo, "delete", created)

    def _push(self, repo: Repository, ref: str, before: str | None, after: str | None, login: str) -> dict:
        git = repo.git
        forced = bool(before and after and git.base(before, after) != before)
        commits = [self._commit(repo, sha) for sha in git.between(before, after)[-20:]] if before and after else []
        return {"ref": ref, "before": before or ZERO, "after": after or ZERO, "created": before is None,
                "deleted": after is None, "forced": forced, "base_ref": None, "compare": "", "commits": commits,
                "head_commit": self._commit(repo, after) if after else None,
                "pusher": {"name": login, "email": f"{login}@example.org"}}

    def _commit(self, repo: Repository, sha: str) -> dict:
        shown = repo.git.show(sha)
        who = {"name": shown["name"], "email": shown["email"]}
        return {"id": sha, "tree_id": shown["tree"], "message": shown["message"], "timestamp": shown["date"],
                "url": f"{self._world.public_url}/{repo.path}/commit/{sha}", "author": who, "committer": who,
                "added": [], "removed": [], "modified": [], "distinct": True}

    def _about(self, repo: Repository, login: str) -> dict:
        with self._app.test_request_context(base_url=self._world.public_url):
            return {"repository": shapes.repository(repo), "sender": shapes.whoever(login)}

    def _of_apps(self, repo: Repository) -> list[Hook]:
        installed = {item.app_id for item in self._world.installations.values() if repo.id in item.repos}
        return [app.webhook for app in self._world.apps.values() if app.webhook and app.app_id in installed]

    def _put(self, hook: Hook, event: str, payload: dict, guid: str | None = None) -> None:
        delivery = {"id": next(self._world.numbers), "guid": guid or str(uuid.uuid4()), "event": event,
                    "action": payload.get("action"), "payload": payload, "redelivery": guid is not None,
                    "delivered_at": shapes.at(time.time()), "duration": 0.0, "status": "", "status_code": 0}
        if not self.held:
            self._waiting.put((hook, delivery))

    def _send_forever(self) -> None:
        while (item := self._waiting.get()) is not None:
            hook, delivery = item
            self._send(hook, delivery)
            hook.deliveries.append(delivery)
            self._world.tell()

    def _send(self, hook: Hook, delivery: dict) -> None:
        body = signing.raw(delivery["payload"])
        began = time.monotonic()
        try:
            headers = signing.headers(delivery["event"], body, hook.secret, guid=delivery["guid"], hook=hook.id)
            answer = self._session.post(hook.url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
            delivery.update(status=answer.reason, status_code=answer.status_code)
        except requests.RequestException as problem:
            delivery.update(status=f"failed to connect to host ({type(problem).__name__})", status_code=502)
        delivery["duration"] = round(time.monotonic() - began, 3)


def post_of(world: World) -> Post:
    return world.post
