"""A5: an author cannot exceed what owners allow: in the file, by an older configuration, or by writing to the disk."""

from __future__ import annotations

import pytest

from cli.waiting import wait_for
from tests.security import engine

MIB = 1024**2
APP = {"Dockerfile": "FROM busybox:1.37\nRUN mkdir /www && echo ready > /www/index.html\nEXPOSE 8000\n"
                     'CMD ["sh", "-c", "dd if=/dev/zero of=/big bs=1M count=$MIB && exec httpd -f -p 8000 -h /www"]\n'}
CONFIG = "deploy: {port: 8000, watch: 1s, drain: 1s, memory: 256m, pids: 400, env: {MIB: \"%d\"}}\n"


def limit(stack, repo, **limits) -> None:
    stack.api.call("PATCH", f"/repos/{repo.id}/limits", json=limits)


@pytest.mark.parametrize("line", ["memory: 1000g", "pids: 32768", "keep: 50"])
def test_a_file_cannot_ask_for_more(stack, line):
    """Holds: repofile.parse with limits, in builder."""
    repo = stack.repo_of({**APP, ".continuum.yml": f"deploy:\n  {line}\n"})
    ended = stack.wait(repo.run()["id"])
    assert ended["state"] == "failure" and "line 2" in ended["reason"] and "over the limit of" in ended["reason"], ended["reason"]
    assert "an owner of the installation can change the limit" in ended["reason"]


def test_an_older_configuration_gets_no_more_than_is_allowed_now(stack):
    """Holds: deploy._limited; the build read the file before the owner lowered the limits."""
    repo = stack.repo_of({**APP, ".continuum.yml": CONFIG % 1})
    assert stack.wait(repo.run("build")["id"])["state"] == "success"
    limit(stack, repo, memory="64m", pids=100)
    assert (ended := stack.wait(repo.run("deploy")["id"]))["state"] == "success", ended["reason"]
    host = engine.app_containers(stack, repo.id)[0]["HostConfig"]
    assert (host["Memory"], host["PidsLimit"]) == (64 * MIB, 100)


def test_an_app_that_fills_the_disk_is_stopped_and_builds_no_more(stack):
    """Holds: deployer's Disk, and orchestrator's Disks before a build."""
    repo = stack.repo_of({**APP, ".continuum.yml": CONFIG % 100})
    assert (ended := stack.wait(repo.run()["id"]))["state"] == "success", ended["reason"]
    limit(stack, repo, disk="64m")
    live = wait_for(lambda: found if (found := stack.known(repo.owner, repo.name)["live"])["health"] == "down" else None,
                    "the app is shown as down", 120)
    assert "over the limit of 64 MiB" in live["health_reason"], live["health_reason"]
    wait_for(lambda: engine.app_containers(stack, repo.id) == [], "the app's container is stopped", 60)
    refused = stack.wait(repo.run()["id"])
    assert refused["state"] == "failure" and "of disk, over its limit of 64 MiB" in refused["reason"], refused["reason"]
    limit(stack, repo, disk="1g")
    wait_for(lambda: stack.known(repo.owner, repo.name)["live"]["health"] == "healthy", "the app runs again", 120)
