"""A repository of the local forge reads only itself, its owner's others, and what their admins share (A3)."""

import pytest

from tests.harness.stack import git

CANARY = "canary-of-another-owner"
DOCKERFILE = "FROM busybox:1.37\nCOPY . /src\nRUN cat /src/lib/secret.txt\n"


@pytest.fixture(scope="module")
def private(stack):
    """Another owner's repository."""
    return stack.repo_of({"Dockerfile": "FROM scratch\n", "secret.txt": CANARY})


def built(stack, repo) -> tuple[dict, str]:
    ended = stack.wait(repo.run("build")["id"])
    return ended, "\n".join(stack.lines(ended["id"], "build.1"))


def with_submodule(stack, private, url: str):
    repo = stack.repo_of({"Dockerfile": DOCKERFILE})
    commit = git(private.work, "rev-parse", "HEAD")
    repo.write(".gitmodules", f'[submodule "lib"]\n\tpath = lib\n\turl = {url}\n')
    git(repo.work, "update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    git(repo.work, "add", ".gitmodules")
    git(repo.work, "commit", "--quiet", "-m", "Somebody else's code")
    repo.push()
    return repo


def share(stack, private, takers: list[str]) -> None:
    stack.api.call("PATCH", f"/repos/{private.id}/settings", json={"shared_with": takers})


@pytest.mark.parametrize("url", ["../../{owner}/{name}.git", "/repositories/{owner}/{name}.git",
                                 "file:///repositories/{owner}/{name}.git"])
def test_another_owners_repository_is_not_read(stack, private, url):
    repo = with_submodule(stack, private, url.format(owner=private.owner, name=private.name))
    ended, log = built(stack, repo)
    assert ended["state"] == "failure" and "a repository of another owner" in ended["reason"], ended["reason"]
    assert CANARY not in log


def test_it_is_read_once_its_admin_shares_it(stack, private):
    repo = with_submodule(stack, private, f"../../{private.owner}/{private.name}.git")
    share(stack, private, [f"{repo.owner}/{repo.name}"])
    try:
        ended, log = built(stack, repo)
        assert ended["state"] == "success" and CANARY in log, ended["reason"]
    finally:
        share(stack, private, [])


def test_git_in_the_build_holds_no_other_branch(stack):
    repo = stack.repo_of({"Dockerfile": "FROM busybox:1.37\nCOPY . /src\nRUN ! grep -rq other-branch /src/.git && ls -R /src/.git\n"})
    git(repo.work, "checkout", "--quiet", "-b", "secret-branch")
    repo.write("secret.txt", CANARY)
    other = repo.commit("other-branch")
    repo.push("secret-branch")
    ended, log = built(stack, repo)
    assert ended["state"] == "success" and "secret-branch" not in log, ended["reason"]
    assert other[2:] not in log
