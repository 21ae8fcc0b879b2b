"""Cases from the field against the running platform: `cases/` holds repositories with what each must end as."""

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from cli.waiting import wait_for
from tests.harness.stack import fresh_owner, git

CASES = Path(__file__).with_name("cases")
ODD = "fix(parser)->it's!$(id);\u00fc"
PAGE = "FROM busybox:1.37\nWORKDIR /www\nCOPY . .\nEXPOSE 8080\nCMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/www\"]\n"


def files_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != "expect.yml"}


NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


def expected_of(name: str) -> dict:
    return yaml.safe_load((CASES / name / "expect.yml").read_text())


@pytest.fixture(scope="module")
def runs(stack) -> dict[str, int]:
    """A run of each case; begun at once, so that they pass beside each other."""
    return {name: stack.repo_of(files_of(CASES / name)).run(expected_of(name).get("kind", "build"))["id"] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_case_ends_as_it_must(stack, runs, name):
    expected = expected_of(name)
    ended = stack.wait(runs[name])
    assert (ended["state"], expected.get("reason", "") in ended["reason"]) == (expected["state"], True), ended["reason"]
    assert all(job["attempt"] == 1 for job in ended["jobs"]) or ended["state"] == "error", "a failure is not tried again"
    built = [job for job in ended["jobs"] if job["stage"] == "build"]
    text = "\n".join(stack.lines(ended["id"], f"build.{built[-1]['attempt']}"))
    for part in expected.get("log", []):
        assert part.strip() in text, text
    assert len(built) == (2 if expected["state"] == "error" else 1), "an error is tried again"


def test_case_09_and_20_the_page_says_what_became_of_each_push(stack):
    """A tag on a commit that is skipped, and a branch whose name has letters that shells know."""
    repo = stack.repo_of({"Dockerfile": PAGE, ".continuum.yml": "on: {push: ['*'], tag: ['v*']}\n"})
    repo.write("a.txt", "x")
    repo.commit("chore(release): 1.2.0 [skip ci]")
    git(repo.work, "tag", "-a", "v1.2.0", "-m", "v1.2.0")
    git(repo.work, "push", "--quiet", "origin", "main", "v1.2.0")
    git(repo.work, "checkout", "--quiet", "-b", ODD)
    repo.write("b.txt", "y")
    commit = repo.commit("Fix")
    git(repo.work, "push", "--quiet", "origin", "HEAD")
    started = repo.wait_for_push_run(commit)
    stack.api.post(f"/runs/{started['id']}/cancel")
    assert started["ref"] == ODD

    def told():
        items = stack.api.get(f"/repos/{repo.id}/ref-updates")["items"]
        return items if len(items) >= 4 else None
    updates = {item["ref"]: item for item in wait_for(told, "what became of each push", 30)}
    assert "[skip ci]" in updates["refs/tags/v1.2.0"]["outcome"] and updates["refs/tags/v1.2.0"]["run"] is None
    assert updates[f"refs/heads/{ODD}"]["run"] == started["id"]


def test_cases_14_and_36_the_first_push_to_an_empty_repository(stack):
    """HEAD is git's own `master`, people push `main`, and on.paths is there from the first commit on."""
    owner = fresh_owner()
    bare = stack.repositories / owner / "first.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "master", str(bare)], check=True)
    repo = stack.known(owner, "first")
    other = stack.repo_of({"Dockerfile": PAGE, ".continuum.yml": "on: {paths: ['**/Dockerfile']}\n"})
    git(other.work, "push", "--quiet", str(bare), "main")
    run = wait_for(lambda: next(iter(stack.api.get(f"/repos/{repo['id']}/runs")["items"]), None), "the first push's run", 30)
    stack.api.post(f"/runs/{run['id']}/cancel")
    assert (run["ref"], run["event"]) == ("main", "push")
    assert stack.api.get(f"/repos/{repo['id']}")["default_branch"] == "main"


def test_cases_15_and_44_a_submodule_of_a_work_tree_and_a_shallow_history(stack):
    owner = fresh_owner()
    library = stack.repositories / owner / "shared-text"
    library.mkdir(parents=True)
    git(library, "init", "--quiet", "-b", "main")
    (library / "greeting.txt").write_text("shared-greeting\n")
    git(library, "add", "--all")
    git(library, "commit", "--quiet", "-m", "Shared")
    user = stack.repositories / owner / "uses-shared"
    user.mkdir()
    git(user, "init", "--quiet", "-b", "main")
    (user / "Dockerfile").write_text("FROM busybox:1.37\nCOPY . /src\nRUN cat /src/vendor/shared/greeting.txt; cat /src/.git/shallow || echo whole\n")
    git(user, "submodule", "--quiet", "add", "../shared-text", "vendor/shared")
    git(user, "add", "--all")
    git(user, "commit", "--quiet", "-m", "With a submodule")
    (user / "more.txt").write_text("more\n")
    git(user, "add", "--all")
    git(user, "commit", "--quiet", "-m", "More")
    shallow = stack.repositories / owner / "cut-off.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", "--depth", "1", f"file://{user}", str(shallow)], check=True)
    repo = stack.known(owner, "cut-off")
    ended = stack.wait(stack.api.post(f"/repos/{repo['id']}/runs", {"kind": "build", "ref": "main"})["id"])
    assert ended["state"] == "success", ended["reason"]
    lines = stack.lines(ended["id"], "build.1")
    assert any("shared-greeting" in line for line in lines) and any(ended["commit"] in line for line in lines)
    tree = stack.known(owner, "uses-shared")
    ended = stack.wait(stack.api.post(f"/repos/{tree['id']}/runs", {"kind": "build", "ref": "main"})["id"])
    assert ended["state"] == "success", ended["reason"]
    assert any("shared-greeting" in line for line in stack.lines(ended["id"], "build.1"))


BAR = "for n in 1 2 3 4 5 6; do printf '\\r%s0%%' $n; sleep 0.5; done; echo ' whole'"
BARS = {"Dockerfile": PAGE + "COPY bar.sh /\nRUN sh /bar.sh\nCMD [\"sh\", \"-c\", \"sh /bar.sh; exec httpd -f -p 8080 -h /www\"]\n",
        "bar.sh": BAR + "\n", ".continuum.yml": "test: {commands: [{run: [sh, /bar.sh]}]}\n"}


def test_case_19_a_progress_bar_is_updated_live_and_its_last_state_is_the_line(stack):
    repo = stack.repo_of({**BARS, "a.txt": fresh_owner()})      # of an unseen context, so that the step runs
    run = repo.run()["id"]
    seen: dict[str, set[str]] = {}

    def over():
        found = stack.api.get(f"/runs/{run}")
        for job in found["jobs"]:
            seen.setdefault(job["stage"], set()).update(step["now"] for step in job["steps"] if step.get("now"))
        return found if found["state"] not in ("pending", "running") else None
    ended = wait_for(over, "the run to end", 120, every=0.1)
    assert ended["state"] == "success", ended["reason"]
    for stage in ("build", "deploy", "test"):
        assert seen[stage] and seen[stage] <= {f"{n}0%" for n in range(1, 7)}, seen
        assert "60% whole" in stack.lines(run, f"{stage}.1")
        assert not any("␍" in line for line in stack.lines(run, f"{stage}.1"))
    assert next(runtime_lines(stack, repo.deployments()[0]["id"])) == "60% whole", "its first line"


def runtime_lines(stack, deployment: int):
    """What an app printed and prints."""
    with stack.api._send("GET", f"/deployments/{deployment}/stream", stream=True) as answer:
        for raw in answer.iter_lines():
            if raw.startswith(b"data:") and b'"lines"' in raw:
                for _, _, _, text, _ in json.loads(raw.removeprefix(b"data:"))["lines"]:
                    yield text
