"""A repository can read only itself: its own commit's objects, its owner's submodules, and what others allow."""

import os
import socket
import subprocess

import pytest

from builder.allowed import Allowed
from builder.git import Git
from builder.mirrors import Mirrors, Origin
from builder.source import Source
from common.wire.contracts import RepoRef
from common.wire.errors import Failure, ServiceDown

APP = RepoRef(id=7, forge="local", owner="ada", name="app")


@pytest.fixture
def git_of_ours(tmp_path):
    (tmp_path / "home").mkdir()
    return Git(tmp_path / "home")


@pytest.fixture
def fetch(git_of_ours, forge, tmp_path, log, cancel):
    """`fetch(repo, commit)`: a fresh work tree with its submodules."""
    count = iter(range(100))

    def run(repo, commit, ref="main", *, shared=(), owner=APP):
        source = Source(git_of_ours, Mirrors(tmp_path / "mirrors", git_of_ours),
                        Allowed(forge.root, owner, frozenset(shared)), log, cancel)
        origin, place = Origin("ada/app", "7", str(repo.path)), tmp_path / f"work{next(count)}"
        source.fetch(origin, ref, commit, place)
        source.fetch_submodules(origin, place)
        return place
    return run


def git(place, *words):
    return subprocess.run(["git", "-C", str(place), *words], check=True, capture_output=True, text=True).stdout.strip()


def objects(place):
    return set(git(place, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split())


def linking(forge, url, path="lib", library="bob/lib"):
    """(ada/app with a submodule at `url`, its commit)"""
    other = forge(library)
    other.commit("Library", lib_txt="from the library")
    repo = forge("ada/app")
    repo.git("submodule", "--quiet", "add", str(other.path), path)
    repo.git("config", "--file", ".gitmodules", f"submodule.{path}.url", url)
    return repo, repo.commit("Use it")


# ---- objects

def test_only_the_objects_of_the_commit_are_in_git(fetch, forge):
    repo = forge("ada/app")
    first = repo.commit("One", a_txt="1")
    repo.git("tag", "-a", "v1", "-m", "v1")
    repo.git("checkout", "--quiet", "-b", "secret")
    secret = repo.commit("Secret", key_txt="private")
    repo.git("tag", "v2")
    place = fetch(repo, first)
    assert secret not in objects(place) and repo.git("rev-parse", "secret:key.txt") not in objects(place)
    assert git(place, "tag", "--list") == "v1" and git(place, "describe") == "v1"
    assert "secret" not in git(place, "for-each-ref")


def test_a_commit_that_its_repository_took_back_is_not_handed_out(fetch, forge):
    repo = forge("ada/app")
    first = repo.commit("One", a_txt="1")
    taken_back = repo.commit("A password", a_txt="2")
    fetch(repo, taken_back)                     # the mirror has it from here on
    repo.git("reset", "--quiet", "--hard", first)
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    with pytest.raises(Failure, match="was it force-pushed away"):
        fetch(repo, taken_back)


def test_a_shallow_repository_is_as_a_clone_of_it(fetch, forge, tmp_path):
    whole = forge("ada/whole")
    whole.commit("One", a_txt="1")
    commit = whole.commit("Two", a_txt="2")
    repo = forge("ada/app")
    repo.git("fetch", "--quiet", "--depth=1", f"file://{whole.path}", "main")
    repo.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    place = fetch(repo, commit)
    assert git(place, "log", "--format=%s") == "Two" and git(place, "status", "--porcelain") == ""
    assert (place / ".git" / "shallow").read_text() == f"{commit}\n"
    git(place, "fsck")
    repo.git("fetch", "--quiet", "--unshallow", f"file://{whole.path}", "main")
    assert git(fetch(repo, commit), "log", "--format=%s") == "Two\nOne"


# ---- submodules

@pytest.mark.parametrize("url", ["../../bob/lib", "../../bob/lib.git", "{root}/bob/lib", "file://{root}/bob/lib"])
def test_another_owners_repository_needs_its_yes(fetch, forge, url):
    repo, commit = linking(forge, url.format(root=forge.root))
    with pytest.raises(Failure, match="bob/lib, a repository of another owner: an admin of bob/lib can allow ada/app"):
        fetch(repo, commit)
    place = fetch(repo, commit, shared={"bob/lib"})
    assert (place / "lib" / "lib.txt").read_text() == "from the library"


def test_a_repository_with_a_work_tree_has_its_submodules_beside_it(fetch, forge):
    """As git has it: `../shared-text` lies beside the folder that holds `.git`."""
    repo, commit = linking(forge, "../shared-text", library="ada/shared-text")
    origin = type(repo).__new__(type(repo))
    origin.path = repo.path / ".git"
    assert (fetch(origin, commit) / "lib" / "lib.txt").read_text() == "from the library"


def test_what_a_shared_repository_names_needs_a_yes_of_its_own(fetch, forge):
    secret = forge("bob/secret")
    secret.commit("Secret", s_txt="private")
    library = forge("bob/lib")
    library.git("submodule", "--quiet", "add", str(secret.path), "inner")
    library.git("config", "--file", ".gitmodules", "submodule.inner.url", "../secret")
    library.commit("Library")
    repo = forge("ada/app")
    repo.git("submodule", "--quiet", "add", str(library.path), "lib")
    repo.git("config", "--file", ".gitmodules", "submodule.lib.url", "../../bob/lib")
    with pytest.raises(Failure, match="bob/secret, a repository of another owner"):
        fetch(repo, repo.commit("Use it"), shared={"bob/lib"})


@pytest.mark.parametrize("url", ["file://{root}/ada/lib", "{root}/ada/lib"])
def test_a_repository_of_another_forge_names_no_folder(forge, url):
    allowed = Allowed(forge.root, RepoRef(id=8, forge="github", owner="ada", name="app"), frozenset({"ada/lib"}))
    with pytest.raises(Failure, match="a repository of another forge can't use a folder of this machine"):
        allowed.module(Origin("ada/app", "8", "https://github.com/ada/app"), "lib", url.format(root=forge.root))


def test_a_module_from_another_forge_names_no_folder(forge):
    """Its author is not the one who may read the local repository that it stands in."""
    with pytest.raises(Failure, match="a repository of another forge can't use a folder"):
        Allowed(forge.root, APP).module(Origin("x/lib", "8", "https://github.com/x/lib"), "in", f"file://{forge.root}/ada/x")


@pytest.mark.parametrize("lead", ["link", "objects", "pack", "alternates", "commondir"])
def test_what_leads_into_another_owners_folder_is_absent(fetch, forge, lead):
    repo, commit = linking(forge, "../lib", library="bob/lib")
    bob, ours = forge.root / "bob" / "lib" / ".git", forge.root / "ada" / "lib.git"
    if lead == "link":
        ours.symlink_to(bob)
    else:
        subprocess.run(["git", "init", "--quiet", "--bare", str(ours)], check=True)
        if lead == "alternates":
            (ours / "objects" / "info" / "alternates").write_text(f"{bob}/objects\n")
        elif lead == "commondir":
            (ours / "commondir").write_text(f"{bob}\n")
        else:
            place = ours / ("objects" if lead == "objects" else "objects/pack")
            subprocess.run(["rm", "-r", str(place)], check=True)
            place.symlink_to(bob / place.relative_to(ours))
    with pytest.raises(Failure, match="the local forge has no repository ada/lib"):
        fetch(repo, commit)


# ---- authors' faults are failures, ours are not

def test_broken_gitmodules_are_the_authors(fetch, forge):
    repo, _ = linking(forge, "../lib")
    (repo.path / ".gitmodules").write_text("[submodule \n")
    with pytest.raises(Failure, match=r"\.gitmodules can't be read: bad config line 1"):
        fetch(repo, repo.commit("Broken"))


@pytest.mark.parametrize("problem, kind, words", [
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Failure, "host no.example does not exist"),
    (socket.gaierror(socket.EAI_AGAIN, "Temporary failure"), ServiceDown, "could not be looked up: Temporary failure")])
def test_a_host_that_does_not_exist_is_not_one_that_is_not_found_now(forge, monkeypatch, problem, kind, words):
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)

    def look_up(*_, **__):
        raise problem
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(kind, match=words):
        Allowed(forge.root, APP).module(Origin("ada/app", "7", "/x"), "lib", "https://no.example/lib")


def test_a_tree_that_git_refuses_is_the_authors(fetch, forge):
    repo = forge("ada/app")
    repo.commit(a_txt="1")
    inner = subprocess.run(
        ["git", "-C", str(repo.path), "mktree"], input=f"100644 blob {repo.git('rev-parse', 'HEAD:a.txt')}\tconfig\n",
        capture_output=True, text=True, check=True).stdout.strip()
    tree = subprocess.run(["git", "-C", str(repo.path), "mktree"], input=f"040000 tree {inner}\t.git\n",
                          capture_output=True, text=True, check=True).stdout.strip()
    commit = repo.git("commit-tree", "-m", "Hostile", tree)
    repo.git("update-ref", "refs/heads/main", commit)
    with pytest.raises(Failure, match=r"can't be checked out: .*invalid path '\.git"):
        fetch(repo, commit)


def test_a_link_in_the_place_of_a_submodules_folder_is_not_followed(git_of_ours, forge, tmp_path, log, cancel):
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "vendor").symlink_to(tmp_path)
    source = Source(git_of_ours, None, Allowed(forge.root, APP), log, cancel)
    source._gitlinks, source._declared = lambda place: {"vendor/lib": "0" * 40}, lambda place: {"vendor/lib": "../lib"}
    (tmp_path / "work" / ".gitmodules").write_text("")
    with pytest.raises(Failure, match="behind a symbolic link"):
        source.fetch_submodules(Origin("ada/app", "7", str(forge.root / "ada" / "app")), tmp_path / "work")
    assert not os.path.exists(tmp_path / "lib")


def test_a_damaged_repository_is_not_an_unreachable_one(fetch, forge):
    repo = forge("ada/app")
    commit = repo.commit(a_txt="1")
    for path in (repo.path / ".git" / "objects").glob("??/*"):
        path.chmod(0o644)
        path.write_bytes(b"")
    with pytest.raises(Failure, match="ada/app is damaged, git can't read it: .*git fsck"):
        fetch(repo, commit)
