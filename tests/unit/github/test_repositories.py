"""Repositories: who sees which, pages, names of before, files and refs."""

import base64

import pytest


def names(answer):
    return [each["full_name"] for each in answer.json()]


def test_the_list_has_owned_shared_and_organisations_repositories(github, app, as_):
    github.org("company", reader="admin", writer="member")
    github.repo("company/web", private=True)
    github.repo("stranger/public")
    assert names(as_("reader").get("/user/repos")) == ["company/web", "writer/app"]
    assert names(as_("writer").get("/user/repos")) == ["writer/app"]
    assert names(as_("reader").get("/user/repos?affiliation=collaborator")) == ["writer/app"]
    assert as_("reader").get("/user/repos").json()[1]["permissions"] == {
        "admin": False, "maintain": False, "push": False, "triage": False, "pull": True}


def test_without_the_scope_private_ones_are_not_there(github, app, as_):
    github.repo("writer/open")
    client = as_("writer", "read:org")
    assert names(client.get("/user/repos")) == ["writer/open"]
    assert client.get("/repos/writer/app").status_code == 404


def test_pages_lead_to_each_other(github, as_):
    for number in range(5):
        github.repo(f"writer/r{number}")
    client, url, found = as_("writer"), "/user/repos?per_page=2", []
    while url:
        answer = client.get(url)
        found += names(answer)
        url = answer.links.get("next", {}).get("url")
    assert found == [f"writer/r{number}" for number in range(5)]
    assert set(answer.links) == {"prev", "first"}


@pytest.mark.parametrize("login,status", [("writer", 200), ("reader", 200), ("stranger", 404)])
def test_a_private_repository_of_others_is_not_there(app, as_, login, status):
    assert as_(login).get("/repos/writer/app").status_code == status


def test_a_revoked_token_is_refused(github, app, as_):
    client = as_("writer")
    for token in github.tokens:
        github.revoke(token)
    refused = client.get("/user")
    assert (refused.status_code, refused.json()["message"]) == (401, "Bad credentials")


def test_the_old_name_leads_to_the_new_one(github, app, as_):
    github.move(app, "writer/renamed")
    answer = as_("writer").get("/repos/writer/app/branches?per_page=1")
    assert answer.status_code == 301 and answer.headers["Location"] == f"{github.api}/repositories/{app.id}/branches?per_page=1"
    assert as_("writer").get(answer.headers["Location"]).json()[0]["name"] == "main"
    assert as_("stranger").get("/repos/writer/app").status_code == 404


def test_a_name_that_is_taken_again_is_the_new_repository(github, app, as_):
    github.move(app, "writer/renamed")
    taken = github.repo("writer/app")
    assert as_("writer").get("/repos/writer/app").json()["id"] == taken.id


def test_files_and_folders(github, app, as_):
    sha = github.commit(app, {"src/a.txt": "hello"}, branch="topic/deep")
    client = as_("reader")
    file = client.get("/repos/writer/app/contents/src/a.txt?ref=topic/deep").json()
    assert base64.b64decode(file["content"]) == b"hello" and file["type"] == "file"
    raw = client.get(f"/repos/writer/app/contents/src/a.txt?ref={sha}", headers={"Accept": "application/vnd.github.raw+json"})
    assert raw.content == b"hello"
    assert [each["name"] for each in client.get(f"/repos/writer/app/contents/?ref={sha}").json()] == ["Dockerfile", "src"]
    assert client.get("/repos/writer/app/contents/src/a.txt").status_code == 404


def test_branches_tags_and_refs(github, app, as_, clone, git):
    sha = github.commit(app, {"a": "b"}, branch="topic/deep")
    work = clone(app, github.token("writer", "repo").value)
    git(work, "tag", "-a", "v1", "-m", "One", sha)
    git(work, "push", "--quiet", "origin", "v1")
    client = as_("reader")
    assert [each["name"] for each in client.get("/repos/writer/app/branches").json()] == ["main", "topic/deep"]
    assert client.get("/repos/writer/app/branches/topic/deep").json()["commit"]["sha"] == sha
    assert client.get("/repos/writer/app/tags").json()[0]["commit"]["sha"] == sha
    ref = client.get("/repos/writer/app/git/ref/tags/v1").json()
    assert ref["object"]["type"] == "tag" and ref["object"]["sha"] != sha
    assert client.get(f"/repos/writer/app/git/tags/{ref['object']['sha']}").json()["object"]["sha"] == sha
    assert len(client.get("/repos/writer/app/git/matching-refs/heads/").json()) == 2


def test_commits_and_comparisons(github, app, as_):
    client = as_("reader")
    first = client.get("/repos/writer/app/commits/main").json()["sha"]
    sha = github.commit(app, {"docs/a.md": "x", "Dockerfile": None}, branch="main", message="Second\n\nBody")
    assert client.get(f"/repos/writer/app/commits/{sha[:7]}").json()["commit"]["message"] == "Second\n\nBody"
    told = client.get(f"/repos/writer/app/compare/{first}...{sha}").json()
    assert (told["status"], told["ahead_by"]) == ("ahead", 1)
    assert {each["filename"]: each["status"] for each in told["files"]} == {"docs/a.md": "added", "Dockerfile": "removed"}
    assert client.get("/repos/writer/app/commits/nothing").status_code == 422


def test_an_empty_repository_says_so(github, as_):
    github.repo("writer/empty")
    assert as_("writer").get("/repos/writer/empty/commits/main").status_code == 409
    assert as_("writer").get("/repos/writer/empty/branches").json() == []


def test_who_may_do_what(app, as_):
    url = "/repos/writer/app/collaborators/{}/permission"
    client = as_("writer")
    assert [client.get(url.format(login)).json()["permission"] for login in ("writer", "reader", "stranger")] == [
        "admin", "read", "none"]
