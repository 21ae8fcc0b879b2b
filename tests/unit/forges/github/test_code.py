"""Rights and code, before the stand-in with real git repositories."""

import pytest

from common.wire.errors import BadRequest, NotFound, TooLarge, Unauthorized
from forges.github import rights
from forges.github.code import Code
from forges.github.rights import Rights
from tests.github import store
from tests.unit.forges.github.access import account, asked, connected, head, point, signed_in
from tests.unit.forges.github.fakes import TOKEN, Clock, client_of, reply


def test_a_repository_as_it_is_called_now(forge, hello, github):
    assert forge.repo("ada", "hello").external_id == str(hello.id)
    github.move(hello, "ada/greeter")
    found = forge.repo("ada", "hello")
    assert (found.path, found.external_id) == ("ada/greeter", str(hello.id))
    hello.rights["ada"] = "pull"
    github.move(hello, "bob/greeter")
    assert forge.repo("ada", "hello").path == "bob/greeter"


def test_rights_are_those_at_github(forge, hello, github, tokens):
    signed_in(github, tokens, "bob")
    expected = {None: None, "pull": "read", "triage": "read", "push": "write", "maintain": "write", "admin": "admin"}
    for level, right in expected.items():
        hello.rights["bob"] = level
        assert Rights(forge.client).of(tokens.people["bob"], "ada", "hello") == right


def test_a_right_that_was_taken_is_gone_within_a_minute(github, forge, hello, tokens):
    hello.rights["bob"], clock = "push", Clock()
    known, bob = Rights(forge.client, clock), signed_in(github, tokens, "bob")
    assert known.of(bob, "ada", "hello") == "write"
    del hello.rights["bob"]
    assert known.of(bob, "ada", "hello") == "write"
    clock.now += rights.KEPT
    assert known.of(bob, "ada", "hello") is None and rights.KEPT < 60


def test_a_revoked_token_signs_out_with_a_sentence(forge, hello, github, tokens):
    github.revoke(tokens.people["ada"].get_secret_value())
    with pytest.raises(Unauthorized, match="sign in again"):
        forge.right_of(account("ada"), "ada", "hello")
    assert len(tokens.refused) == 1
    with pytest.raises(Unauthorized, match="must sign in with GitHub again"):
        forge.right_of(account("ada"), "ada", "hello")


def test_refs_with_the_default_branch_first_over_many_pages(forge, hello):
    first = head(hello)
    store.git(hello.folder, "update-ref", "--stdin", given="".join(
        f"create refs/heads/a-{number:03} {first}\n" for number in range(120)).encode())
    point(hello, "refs/tags/v1", first)
    refs = forge.refs("ada", "hello")
    assert refs.branches[0].name == refs.default_branch == "main" and len(refs.branches) == 121
    assert [(tag.name, tag.commit) for tag in refs.tags] == [("v1", first)]


def test_resolve_reads_branch_tag_hash_and_pull_request(forge, hello, github):
    first = head(hello)
    point(hello, "refs/tags/main", github.commit(hello, {"x": "y"}, message="Second", branch="feature/x"))
    for ref in ("main", first, first[:9]):
        assert (forge.resolve("ada", "hello", ref).sha, forge.resolve("ada", "hello", ref).author) == (first, "GitHub")
    assert forge.resolve("ada", "hello", "feature/x").subject == "Second"
    pull = github.pull(hello, hello, "feature/x", author="ada")
    assert forge.resolve("ada", "hello", f"refs/pull/{pull.number}/head").subject == "Second"


@pytest.mark.parametrize("ref", ["nope", "0" * 40, "deadbee", "refs/pull/99/head"])
def test_what_a_repository_does_not_have_is_not_found(forge, hello, ref):
    with pytest.raises(NotFound):
        forge.resolve("ada", "hello", ref)


def test_an_empty_repository_has_no_commit_and_no_refs(forge, github, tokens, hello):
    github.repo("ada/empty", private=True)
    connected(github, tokens, "ada/empty", "ada")
    assert forge.refs("ada", "empty").branches == []
    with pytest.raises(NotFound):
        forge.resolve("ada", "empty", "main")


@pytest.mark.parametrize("ref", ["--upload-pack=touch /tmp/x", "-h", "ext::sh -c id", "a\nb", "../x"])
def test_attacks_by_ref_ask_nothing(forge, hello, github, ref):
    with pytest.raises(BadRequest):
        forge.resolve("ada", "hello", ref)
    with pytest.raises(BadRequest):
        forge.file("ada", "hello", ref, "Dockerfile")
    assert github.seen == []


@pytest.mark.parametrize("owner, name", [("..", "x"), ("a", "x/../../user"), ("a", "-x"), ("", "x")])
def test_attacks_by_name_ask_nothing(forge, github, tokens, owner, name):
    signed_in(github, tokens, "ada")
    for ask in (lambda: forge.repo(owner, name, account("ada")), lambda: forge.right_of(account("ada"), owner, name),
                lambda: forge.clone(owner, name), lambda: forge.grant(owner, name)):
        with pytest.raises(BadRequest):
            ask()
    assert github.seen == []


def test_a_file_at_its_commit(forge, hello, github):
    first = head(hello)
    github.commit(hello, {"src/app.py": "changed\n", "a b/ä#?.txt": "odd", "big": "x" * (1024 * 1024 + 1)})
    assert forge.file("ada", "hello", first, "src/app.py") == b"print()\n"
    assert forge.file("ada", "hello", "main", "a b/ä#?.txt") == b"odd"
    with pytest.raises(TooLarge):
        forge.file("ada", "hello", "main", "big")
    for path in ("nope", "src"):
        with pytest.raises(NotFound):
            forge.file("ada", "hello", "main", path)


def test_changed_paths(forge, hello, github):
    first = head(hello)
    second = github.commit(hello, {"src/app.py": None, "lib/app.py": "print()\n", "x": "y"})
    assert forge.changed("ada", "hello", first, second) == ["lib/app.py", "src/app.py", "x"]
    late = github.commit(hello, {"late": "1"}, branch="late")
    github.commit(hello, {"main": "went on"})
    assert forge.changed("ada", "hello", None, late) == ["late"]


def test_a_renamed_file_counts_with_both_names():
    files = [{"filename": "new", "previous_filename": "old", "status": "renamed"}]
    client, _ = client_of(reply({"status": "ahead", "files": files}))
    assert Code(client).changed(TOKEN, "ada", "hello", "1" * 40, "2" * 40) == ["new", "old"]


def test_changes_that_cannot_be_told(forge, hello, github):
    first = head(hello)
    second = github.commit(hello, {"x": "y"})
    point(hello, "refs/heads/main", first)
    forced = github.commit(hello, {"z": "y"})
    assert forge.changed("ada", "hello", second, forced) is None    # what was taken back would be left out
    assert forge.changed("ada", "hello", forced, first) is None     # set back
    assert forge.changed("ada", "hello", "1" * 40, forced) is None
    client, _ = client_of(reply({"status": "ahead", "files": [{"filename": str(number)} for number in range(300)]}))
    assert Code(client).changed(TOKEN, "ada", "hello", first, second) is None   # GitHub lists no more than 300


def test_a_push_of_many_commits_is_one_question(forge, hello, github):
    first, last = head(hello), ""
    for number in range(5):
        last = github.commit(hello, {f"file-{number}": "x"})
    assert len(forge.changed("ada", "hello", first, last)) == 5
    (question,) = asked(github, "GET", "/compare/")
    assert "per_page=1" in question


def test_pull_requests_tell_forks_by_id(forge, hello, github):
    fork = github.fork(hello, "bob")
    commit = github.commit(fork, {"x": "y"}, branch="topic")
    pull = github.pull(hello, fork, "topic", author="bob")
    found = forge.pull("ada", "hello", pull.number)
    assert found.fork and found.head_commit == commit and forge.pulls("ada", "hello") == [found]
    assert found.author_id == str(github.account("bob").id) and found.head_repo_id == str(fork.id)
    github.delete(fork)
    assert forge.pull("ada", "hello", pull.number).head_repo_id is None
    pull.state = "closed"
    assert forge.pulls("ada", "hello") == []


def test_the_head_of_a_branch_and_of_no_branch(forge, hello):
    assert forge.head("ada", "hello", "refs/heads/main").sha == head(hello)
    with pytest.raises(NotFound, match="no 'gone' any more"):
        forge.head("ada", "hello", "refs/heads/gone")
    with pytest.raises(BadRequest):
        forge.head("ada", "hello", "main")


def test_a_private_repository_of_others_is_not_there(forge, hello, github, tokens):
    signed_in(github, tokens, "bob")
    assert forge.right_of(account("bob"), "ada", "hello") is None
    with pytest.raises(NotFound):
        forge.refs("ada", "hello", account("bob"))


def test_the_clone_address_holds_no_token(forge, hello, github):
    assert forge.clone("ada", "hello").model_dump() == {"url": f"{github.url}/ada/hello.git", "sealed_token": None}
