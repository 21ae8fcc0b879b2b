"""Real pushes by git, and the deliveries that follow."""

import json
import subprocess

import pytest

from tests.github.outbox import sign

ZERO = "0" * 40


@pytest.fixture()
def hook(app, as_, listener):
    """A webhook for everything; its ping is already taken."""
    made = as_("writer").post("/repos/writer/app/hooks", {"events": ["*"], "config": {
        "url": listener.url, "content_type": "json", "secret": "s3cret"}})
    assert made.status_code == 201, made.text
    headers, _ = listener.next()
    assert headers["X-GitHub-Event"] == "ping"
    return made.json()


@pytest.fixture()
def work(github, app, clone):
    return clone(app, github.token("writer", "repo").value)


def changed(work, git, name="new.txt"):
    (work / name).write_text(name)
    git(work, "add", "-A")
    git(work, "commit", "--quiet", "-m", f"Add {name}")
    return git(work, "rev-parse", "HEAD")


def taken(listener, event):
    headers, body = listener.next()
    assert headers["X-GitHub-Event"] == event
    return json.loads(body)


def test_a_push_is_delivered_signed_over_the_raw_body(hook, work, git, listener):
    before = git(work, "rev-parse", "HEAD")
    sha = changed(work, git)
    git(work, "push", "--quiet", "origin", "main")
    headers, body = listener.next()
    assert headers["X-Hub-Signature-256"] == sign("s3cret", body)
    payload = json.loads(body)
    assert (payload["ref"], payload["before"], payload["after"]) == ("refs/heads/main", before, sha)
    assert payload["head_commit"]["added"] == ["new.txt"] and [c["id"] for c in payload["commits"]] == [sha]
    assert not payload["created"] and not payload["deleted"] and not payload["forced"]
    assert payload["pusher"]["name"] == payload["sender"]["login"] == "writer"


def test_a_new_branch_and_its_end(hook, work, git, listener):
    git(work, "push", "--quiet", "origin", "HEAD:topic/one")
    assert taken(listener, "push")["created"]
    created = taken(listener, "create")
    assert (created["ref"], created["ref_type"], created["master_branch"]) == ("topic/one", "branch", "main")
    git(work, "push", "--quiet", "origin", ":topic/one")
    gone = taken(listener, "push")
    assert gone["deleted"] and gone["after"] == ZERO and gone["head_commit"] is None and gone["commits"] == []
    assert taken(listener, "delete")["ref"] == "topic/one"


def test_a_force_push_says_so(hook, work, git, listener):
    git(work, "commit", "--quiet", "--amend", "-m", "Another first commit")
    git(work, "push", "--quiet", "--force", "origin", "main")
    assert taken(listener, "push")["forced"]


def test_more_than_three_tags_at_once_are_not_told(hook, work, git, listener, github):
    for name in ("v1", "v2", "v3", "v4"):
        git(work, "tag", name)
    git(work, "push", "--quiet", "origin", "--tags")
    git(work, "push", "--quiet", "origin", "HEAD:refs/tags/v5")
    assert taken(listener, "push")["ref"] == "refs/tags/v5"
    assert taken(listener, "create")["ref_type"] == "tag"


def test_a_push_moves_a_pull_request_along(hook, work, git, listener, github, app):
    git(work, "push", "--quiet", "origin", "HEAD:topic")
    taken(listener, "push"), taken(listener, "create")
    pull = github.pull(app, app, "topic", author="writer")
    assert taken(listener, "pull_request")["action"] == "opened"
    sha = changed(work, git)
    git(work, "push", "--quiet", "origin", "HEAD:topic")
    taken(listener, "push")
    told = taken(listener, "pull_request")
    assert (told["action"], told["after"], pull.head_sha) == ("synchronize", sha, sha)
    assert git(work, "ls-remote", "origin", f"refs/pull/{pull.number}/head").split()[0] == sha


def test_a_forks_pull_request_names_the_fork(hook, github, app, listener):
    fork = github.fork(app, "stranger")
    sha = github.commit(fork, {"x": "y"}, branch="topic")
    github.pull(app, fork, "topic", author="stranger")
    told = taken(listener, "pull_request")["pull_request"]
    assert told["head"]["repo"]["id"] == fork.id != told["base"]["repo"]["id"]
    assert told["head"]["sha"] == sha and told["user"]["login"] == "stranger"


def test_a_redelivery_keeps_guid_and_body(hook, github, as_, listener):
    client = as_("writer")
    client.post(f"/repos/writer/app/hooks/{hook['id']}/pings")
    first = listener.next()
    github.outbox.wait()
    newest = client.get(f"/repos/writer/app/hooks/{hook['id']}/deliveries").json()[0]
    assert client.post(f"/repos/writer/app/hooks/{hook['id']}/deliveries/{newest['id']}/attempts").status_code == 202
    again = listener.next()
    assert again[1] == first[1] and again[0]["X-GitHub-Delivery"] == first[0]["X-GitHub-Delivery"]


def test_no_try_is_made_again_by_itself(hook, github, app, listener):
    listener.status = 500
    github.commit(app, {"a": "b"})
    github.outbox.wait()
    pushes = [each for each in github.outbox.deliveries if each.event == "push"]
    assert [each.status for each in pushes] == [500] and app.hooks[hook["id"]].last["code"] == 500


def push_as(github, login, work, git, *scopes):
    token = github.token(login, *scopes).value
    url = github.url.replace("://", f"://x-access-token:{token}@") + "/writer/app.git"
    return subprocess.run(["git", "-C", str(work), "push", url, "HEAD:other"], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "GIT_TERMINAL_PROMPT": "0"})


@pytest.mark.parametrize("login,scopes,said", [
    ("reader", ["repo"], "403"), ("stranger", ["repo"], "not found"), ("writer", [], "not found"),
])
def test_who_may_not_push_is_refused(github, app, work, git, login, scopes, said):
    done = push_as(github, login, work, git, *scopes)
    assert done.returncode and said in done.stderr.lower()


def test_a_revoked_token_fetches_nothing(github, app, clone):
    token = github.token("writer", "repo").value
    github.revoke(token)
    with pytest.raises(AssertionError, match="Authentication failed"):
        clone(app, token)


def test_an_archived_repository_takes_no_push(github, app, work, git):
    github.change(app, "archived", archived=True)
    assert "403" in push_as(github, "writer", work, git, "repo").stderr


def test_a_push_of_very_many_commits_tells_2048_of_them(hook, app, work, git, listener):
    """As many as GitHub puts into a payload."""
    history(work, git(work, "rev-parse", "HEAD"), 2100)
    git(work, "push", "--quiet", "origin", "main")
    told = taken(listener, "push")
    assert len(told["commits"]) == 2048 and told["commits"][-1]["id"] == told["after"] == git(work, "rev-parse", "main")
    assert told["commits"][-1]["modified"] == ["f9.txt"]


def history(work, start, count):
    """So many commits on main, each changes a file."""
    lines = [f"commit refs/heads/main\ncommitter w <w@localhost> {1700000000 + n} +0000\ndata 1\nx\n"
             + (f"from {start}\n" if n == 0 else "") + f"M 644 inline f{n % 10}.txt\ndata {len(str(n))}\n{n}\n" for n in range(count)]
    subprocess.run(["git", "-C", str(work), "fast-import", "--quiet", "--force"], input="".join(lines), text=True, check=True)


@pytest.mark.parametrize("event", ["renamed", "transferred", "archived", "unarchived", "privatized", "publicized", "deleted"])
def test_what_becomes_of_the_repository_is_told(hook, github, app, listener, event):
    happen = {"renamed": lambda: github.move(app, "writer/renamed"), "transferred": lambda: github.move(app, "reader/app"),
              "deleted": lambda: github.delete(app)}
    happen.get(event, lambda: github.change(app, event))()
    assert taken(listener, "repository")["action"] == event
