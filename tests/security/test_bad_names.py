"""S19, S20, S21, S26, S41 at the API: names that would be options, protocols, paths, shell or SQL somewhere below."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest

from tests.harness.apps import steady
from tests.harness.dates import in_days
from tests.security import people, signed

REFS = ["--upload-pack=touch /tmp/x", "-h", "--output=/tmp/x", "-oProxyCommand=id", "ext::sh -c id", "EXT::sh", "main;id",
        "$(id)", "`id`", "main\nid", "main\0", "main:refs/heads/evil", "+main", "refs/heads/../../HEAD", "main@{1}",
        "main^{tree}", "HEAD~1", "a..b", "../main", "main lock", "x" * 300]
NAMES = ["--help", "-h", "..", ".", "a/../b", "a;id", "$(id)", "a b", "a\nb", "a%00b", "x" * 200, "a.lock", "ext::sh -c id",
         "file:///etc", "https://host/a"]
PATHS = ["../../etc/passwd", "/etc/passwd", "a/../../b", ".git/config", "-h", "a\0b", "..", "\\\\host\\share", "a\nb"]
LITERAL = ["' OR 1=1 --", "%s%s%n", "{}", "{0.__class__}", "${jndi:ldap://x}", "{{7*7}}", "%00", "\\x27; DROP TABLE runs"]
SECRETS = ["X=Y --privileged", "LD_PRELOAD\n", "a-b", "1A", "", "A" * 65, "../x", "Ä"]


@pytest.fixture(scope="module")
def repo(stack):
    return stack.repo_of(steady())


def api(stack, method: str, path: str, **options):
    return people.call(stack.api.url, method, f"/api/v1{path}", stack.api._token(), **options)


@pytest.mark.parametrize("ref", REFS)
def test_a_ref_is_a_name_or_refused(stack, repo, ref):
    """Holds: inputs.Ref and forges.names.check_ref; no run is made of it, so git never sees it."""
    before = stack.api.get(f"/repos/{repo.id}/runs")["total"]
    answer = api(stack, "POST", f"/repos/{repo.id}/runs", json={"kind": "build", "ref": ref})
    assert answer.status_code in (400, 404), answer.text
    assert "Traceback" not in answer.text
    assert stack.api.get(f"/repos/{repo.id}/runs")["total"] == before


@pytest.mark.parametrize("commit", ["--all", "main", "0" * 39, "0" * 41, "g" * 40, "0" * 40 + "\n", "$(id)"])
def test_a_commit_is_a_hash_or_refused(stack, repo, commit):
    """Holds: the pattern of RunRequest.commit."""
    assert api(stack, "POST", f"/repos/{repo.id}/runs", json={"kind": "build", "commit": commit}).status_code == 400


@pytest.mark.parametrize("name", NAMES)
def test_a_repository_is_named_or_refused(stack, name):
    """Holds: inputs.PathName, the address converter Name, and forges.names.check_repo."""
    for body in ({"forge": "local", "owner": name, "name": "x"}, {"forge": "local", "owner": "x", "name": name},
                 {"forge": name, "owner": "x", "name": "x"}):
        assert api(stack, "POST", "/repos", json=body).status_code in (400, 404), body
    if name in (".", ".."):
        return      # in an address these are the client's own to resolve
    assert api(stack, "GET", f"/repos/local/{quote(name, safe='')}/x").status_code in (301, 308, 400, 404)
    assert api(stack, "GET", f"/forges/{quote(name, safe='')}/repos").status_code in (301, 308, 400, 404)


@pytest.mark.parametrize("kept", ["/etc", "..", "../..", "elsewhere"])
def test_the_local_forge_stays_in_its_folder(stack, tmp_path, kept):
    """Holds: LocalForge._holds: a link out of the folder is as if it were not there."""
    owner = f"l{uuid.uuid4().hex[:8]}"
    target = tmp_path / "outside.git" if kept == "elsewhere" else kept
    (stack.repositories / owner).mkdir()
    link = stack.repositories / owner / "out.git"
    link.symlink_to(target)
    try:
        assert api(stack, "POST", "/repos", json={"forge": "local", "owner": owner, "name": "out"}).status_code == 404
    finally:
        link.unlink()
        link.parent.rmdir()


@pytest.mark.parametrize("path", PATHS)
def test_forge_files_stay_in_the_tree(stack, repo, path):
    """Holds: forges.names.check_path, asked at the orchestrator, which has the only call that takes a path."""
    bearer = signed.token(signed.private_key(stack, "dashboard"), "dashboard", "orchestrator")
    address = f"/v1/forges/local/repos/{repo.owner}/{repo.name}/file"
    answer = signed.send(stack, "orchestrator", "GET", address, bearer, params={"ref": "main", "path": path})
    assert answer.status_code == 400, answer.text
    kept = signed.send(stack, "orchestrator", "GET", address, bearer, params={"ref": "main", "path": "Dockerfile"})
    assert kept.status_code == 200, "the control: a file of the tree is shown"


@pytest.mark.parametrize("text", LITERAL)
def test_texts_that_mean_something_elsewhere_are_texts(stack, repo, text):
    """Holds: parameters instead of SQL text, no formatting with people's words (S41); and they come back as they were."""
    assert api(stack, "GET", "/repos", params={"q": text}).json()["items"] == []
    assert api(stack, "GET", f"/repos/{repo.id}/runs", params={"ref": text}).json()["items"] == []
    waiver = {"vulnerability": "CVE-2026-0001", "package": f"p{uuid.uuid4().hex}"[:20], "reason": f"because {text}",
              "until": in_days(30)}
    made = api(stack, "POST", f"/repos/{repo.id}/waivers", json=waiver)
    assert made.status_code in (200, 201), made.text
    listed = api(stack, "GET", f"/repos/{repo.id}/waivers").json()["items"]
    assert waiver["reason"] in {item["reason"] for item in listed}


@pytest.mark.parametrize("query", [{"sort": "id;drop table runs"}, {"status=1;--": "x"}, {"page": "1;--"}, {"per_page": "1e9"},
                                   {"state": "' OR 1=1"}, {"kind": "full' --"}, {"page": "-1"}, {"per_page": "0"}])
def test_query_keys_are_known_or_refused(stack, repo, query):
    """Holds: S40, extra="forbid" in the inputs: no key and no sort order reaches SQL that was not written for it."""
    assert api(stack, "GET", f"/repos/{repo.id}/runs", params=query).status_code == 400
    bearer = signed.token(signed.private_key(stack, "dashboard"), "dashboard", "dbproxy")
    answer = signed.send(stack, "dbproxy", "GET", "/v1/runs", bearer, params=query)
    assert answer.status_code in (200, 400), answer.text
    if "sort" in query:
        assert answer.status_code == 400


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_named_like_a_variable(stack, repo, name):
    """Holds: contracts.SecretName (S26)."""
    answer = api(stack, "PUT", f"/repos/{repo.id}/secrets/{quote(name, safe='')}", json={"value": "v1234567"})
    assert answer.status_code in (400, 404, 405, 308), answer.text
    assert stack.api.get(f"/repos/{repo.id}/secrets")["items"] == []
