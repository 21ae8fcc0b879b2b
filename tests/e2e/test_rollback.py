"""A rollback whose kept container is gone starts from the image, wherever the image still is, and loses no version."""

from __future__ import annotations

import pytest

from cli.proc import answer, run
from cli.waiting import wait_for
from tests.harness import processes
from tests.harness.life import live, pushed
from tests.harness.registry import Registry, bearer
from tests.harness.stack import Repo


@pytest.fixture
def second(stack) -> Repo:
    """Version two is live, and watched; version one's container, once it was kept, was removed by hand."""
    repo = live(stack)
    ended = pushed(stack, repo, "two", watch="10m")
    assert ended["state"] == "success", ended["reason"]
    (_, kept) = wait_for(lambda: states(repo) == ["live", "kept"] and repo.deployments(), "version one to be kept", 60)
    run(["docker", "rm", "--force", *containers(repo, kept["id"])])
    wait_for(lambda: states(repo) == ["live", "removed"], "its removal to be noticed", 60)
    return repo


def states(repo: Repo) -> list[str]:
    return [item["state"] for item in repo.deployments()]


def containers(repo: Repo, deployment: int) -> list[str]:
    return answer(["docker", "ps", "--all", "--quiet", "--filter", f"label=continuum.deployment={deployment}",
                   "--filter", f"label=continuum.instance={repo.stack.instance.name}"]).split()


def image(repo: Repo) -> tuple[str, str]:
    """The place in the registry, and the digest, of version one's image."""
    first = repo.deployments()[-1]
    built = next(job for job in repo.stack.api.get(f"/runs/{first['run']}")["jobs"] if job["stage"] == "build")
    return built["outputs"]["image"]["repository"], built["outputs"]["image"]["digest"]


def leave_registry(repo: Repo) -> None:
    name, digest = image(repo)
    registry = Registry(repo.stack)
    gone = registry.send("DELETE", f"{name}/manifests/{digest}", bearer(registry.tokens, name, "delete"))
    assert gone.status_code == 202, gone.text


def leave_engine(repo: Repo) -> None:
    name, digest = image(repo)
    run(["docker", "image", "rm", "--force", f"127.0.0.1:{repo.stack.api.settings['REGISTRY_PORT']}/{name}@{digest}"])


@pytest.mark.parametrize("lose", [leave_registry, leave_engine], ids=["engine-has-it", "registry-has-it"])
def test_a_rollback_without_its_container_starts_from_the_image(stack, second, lose):
    lose(second)
    back = stack.wait(stack.api.post(f"/repos/{second.id}/rollback", {})["id"])
    assert back["state"] == "success", back["reason"]
    assert second.fetch("/").text == "version one\n"
    wait_for(lambda: sorted(states(second)) == ["kept", "live", "removed"], "version two to be kept", 60)
    forth = stack.wait(stack.api.post(f"/repos/{second.id}/rollback", {"digest": second.deployments()[1]["digest"]})["id"])
    assert forth["state"] == "success", forth["reason"]
    assert second.fetch("/").text == "version two\n"


def test_a_version_that_crashes_is_rolled_back_without_the_container_too(stack, second):
    crashed = second.deployments()[0]
    pid = answer(["docker", "inspect", "--format", "{{.State.Pid}}", *containers(second, crashed["id"])])
    processes.kill_9(int(pid))
    back = wait_for(lambda: next((run for run in second.runs() if run["kind"] == "rollback"), None), "a rollback", 60)
    assert stack.wait(back["id"])["state"] == "success"
    assert second.fetch("/").text == "version one\n"
    failed = stack.api.get(f"/runs/{crashed['run']}")
    assert failed["state"] == "failure" and f"restored from its image by run {back['id']}" in failed["reason"], failed["reason"]
