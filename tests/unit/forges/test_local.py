"""The forge of a folder, against real git repositories."""

import os
import subprocess
from types import SimpleNamespace

import pytest

from common.wire.errors import BadRequest, NotFound, TooLarge, Unavailable
from forges import Account, open_forge
from forges.base import Status, Unsupported


def git(folder, *argv):
    done = subprocess.run(["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-C", str(folder), *argv],
                          check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path):
    work = tmp_path / "repositories" / "ada" / "hello"
    work.mkdir(parents=True)
    git(work, "init", "-q", "-b", "main")
    (work / "Dockerfile").write_text("FROM scratch\n")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "First\n\nwith a body")
    bare = tmp_path / "repositories" / "bob" / "tool.git"
    bare.parent.mkdir()
    git(work, "clone", "-q", "--bare", str(work), str(bare))
    return tmp_path / "repositories"


@pytest.fixture
def forge(folder):
    return open_forge("local", SimpleNamespace(local_repositories=str(folder)))


def test_bare_and_work_tree_repositories_are_found(forge):
    page = forge.repos()
    assert [repo.path for repo in page.items] == ["ada/hello", "bob/tool"]
    assert page.total == 2 and page.items[0].default_branch == "main"


def test_search_and_pages(forge):
    assert [repo.path for repo in forge.repos("TOOL").items] == ["bob/tool"]
    second = forge.repos(page=2, per_page=1)
    assert [repo.path for repo in second.items] == ["bob/tool"] and second.total == 2


def test_refs_name_the_commit_behind_an_annotated_tag(forge, folder):
    work = folder / "ada" / "hello"
    git(work, "tag", "-a", "v1", "-m", "one")
    refs, head = forge.refs("ada", "hello"), git(work, "rev-parse", "HEAD")
    assert [(ref.name, ref.commit) for ref in refs.branches] == [("main", head)]
    assert [(ref.name, ref.commit) for ref in refs.tags] == [("v1", head)]


def test_a_head_is_read_by_its_full_name(forge, folder):
    assert forge.head("ada", "hello", "refs/heads/main") == forge.resolve("ada", "hello", "main")
    for ref in ("heads/none", "refs/heads/nope"):
        with pytest.raises(NotFound):
            forge.head("ada", "hello", ref)


def test_resolve_reads_branch_tag_and_hash(forge, folder):
    head = git(folder / "ada" / "hello", "rev-parse", "HEAD")
    for ref in ("main", head, head[:8]):
        commit = forge.resolve("ada", "hello", ref)
        assert (commit.sha, commit.author, commit.subject) == (head, "Ada", "First")
    assert commit.message == "First\n\nwith a body"


def test_a_branch_goes_before_a_tag_of_its_name(forge, folder):
    work = folder / "ada" / "hello"
    git(work, "tag", "main")
    git(work, "commit", "-q", "--allow-empty", "-m", "Second")
    assert forge.resolve("ada", "hello", "main").subject == "Second"


def test_unknown_refs_files_and_repositories_are_not_found(forge):
    for ask in (lambda: forge.resolve("ada", "hello", "nope"), lambda: forge.resolve("ada", "hello", "0" * 40),
                lambda: forge.file("ada", "hello", "main", "nope"), lambda: forge.file("ada", "hello", "main", "."),
                lambda: forge.repo("ada", "nope"), lambda: open_forge("gitlab", None)):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("ref", ["--upload-pack=touch /tmp/x", "-h", "ext::sh -c id", "main\nx"])
def test_attacks_by_ref_are_bad_requests(forge, ref):
    with pytest.raises(BadRequest):
        forge.resolve("ada", "hello", ref)


def test_file_gives_the_bytes_at_that_commit(forge, folder):
    (folder / "ada" / "hello" / "Dockerfile").write_text("changed, not committed")
    assert forge.file("ada", "hello", "main", "Dockerfile") == b"FROM scratch\n"


def test_a_huge_file_is_too_large(forge, folder):
    work = folder / "ada" / "hello"
    (work / "big").write_bytes(b"x" * (1024 * 1024 + 1))
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "big")
    with pytest.raises(TooLarge):
        forge.file("ada", "hello", "main", "big")


def test_changed_paths_between_commits_and_of_a_new_branch(forge, folder):
    work = folder / "ada" / "hello"
    before = git(work, "rev-parse", "HEAD")
    git(work, "checkout", "-q", "-b", "topic")
    (work / "späte datei.txt").write_text("x")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "topic")
    after = git(work, "rev-parse", "HEAD")
    assert forge.changed("ada", "hello", before, after) == ["späte datei.txt"]
    assert forge.changed("ada", "hello", None, after) == ["späte datei.txt"]
    assert forge.changed("ada", "hello", "0" * 40, after) is None


def test_links_out_of_the_folder_are_not_there(forge, folder, tmp_path):
    outside = tmp_path / "outside"
    git(tmp_path, "init", "-q", "--bare", str(outside))
    (folder / "ada" / "evil.git").symlink_to(outside)
    (folder / "eve").symlink_to(tmp_path)
    half = folder / "ada" / "half.git"
    half.mkdir()
    (half / "HEAD").write_text("ref: refs/heads/main\n")
    (half / "refs").mkdir()
    (half / "objects").symlink_to(outside / "objects")
    assert [repo.path for repo in forge.repos().items] == ["ada/hello", "bob/tool"]
    for owner, name in (("ada", "evil"), ("eve", "outside"), ("ada", "half")):
        with pytest.raises(NotFound):
            forge.repo(owner, name)


def test_things_that_are_no_repositories_are_passed_over(forge, folder):
    (folder / "ada" / "empty").mkdir()
    (folder / "ada" / "-strange name").mkdir()
    (folder / "README").write_text("x")
    assert forge.repos().total == 2


def test_a_repository_of_another_user_is_read(forge, folder):
    for path in [folder, *folder.rglob("*")] if os.geteuid() == 0 else []:      # only root can give files away
        os.chown(path, 12345, 12345)
    assert forge.resolve("bob", "tool", "main").subject == "First"


def test_a_repository_cannot_have_commands_run_by_its_configuration(forge, folder, tmp_path):
    work, mark = folder / "ada" / "hello", tmp_path / "ran"
    for key in ("core.fsmonitor", "core.pager", "diff.external", "gpg.program", "core.alternateRefsCommand"):
        git(work, "config", key, f"touch {mark};")
    git(work, "config", "log.showSignature", "true")
    head = forge.resolve("ada", "hello", "main").sha
    forge.refs("ada", "hello"), forge.changed("ada", "hello", head, head)
    forge.file("ada", "hello", head, "Dockerfile")
    assert not mark.exists()


def test_the_default_branch_does_not_follow_what_is_checked_out(forge, folder):
    work = folder / "ada" / "hello"
    git(work, "checkout", "-q", "-b", "topic")
    assert forge.repo("ada", "hello").default_branch == "main"
    git(work, "pack-refs", "--all")
    assert forge.repo("ada", "hello").default_branch == "main"


def test_the_default_branch_is_one_that_exists(forge, folder):
    """A bare repository begins with git's own HEAD, `master`, and people push `main`."""
    bare = folder / "bob" / "tool.git"
    git(bare, "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert forge.repo("bob", "tool").default_branch == "main"
    git(bare, "branch", "-q", "-m", "main", "only")
    assert forge.repo("bob", "tool").default_branch == "only"
    git(bare, "branch", "-q", "other", "only")
    assert forge.repo("bob", "tool").default_branch == "trunk", "nothing says which of two: the page tells"
    git(bare, "branch", "-q", "trunk", "only")
    assert forge.repo("bob", "tool").default_branch == "trunk"


@pytest.mark.parametrize("part", ["", "objects", "refs", "HEAD"])
def test_what_leads_to_another_owner_is_not_there(forge, folder, part):
    ours, bob = folder / "ada" / "stolen.git", folder / "bob" / "tool.git"
    if part:
        git(folder, "init", "-q", "--bare", str(ours))
        (ours / part).rename(folder / "away")
    (ours / part).symlink_to(bob / part)
    with pytest.raises(NotFound):
        forge.repo("ada", "stolen")


def test_rights(forge):
    member = Account("eve", members={"ada/hello": "write"})
    assert forge.right_of(Account("root", role="owner"), "ada", "hello") == "admin"
    assert forge.right_of(member, "ada", "hello") == "write"
    assert forge.right_of(member, "bob", "tool") is None
    assert [repo.path for repo in forge.repos(account=member).items] == ["ada/hello"]
    with pytest.raises(NotFound):
        forge.refs("bob", "tool", member)


def test_clone_is_the_git_directory_below_the_folder(forge, folder):
    assert forge.clone("ada", "hello").url == str(folder / "ada" / "hello" / ".git")
    assert forge.clone("bob", "tool").url == str(folder / "bob" / "tool.git")


def test_what_a_folder_does_not_have_says_so(forge):
    assert not forge.supports("status")
    with pytest.raises(Unsupported, match="no commit statuses"):
        forge.set_status("ada", "hello", Status("0" * 40, "success", "continuum/build", "done", ""))


def test_a_commit_that_is_too_large_is_refused(forge, folder):
    """git itself takes a message of any length; each service would hold it in memory."""
    work = folder / "ada" / "hello"
    git(work, "commit", "--allow-empty", "-q", "-F", write(folder.parent / "long", "x" * (300 * 1024)))
    with pytest.raises(TooLarge, match="larger than 256 KiB: shorten its message"):
        forge.head("ada", "hello", "refs/heads/main")


def test_branches_and_tags_have_a_bound(forge, folder, monkeypatch):
    work = folder / "ada" / "hello"
    head = git(work, "rev-parse", "HEAD")
    monkeypatch.setattr("forges.git.MOST_REFS", 3)
    packed = work / ".git" / "packed-refs"
    packed.write_text("".join(f"{head} refs/tags/v{n}\n" for n in range(2)))
    assert len(forge.refs("ada", "hello").tags) == 2
    packed.write_text("".join(f"{head} refs/tags/v{n}\n" for n in range(3)))
    with pytest.raises(TooLarge, match="more than 3 branches and tags: delete some"):
        forge.refs("ada", "hello")


def test_what_git_prints_has_a_bound(forge, folder, monkeypatch):
    monkeypatch.setattr("forges.git.LARGEST", 10)
    with pytest.raises(TooLarge, match="printed more than"):
        forge.refs("ada", "hello")


def test_a_git_that_takes_too_long_is_ended(forge, folder, monkeypatch):
    monkeypatch.setattr("forges.git.TIMEOUT", 0.2)
    slow = folder.parent / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr("forges.git._environment", lambda folder: {"PATH": f"{slow.parent}:/usr/bin:/bin"})
    monkeypatch.setenv("PATH", f"{slow.parent}:/usr/bin:/bin")
    with pytest.raises(Unavailable, match="within 0.2 s"):
        forge.refs("ada", "hello")


def write(path, text):
    path.write_text(text)
    return str(path)
