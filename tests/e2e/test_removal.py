"""A repository that is removed takes its images out of the real registry, and their blobs at its next start."""

from __future__ import annotations

import requests

from cli.proc import run as call
from cli.waiting import wait_for

from tests.harness.apps import steady
from tests.harness.stack import Repo, Stack

ACCEPT = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"


class Registry:
    def __init__(self, stack: Stack):
        settings = stack.api.settings
        self._url = f"http://127.0.0.1:{settings['REGISTRY_PORT']}/v2"
        self._auth = ("continuum", settings["REGISTRY_PASSWORD"])

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self._url}/{path}", auth=self._auth, headers={"Accept": ACCEPT}, timeout=10)

    def answers(self) -> bool:
        try:
            return self.get("").status_code == 200
        except requests.ConnectionError:
            return False

    def own_blob(self, repository: str, digest: str) -> str:
        """The digest of the image's configuration, which holds its run's number, so that no other image has it."""
        manifest = self.get(f"{repository}/manifests/{digest}").json()
        if "manifests" in manifest:
            manifest = self.get(f"{repository}/manifests/{manifest['manifests'][0]['digest']}").json()
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
    blobs = {"gone": registry.own_blob(*image), "kept": registry.own_blob(*kept)}
    stack.api.delete(f"/repos/{gone.id}?confirm={gone.owner}/{gone.name}")
    assert registry.get("{}/manifests/{}".format(*image)).status_code == 404
    assert registry.get("{}/manifests/{}".format(*kept)).status_code == 200
    call(["docker", "restart", stack.container("registry")])
    wait_for(registry.answers, "the registry to be back", 60)
    assert registry.get(f"{image[0]}/blobs/{blobs['gone']}").status_code == 404
    assert registry.get(f"{kept[0]}/blobs/{blobs['kept']}").status_code == 200
