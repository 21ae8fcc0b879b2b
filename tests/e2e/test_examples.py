"""Every example ends as the file beside it says; examples/README.md explains the keys."""

import subprocess

import pytest
import yaml

from cli.instance import ROOT
from cli.proc import answer, run
from tests.harness.stack import fresh_owner, git

EXAMPLES = sorted(path.name.removesuffix(".expected.yml") for path in (ROOT / "examples").glob("*.expected.yml"))
KEYS = {"kind", "setup", "state", "failed_stage", "reason_contains", "stages", "live", "tests", "findings", "outputs",
        "log", "container_log_max_mb", "again", "without_docker_hub"}
HUB_IS_AWAY = "from builder.remote import why_hub_is_away; print(why_hub_is_away() is not None)"


def expected(name: str) -> dict:
    found = yaml.safe_load((ROOT / "examples" / f"{name}.expected.yml").read_text())
    assert set(found) <= KEYS, f"unknown keys {set(found) - KEYS}"
    return found


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(stack, name):
    wanted = expected(name)
    if "without_docker_hub" in wanted and hub_is_away(stack):
        wanted |= wanted["without_docker_hub"]
    repo = publish(stack, name, wanted.get("setup", {}))
    ended = stack.wait(repo.run(wanted["kind"])["id"])
    check_end(ended, wanted)
    check_stages(stack, ended, wanted)
    check_live(stack, repo, wanted)
    if "again" in wanted:
        empty_commits(repo.work, wanted["again"]["commits"])
        repo.push()
        again = stack.wait(repo.wait_for_push_run(git(repo.work, "rev-parse", "HEAD"))["id"])
        assert again["state"] == "success", again["reason"]
        check_live(stack, repo, wanted["again"])


def hub_is_away(stack) -> bool:
    """Whether this installation's builder reaches no Docker Hub: a missing image there is then not known to be missing."""
    return run(["docker", "exec", stack.container("builder"), "python", "-c", HUB_IS_AWAY])[-1] == "True"


def publish(stack, name: str, setup: dict):
    owner = fresh_owner()
    for module in setup.get("submodules", []):
        stack.repo(module["example"], owner=owner)
    repo = stack.repo(name, owner=owner)
    for module in setup.get("submodules", []):
        git(repo.work, "submodule", "add", "--quiet", module["url"], module["path"])
        repo.commit("Add a submodule")
    for tag in setup.get("tags", []):
        git(repo.work, "tag", "--annotate", "--message", tag, tag)
    empty_commits(repo.work, setup.get("commits", []))
    if setup:
        git(repo.work, "push", "--quiet", "--follow-tags", "origin", "main")
    return repo


def empty_commits(work, subjects: list[str]) -> None:
    for subject in subjects:
        git(work, "commit", "--quiet", "--allow-empty", "--message", subject)


def check_end(ended: dict, wanted: dict) -> None:
    assert ended["state"] == wanted["state"], ended["reason"]
    for text in wanted.get("reason_contains", []):
        assert text in ended["reason"]
    if "failed_stage" in wanted:
        failed = {job["stage"] for job in ended["jobs"] if job["state"] == wanted["state"]}      # an error is tried twice
        assert failed == {wanted["failed_stage"]}


def check_stages(stack, ended: dict, wanted: dict) -> None:
    jobs = {job["stage"]: job for job in ended["jobs"]}
    for stage, state in wanted.get("stages", {}).items():
        assert jobs[stage]["state"] == state, stage
    for stage, outputs in wanted.get("outputs", {}).items():
        for key, value in outputs.items():
            found = jobs[stage]["outputs"][key]
            assert value in found if isinstance(value, str) else found == value, (stage, key, found)
    for stage, texts in wanted.get("log", {}).items():
        job = jobs[stage]
        lines = stack.lines(ended["id"], f"{stage}.{job['attempt']}") + [step["name"] for step in job["steps"]]
        for text in texts:
            assert any(text in line for line in lines), (stage, text, lines[-20:])
    for key, value in wanted.get("tests", {}).items():
        assert jobs["test"]["outputs"][key] == value, (key, jobs["test"]["outputs"])
    if "findings" in wanted:
        check_findings(stack.api.get(f"/runs/{ended['id']}/findings", per_page=100), wanted["findings"])


def check_findings(found: dict, wanted: dict) -> None:
    assert set(wanted["vulnerabilities"]) <= {item["vulnerability"] for item in found["items"]}
    assert set(wanted["packages"]) <= {item["package"] for item in found["items"]}
    for severity, least in wanted["counts"].items():
        assert sum(item["severity"] == severity for item in found["items"]) >= least


def check_live(stack, repo, wanted: dict) -> None:
    live = wanted.get("live")
    if live is None:
        assert [item for item in repo.deployments() if item["state"] == "live"] == []
        return
    response = repo.fetch(live["path"])
    assert response.status_code == live["status"], response.text[:300]
    assert live.get("contains", "") in response.text
    if "container_log_max_mb" in wanted:
        assert log_size_mb(stack, repo) <= wanted["container_log_max_mb"]


def log_size_mb(stack, repo) -> float:
    """What the engine keeps of the live app's output."""
    container = answer(["docker", "ps", "--quiet", "--filter", f"label=continuum.repo={repo.id}",
                        "--filter", f"label=continuum.instance={stack.instance.name}"])
    kept = subprocess.run(["docker", "logs", container], check=True, capture_output=True)
    return (len(kept.stdout) + len(kept.stderr)) / 1024**2
