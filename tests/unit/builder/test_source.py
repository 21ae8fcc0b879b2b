"""The exact commit with its history, fetched with the real git; nothing from outside the local forge's folder."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from builder.allowed import Allowed, public_url, resolve
from builder.git import Git, GitFailed, authorization
from builder.mirrors import Mirrors, Origin
from builder.source import LFS_FILTERS, Source
from common.wire.contracts import RepoRef
from common.wire.errors import Canceled, Failure, ServiceDown

APP = RepoRef(id=7, forge="local", owner="ada", name="app")
ON_GITHUB = RepoRef(id=8, forge="github", owner="ada", name="app")


@pytest.fixture
def mirrors(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Mirrors(tmp_path / "mirrors", Git(home))


@pytest.fixture
def source(mirrors, forge, log, cancel):
    return Source(mirrors._git, mirrors, Allowed(forge.root, APP), log, cancel)


def origin(repo) -> Origin:
    return Origin("ada/app", "7", str(repo.path))


def git(place: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(place), *words], check=True, capture_output=True, text=True).stdout.strip()


def tree(place: Path) -> dict:
    return {str(path.relative_to(place)): path.read_bytes() for path in sorted(place.rglob("*")) if path.is_file()}


def test_the_commit_that_was_asked_for_and_not_the_newest(source, forge, tmp_path, log):
    repo = forge("ada/app")
    first = repo.commit("Say hello", a_txt="one")
    repo.commit("Later", a_txt="two")
    told = source.fetch(origin(repo), "main", first, tmp_path / "work")
    assert (tmp_path / "work" / "a.txt").read_text() == "one"
    assert (told.message, told.author) == ("Say hello", "Ada")
    assert any("Say hello" in line for line in log.texts)


def test_history_tags_and_branch_are_real_and_the_tree_is_clean(source, forge, tmp_path):
    repo = forge("ada/app")
    repo.commit("One", a_txt="1")
    repo.git("tag", "-a", "v1.2", "-m", "v1.2")
    commit = repo.commit("Two", a_txt="2")
    place = tmp_path / "work"
    source.fetch(origin(repo), "main", commit, place)
    assert git(place, "describe", "--tags", "--dirty") == f"v1.2-1-g{commit[:7]}"
    assert git(place, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    assert git(place, "log", "--format=%s") == "Two\nOne"
    assert git(place, "status", "--porcelain") == ""


def test_git_names_no_remote_path_and_no_token(source, forge, tmp_path):
    repo = forge("ada/app")
    commit = repo.commit(a_txt="1")
    source.fetch(Origin("ada/app", "7", str(repo.path), "t0ken-value"), "main", commit, tmp_path / "work")
    everything = b"".join(tree(tmp_path / "work").values()) + b"".join(tree(tmp_path / "mirrors").values())
    assert b"t0ken-value" not in everything
    assert str(repo.path).encode() not in (tmp_path / "work" / ".git" / "config").read_bytes()


def test_the_same_commit_gives_the_same_bytes(source, forge, tmp_path):
    repo = forge("ada/app")
    commit = repo.commit(a_txt="1")
    for name in ("one", "two"):
        source.fetch(origin(repo), "main", commit, tmp_path / name)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_a_second_fetch_brings_the_difference_and_new_tags(source, forge, tmp_path, mirrors):
    repo = forge("ada/app")
    first = repo.commit(a_txt="1")
    source.fetch(origin(repo), "main", first, tmp_path / "one")
    before = set((tmp_path / "mirrors" / "7.git" / "objects").rglob("*"))
    repo.git("tag", "-a", "v2", "-m", "v2")
    source.fetch(origin(repo), "main", first, tmp_path / "two")
    assert git(tmp_path / "two", "describe") == "v2"
    assert before < set((tmp_path / "mirrors" / "7.git" / "objects").rglob("*"))


def test_a_tag_and_a_branch_that_is_gone_leave_head_detached(source, forge, tmp_path):
    repo = forge("ada/app")
    commit = repo.commit(a_txt="1")
    repo.git("tag", "v1")
    for ref in ("v1", "gone"):
        source.fetch(origin(repo), ref, commit, tmp_path / ref)
        assert (tmp_path / ref / ".git" / "HEAD").read_text() == f"{commit}\n"


def test_a_commit_that_no_branch_holds_is_fetched_by_its_name(source, forge, tmp_path):
    repo = forge("ada/app")
    repo.commit("One", a_txt="1")
    repo.git("checkout", "--quiet", "-b", "side")
    side = repo.commit("Side", a_txt="side")
    repo.git("update-ref", "refs/pull/1/head", side)
    repo.git("checkout", "--quiet", "main")
    repo.git("branch", "-D", "side")
    source.fetch(origin(repo), "side", side, tmp_path / "work")
    assert (tmp_path / "work" / "a.txt").read_text() == "side"


def test_a_long_fetch_shows_how_far_it_is(mirrors, forge, tmp_path, log, cancel):
    repo = forge("ada/app")
    commit = repo.commit(a_txt="1")
    clock = iter(range(0, 10_000, 6))
    Source(mirrors._git, mirrors, Allowed(forge.root, APP), log, cancel, lambda: next(clock)).fetch(
        origin(repo), "main", commit, tmp_path / "work")
    assert "remote: Counting objects: 100% (3/3), done." in log.texts


def test_an_unknown_commit_is_named(source, forge, tmp_path):
    repo = forge("ada/app")
    repo.commit(a_txt="1")
    with pytest.raises(Failure, match="commit 000000000000 is not in ada/app"):
        source.fetch(origin(repo), "main", "0" * 40, tmp_path / "work")


def test_a_repository_that_is_gone_is_named(source, forge, tmp_path):
    with pytest.raises(Failure, match="ada/app is not there any more"):
        source.fetch(Origin("ada/app", "7", str(forge.root / "none")), "main", "0" * 40, tmp_path / "work")


def test_a_forge_that_does_not_answer_is_no_failure_of_the_work(source, tmp_path):
    with pytest.raises(ServiceDown, match="could not be fetched"):
        source.fetch(Origin("ada/app", "7", "https://127.0.0.1:1/ada/app"), "main", "0" * 40, tmp_path / "work")


def test_a_damaged_mirror_is_made_anew(source, forge, tmp_path):
    repo = forge("ada/app")
    commit = repo.commit(a_txt="1")
    source.fetch(origin(repo), "main", commit, tmp_path / "one")
    for path in (tmp_path / "mirrors" / "7.git" / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
            path.write_bytes(b"")
    source.fetch(origin(repo), "main", commit, tmp_path / "two")
    assert (tmp_path / "two" / "a.txt").read_text() == "1"


def test_locks_of_a_killed_git_do_not_stop_us(source, forge, tmp_path):
    repo = forge("ada/app")
    source.fetch(origin(repo), "main", repo.commit(a_txt="1"), tmp_path / "one")
    for name in ("packed-refs.lock", "refs/heads/main.lock"):
        (tmp_path / "mirrors" / "7.git" / name).write_text("")
    second = repo.commit(a_txt="2")
    source.fetch(origin(repo), "main", second, tmp_path / "two")
    assert (tmp_path / "two" / "a.txt").read_text() == "2"


def test_hooks_and_filters_of_a_repository_do_not_run(source, forge, tmp_path):
    repo = forge("ada/app")
    commit = repo.commit(_gitattributes="* filter=lfs\n", big_bin="pointer")
    source.fetch(origin(repo), "main", commit, tmp_path / "work")
    assert (tmp_path / "work" / "big.bin").read_text() == "pointer"
    assert not (tmp_path / "work" / ".git" / "hooks").exists()


def test_a_canceled_job_does_not_wait_for_a_mirror(mirrors, source, forge, tmp_path, cancel):
    repo = forge("ada/app")
    commit = repo.commit(a_txt="1")
    with mirrors.fetched(origin(repo), "main", commit, cancel):
        cancel.request()
        with pytest.raises(Canceled):
            source.fetch(origin(repo), "main", commit, tmp_path / "work")


def test_trim_removes_the_longest_unused_and_spares_the_one_in_use(mirrors, forge, tmp_path, cancel):
    commits = {}
    for key in ("1", "2", "3"):
        repo = forge(f"ada/app{key}")
        commits[key] = repo.commit(a_txt=key)
        with mirrors.fetched(Origin("ada/app", key, str(repo.path)), "main", commits[key], cancel) as (mirror, _):
            assert mirror.is_dir()
        os.utime(tmp_path / "mirrors" / f"{key}.git", (int(key), int(key)))
    one = Origin("ada/app", "1", str(forge.root / "ada" / "app1"))
    with mirrors.fetched(one, "main", commits["1"], cancel):
        os.utime(tmp_path / "mirrors" / "1.git", (1, 1))
        assert mirrors.trim(1) == ["2", "3"]
    assert mirrors.trim(10**9) == []
    assert mirrors.trim(1) == ["1"]


# ---- submodules

def with_submodule(forge, url: str, path: str = "lib"):
    library = forge("ada/lib")
    library.commit("Library", lib_txt="from the library")
    repo = forge("ada/app")
    repo.git("submodule", "--quiet", "add", str(library.path), path)
    repo.git("config", "--file", ".gitmodules", f"submodule.{path}.url", url)
    return repo, repo.commit("Use it")


@pytest.mark.parametrize("url", ["../lib", "{root}/ada/lib", "file://{root}/ada/lib"])
def test_submodules_come_at_their_commits(source, forge, tmp_path, url):
    repo, commit = with_submodule(forge, url.format(root=forge.root))
    source.fetch(origin(repo), "main", commit, tmp_path / "work")
    source.fetch_submodules(origin(repo), tmp_path / "work")
    assert (tmp_path / "work" / "lib" / "lib.txt").read_text() == "from the library"
    assert git(tmp_path / "work" / "lib", "log", "--format=%s") == "Library"


@pytest.mark.parametrize("url", ["/etc", "../../../outside", "http://example.org/lib", "ext::sh -c true",
                                 "git://example.org/lib", "--upload-pack=touch",
                                 "https://example.org/lib\n[core]\n\tfsmonitor = touch /tmp/x", "https://a/b;c"])
def test_a_submodule_elsewhere_is_refused(source, forge, tmp_path, url):
    repo, commit = with_submodule(forge, url)
    source.fetch(origin(repo), "main", commit, tmp_path / "work")
    with pytest.raises(Failure, match="submodule lib is at"):
        source.fetch_submodules(origin(repo), tmp_path / "work")


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:10.0.0.1]", "10.0.0.1:8000", "localhost",
                                  "169.254.169.254", "[fd00::1]"])
def test_a_submodule_that_leads_inside_is_refused(source, forge, tmp_path, host, monkeypatch):
    """S39: builder stands where registry, Postgres and the broker do."""
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    with pytest.raises(Failure, match="leads to an internal address"):
        source._allowed.address(f"https://{host}/lib.git")


def test_a_submodule_is_fetched_from_where_its_name_led_when_it_was_judged(source, monkeypatch):
    """S39: a name that says something else the second time."""
    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("8.8.8.8", 443))])
    module = source._module(Origin("ada/app", "7", "https://example.org/ada/app"), "lib", "https://example.com/lib")
    assert (module.url, module.address) == ("https://example.com/lib", "8.8.8.8")
    source._allowed = Allowed.of(source._allowed.local, "https://example.org", ON_GITHUB, [])
    module = source._module(Origin("ada/app", "7", "https://example.org/ada/app"), "lib", "../lib")
    assert (module.url, module.address) == ("https://example.org/ada/lib", None), "the forge may be inside"


def test_submodules_that_hold_themselves_end(source, forge, tmp_path):
    repo = forge("ada/app")
    repo.commit(a_txt="1")
    for _ in range(7):
        repo.git("rm", "--quiet", "--cached", "--ignore-unmatch", "self")
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{repo.git('rev-parse', 'HEAD')},self")
        (repo.path / ".gitmodules").write_text('[submodule "self"]\n\tpath = self\n\turl = ../app\n')
        repo.git("add", ".gitmodules")
        repo.git("commit", "--quiet", "--allow-empty", "--message", "Again")
    commit = repo.git("rev-parse", "HEAD")
    source.fetch(origin(repo), "main", commit, tmp_path / "work")
    with pytest.raises(Failure, match="nested deeper than 5"):
        source.fetch_submodules(origin(repo), tmp_path / "work")


# ---- URLs

@pytest.mark.parametrize("base, written, expected", [
    ("https://example.org/ada/app.git", "../lib.git", "https://example.org/ada/lib.git"),
    ("https://example.org/ada/app", "./lib", "https://example.org/ada/app/lib"),
    ("/repositories/ada/app.git", "../../bob/lib.git", "/repositories/bob/lib.git"),
    ("/repositories/ada/app/.git", "../lib", "/repositories/ada/lib"),
    ("https://example.org/a/b", "git@example.com:ada/lib.git", "https://example.com/ada/lib.git"),
    ("https://example.org/a/b", "ssh://git@example.com/ada/lib.git", "https://example.com/ada/lib.git"),
    ("https://example.org/a/b", "https://example.com/x", "https://example.com/x"),
    ("https://example.org/a/b", "file:///repositories/x/../y", "/repositories/y"),
])
def test_urls_of_submodules(base, written, expected):
    assert resolve(base, written) == expected


def test_a_repository_is_fetched_by_https_or_from_its_own_folder(tmp_path):
    (tmp_path / "forge").mkdir()
    allowed, on_github = Allowed(tmp_path / "forge", APP), Allowed(tmp_path / "forge", ON_GITHUB)
    assert on_github.origin("https://me:pw@example.org/a/b", None).url == "https://example.org/a/b"
    own = str(tmp_path / "forge" / "ada" / "app.git")
    assert allowed.origin(own, None).url == own
    for url in ("http://example.org/a", "ssh://x/y", "file:///etc", "/etc", "--upload-pack=x", own.replace("ada", "bob"),
                str(tmp_path / "forge" / ".." / "other"), str(tmp_path / "forge")):
        with pytest.raises(Failure, match="can't be fetched from where it is"):
            allowed.origin(url, None)
    with pytest.raises(Failure, match="can't be fetched from where it is"):
        on_github.origin(own, None)


def test_a_forge_without_tls_is_fetched_from_and_no_other_place_is(tmp_path):
    allowed = Allowed.of(tmp_path, "http://git.example.org:8080/", ON_GITHUB, [])
    for url in ("http://git.example.org:8080/ada/app.git", "https://elsewhere.org/a/b"):
        assert allowed.origin(url, None).url == url
    for url in ("http://git.example.org:8081/a/b", "http://git.example.org:8080.evil.org/a/b", "http://evil.org/a",
                "http://git.example.org:8080/a b", "ext::sh -c id", "file:///etc"):
        with pytest.raises(Failure):
            allowed.origin(url, None)
    with pytest.raises(Failure):
        Allowed.of(tmp_path, "https://github.com", ON_GITHUB, []).origin("http://github.com/a/b", None)


def test_the_public_url_has_no_credentials():
    assert public_url("https://user:token@example.org:8443/a/b") == "https://example.org:8443/a/b"
    assert public_url("/repositories/a/b.git") is None


def test_a_token_is_bound_to_its_host():
    assert authorization("https://example.org/ada/app.git", "abc") == [
        ("http.https://example.org/.extraHeader", "Authorization: Basic eC1hY2Nlc3MtdG9rZW46YWJj")]


@pytest.mark.parametrize("url", ["ext::sh -c touch% made", "EXT::sh", "git://127.0.0.1:1/x", "http://127.0.0.1:1/x", "ssh://127.0.0.1/x"])
def test_git_itself_speaks_no_other_protocol(mirrors, tmp_path, cancel, url):
    """S20: whatever a rule of ours would let through."""
    mirrors._git("init", "--quiet", "--bare", str(tmp_path / "bare"), cwd=tmp_path, cancel=cancel)
    with pytest.raises(GitFailed, match="not allowed|not supported|unable to find remote helper"):
        mirrors._git("fetch", "--end-of-options", url, "main", cwd=tmp_path / "bare", cancel=cancel)
    assert not list(tmp_path.rglob("made"))


def attributes(place: Path, name: str, text: str) -> None:
    """A work tree whose index has this file alone."""
    (place / name).parent.mkdir(exist_ok=True)
    (place / name).write_text(text)
    git(place, "init", "--quiet")
    git(place, "add", name)


@pytest.mark.parametrize("where", [".gitattributes", "deep/.gitattributes"])
def test_the_contents_behind_lfs_are_fetched_where_the_settings_ask_for_them(source, tmp_path, log, where):
    asked, real = [], source._git

    def watched(*words, **options):
        if "lfs" not in words:
            return real(*words, **options)
        asked.append((words, options["url"], options["token"]))
    source._git = watched
    attributes(tmp_path, where, "*.bin filter=lfs diff=lfs\n")
    (tmp_path / ".lfsconfig").write_text("[lfs]\n\turl = https://evil.example.org\n")
    there = Origin("a/b", "1", "https://example.org/a/b.git", "token")
    source.fetch_lfs(there, tmp_path, wanted=False)
    assert asked == []
    source.fetch_lfs(there, tmp_path, wanted=True)
    assert asked == [(("-c", "lfs.url=https://example.org/a/b.git/info/lfs", *LFS_FILTERS, "lfs", "pull"), there.url, "token")]
    assert "pointers here" in log.texts[0] and "are fetched" in log.texts[1]


def test_without_lfs_nothing_is_said_of_it(source, tmp_path, log):
    attributes(tmp_path, ".gitattributes", "*.sh text\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / ".gitattributes").write_text("* filter=lfs\n")      # of no commit
    source.fetch_lfs(Origin("a/b", "1", "https://example.org/a/b.git"), tmp_path, wanted=True)
    assert log.texts == []


def test_submodules_have_a_number(source, forge, tmp_path, monkeypatch):
    """Five levels of many submodules each would be fetched for days."""
    monkeypatch.setattr("builder.source.MAX_SUBMODULES", 0)
    repo, commit = with_submodule(forge, "../lib")
    source.fetch(origin(repo), "main", commit, tmp_path / "work")
    with pytest.raises(Failure, match="more than 0 submodules; remove some, or set build.submodules to false"):
        source.fetch_submodules(origin(repo), tmp_path / "work")


def test_what_is_kept_of_a_commit_has_a_bound(source, forge, tmp_path):
    repo = forge("ada/shop")
    commit = repo.commit("s" * 5000)
    found = source.fetch(origin(repo), "main", commit, tmp_path / "work")
    assert (len(found.message), found.author) == (1000, "Ada")
    (tmp_path / "message").write_text("s" * 300_000)
    repo.git("commit", "-q", "--allow-empty", "-F", str(tmp_path / "message"))
    with pytest.raises(Failure, match="larger than 256 KiB: shorten its message"):
        source.fetch(origin(repo), "main", repo.git("rev-parse", "HEAD"), tmp_path / "work2")
