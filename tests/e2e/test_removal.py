"""A repository that is removed takes its images out of the real registry, and their blobs at its next start."""

from __future__ import annotations

import requests

from cli.proc import run as call
from cli.waiting import wait_for
from tests.harness.apps import steady
from tests.harness.registry import Registry
from tests.harness.stack import Repo, Stack


def answers(registry: Registry) -> bool:
    try:
        return registry.send("GET", "").status_code == 401
    except requests.ConnectionError:
        return False


def own_blob(registry: Registry, repository: str, digest: str) -> str:
    """The digest of the image's configuration, which holds its run's number, so that no other image has it."""
    manifest = registry.read(repository, f"manifests/{digest}").json()
    if "manifests" in manifest:
        manifest = registry.read(repository, f"manifests/{manifest['manifests'][0]['digest']}").json()
    return manifest["config"]["digest"]


def built(stack: Stack, name: str) -> tuple[Repo, str, str]:
    """(repository, its image's place in the registry and digest)"""
    files = steady()
    repo = stack.repo_of({**files, ".continuum.yml": files[".continuum.yml"] + "on: {push: []}\n"}, name)
    run = stack.wait(repo.run("build")["id"])
    assert run["state"] == "success", run["reason"]
    image = next(job for job in run["jobs"] if job["stage"] == "build")["outputs"]["image"]
    return repo, image["repository"], image["digest"]


def test_its_images_leave_the_registry_and_those_of_others_stay(stack):
    registry = Registry(stack)
    (gone, *image), (_, *kept) = built(stack, "gone"), built(stack, "kept")
    blobs = {"gone": own_blob(registry, *image), "kept": own_blob(registry, *kept)}
    stack.api.delete(f"/repos/{gone.id}?confirm={gone.owner}/{gone.name}")
    assert registry.read(image[0], f"manifests/{image[1]}").status_code == 404
    assert registry.read(kept[0], f"manifests/{kept[1]}").status_code == 200
    call(["docker", "restart", stack.container("registry")])
    wait_for(lambda: answers(registry), "the registry to be back", 60)
    assert registry.read(image[0], f"blobs/{blobs['gone']}").status_code == 404
    assert registry.read(kept[0], f"blobs/{blobs['kept']}").status_code == 200
