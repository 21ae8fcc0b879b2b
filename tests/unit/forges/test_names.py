"""Names that reach git: attacks S19 to S21, and the ordinary names that must pass."""

import subprocess

import pytest

from common.wire import refnames
from common.wire.errors import BadRequest
from forges.names import check_path, check_ref, check_repo


@pytest.mark.parametrize("ref", [
    "--upload-pack=touch /tmp/x", "-h", "-", "ext::sh -c id", "EXT::sh", "file:///etc", "-oProxyCommand=id",
    "main\n", "a\nb", "", " main", "a b", "a..b", "a//b", "a@{1}", "@", "/a",
    "a/", "a.", "a.lock", "a.lock/b", ".a", "a/.b", "a\0b", "a^", "a~1", "a:b", "a?", "a*", "a[b", "a\\b", "x" * 1001,
])
def test_a_ref_that_could_be_read_otherwise_is_refused(ref):
    with pytest.raises(BadRequest):
        check_ref(ref)


@pytest.mark.parametrize("ref", ["main", "feature/a-b", "v1.0", "release-2.x", "user@host", "größe", "fix#12",
                                 "dependabot/npm_and_yarn/a-1.2+b", "0123abc", "fix(parser)", "it's", "wip!", "a->b", "x" * 300,
                                 "fünf/ñandú#12", "fix%20me", ";id", "$(id)", "`id`", "a|b&c", '"', "a\u00a0b", "<b>", "{x}"])
def test_ordinary_refs_pass(ref):
    assert check_ref(ref) == ref


@pytest.mark.parametrize("letter", [chr(number) for number in range(1, 128)])
def test_the_rule_is_gits_own(letter):
    name = f"a{letter}b"
    done = subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=False)
    assert (refnames.why_not(name) is None) == (done.returncode == 0)


@pytest.mark.parametrize("owner, name", [("..", "x"), ("a", ".."), ("a", "."), ("-a", "x"), ("a", "-x"), ("a", "x.git"), ("a", ".git"),
                                         ("a", "x.GIT"), ("a", "x" * 101), ("a..b", "x"), ("a", "x y"), ("a", "ä"), ("a/b", "x"),
                                         ("a", "x/y"), ("", "x"), ("a", ""), ("a", "x\n"), ("a", ";id"), (".x", "a")])
def test_names_that_lead_elsewhere_are_refused(owner, name):
    with pytest.raises(BadRequest):
        check_repo(owner, name)


@pytest.mark.parametrize("name", ["Hello_World.js", ".github", "_", "a..b", "...", "x.lock", "x" * 100])
def test_what_github_lets_people_call_their_repositories_passes(name):
    check_repo("octo-org", name)


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/etc/passwd", "-x", "a\nb", "", ":(top)x", "a\\b",
                                  ".git/config"])
def test_paths_that_leave_the_tree_are_refused(path):
    with pytest.raises(BadRequest):
        check_path(path)


def test_ordinary_paths_pass():
    assert check_path(".continuum.yml") and check_path("src/a b.py")
