"""Images: pulled by digest from the local registry, inspected, removed when nothing uses them."""

from __future__ import annotations

import time
from collections.abc import Callable

from docker.errors import APIError, ImageNotFound, NotFound

from common.wire.contracts import ImageRef
from common.wire.errors import Failure, StageError
from common.worker.jobs import Cancel

from .container_spec import ImageFacts
from .engine import Engine, disk_full
from .engine_answers import InspectedImage

DENIED = "pull access denied"      # ends with "repository does not exist or may require …", whichever it is
GONE = ("manifest unknown", "not found", "name unknown", "repository does not exist")


class Images:
    def __init__(self, engine: Engine, registry: str, token: Callable[[str], str]):
        """`registry`: host and port as the engine reaches it; `token` gives the one to read the images of a name with.

        The engine checks no certificate on 127.0.0.1. It gets no more than that token there, and checks what it pulls
        by its digest.
        """
        self._engine, self._registry, self._token = engine, registry, token

    def name(self, image: ImageRef) -> str:
        return f"{self._registry}/{image.repository}@{image.digest}"

    def find(self, image: ImageRef) -> ImageFacts | None:
        try:
            return ImageFacts.of(self._engine.api.inspect_image(self.name(image)))
        except ImageNotFound:
            return None

    def pull(self, image: ImageRef, cancel: Cancel, progress=lambda done, total: None) -> ImageFacts:
        """The image, fetched unless the engine has it; raises Failure where it is gone, StageError where the disk is full."""
        found = self.find(image)
        if found is None:
            self._fetch(image, cancel, progress)
            found = self.find(image)
        if found is None:
            raise StageError(f"the engine pulled {self.name(image)} and does not have it")
        return found

    def _fetch(self, image: ImageRef, cancel: Cancel, progress) -> None:
        layers: dict[str, bool] = {}
        login = {"registrytoken": self._token(image.repository), "serveraddress": self._registry}
        try:
            events = self._engine.api.pull(f"{self._registry}/{image.repository}", tag=image.digest, stream=True,
                                           decode=True, auth_config=login)
            for event in events:
                cancel.check()
                if "error" in event:
                    raise _reason(image, event["error"])
                if "id" in event and event.get("status") != f"Pulling from {image.repository}":
                    layers[event["id"]] = event["status"] in ("Pull complete", "Already exists")
                    progress(sum(layers.values()), len(layers))
        except APIError as problem:
            raise _reason(image, problem) from problem

    def sweep(self, older_than: float) -> list[str]:
        """Remove images from our registry that nothing runs and that were built `older_than` seconds ago: of runs
        that failed, of commands. A rollback pulls again what it needs."""
        mine = [item for item in self._engine.api.images() if self._is_mine(item)]
        old = [item for item in mine if time.time() - item["Created"] > older_than]
        return [item["Id"] for item in old if self.remove_unused(item["Id"])]

    def _is_mine(self, image: InspectedImage) -> bool:
        known_as = [*(image.get("RepoTags") or []), *(image.get("RepoDigests") or [])]
        return bool(known_as) and all(name.startswith(f"{self._registry}/") for name in known_as)

    def remove_unused(self, image_id: str) -> bool:
        """Remove an image that no container was made from, and that has names of our registry alone: another name is
        somebody else's. False where it stays, or is gone already."""
        try:
            if not self._is_mine(self._engine.api.inspect_image(image_id)):
                return False
            if self._engine.api.containers(all=True, filters={"ancestor": image_id}):
                return False
            self._engine.api.remove_image(image_id, force=True)
        except NotFound:
            return False
        except APIError as problem:
            if problem.status_code != 409:      # a container was made from it meanwhile
                raise
            return False
        return True


def _reason(image: ImageRef, problem: object) -> Exception:
    text = str(problem)
    if disk_full(text):
        return disk_full(text)
    if any(sign in text.lower() for sign in GONE) and DENIED not in text:
        return Failure(f"the image {image.repository}@{image.digest[:19]} is no longer in the registry: "
                       "run the build again")
    return StageError(f"the image {image.repository}@{image.digest[:19]} could not be pulled: {text}")
