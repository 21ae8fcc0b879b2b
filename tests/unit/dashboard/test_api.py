"""The API by feature: what it hands on, what it keeps to itself, what it writes down."""

import csv
import io
from datetime import date

import pytest

from common.secrets.sealing import unseal
from dashboard.api.findings import cell


@pytest.fixture
def call(people):
    """call(method, path, json) as the admin of acme/shop."""
    headers, client = people.token("ada"), people.browser()

    def send(method, path, json=None, **options):
        return client.open(f"/api/v1{path.format(repo=people.repo['id'])}", method=method, json=json, headers=headers,
                           **options)
    return send


def test_a_secret_is_sealed_before_it_leaves(call, people, world, keys):
    """Story 19."""
    assert call("PUT", "/repos/{repo}/secrets/DB_URL", {"value": "canary-9f2", "use": ["build", "deploy"]}).status_code == 204
    kept = world.secrets[people.repo["id"]]["DB_URL"]
    assert {service: unseal(text, keys[service][0]) for service, text in kept["sealed"].items()} == {
        "builder": "canary-9f2", "deployer": "canary-9f2"}
    listed = call("GET", "/repos/{repo}/secrets")
    assert listed.json["items"][0]["name"] == "DB_URL"
    pages = people.browser("ada").get("/repos/local/acme/shop/settings").text
    assert "canary-9f2" not in listed.text + pages + str(world.audit) + str(world.calls)


@pytest.mark.parametrize("value, kept", [("x" * 65_536, True), ("x" * 65_537, False), ("x" * 140_000, False), ("€" * 22_000, False)])
def test_case_16_a_secret_has_a_limit_in_bytes_that_is_told_when_it_is_set(call, people, world, value, kept):
    answer = call("PUT", "/repos/{repo}/secrets/BIG", {"value": value})
    assert (answer.status_code == 204) is kept and ("BIG" in world.secrets.get(people.repo["id"], {})) is kept
    if not kept:
        assert answer.status_code == 400 and "value" in answer.json["detail"]
        assert f"it has {len(value.encode()):,} bytes; a secret has at most 65,536" in answer.json["detail"]
        assert "Put larger data in a file or a volume" in answer.json["detail"]


@pytest.mark.parametrize("name", ["1X", "A B", "X" * 65, "a-b", "LD=1"])
def test_names_of_secrets_are_names_of_variables(call, name):
    assert call("PUT", "/repos/{repo}/secrets/" + name, {"value": "v"}).status_code == 400


def test_every_change_is_in_the_audit_log(call, people, world):
    call("POST", "/repos/{repo}/runs", {"kind": "full"})
    call("POST", "/runs/{}/cancel".format(next(iter(world.runs))), {})
    call("PUT", "/repos/{repo}/secrets/A", {"value": "v"})
    call("POST", "/repos/{repo}/waivers", {"vulnerability": "CVE-2026-0001", "reason": "not reachable", "until": "2099-01-01"})
    call("DELETE", f"/waivers/{next(iter(world.waivers))}")
    call("POST", "/repos/{repo}/rollback", {})
    call("POST", "/tokens", {"name": "ci"})
    actions = [entry["action"] for entry in reversed(world.audit)]
    assert actions == ["run.start", "run.cancel", "secret.set", "waiver.add", "waiver.delete", "rollback", "token.create"]
    assert {entry["actor"] for entry in world.audit} == {"ada"}


def test_starting_the_same_twice_is_200(call):
    first, second = call("POST", "/repos/{repo}/runs", {}), call("POST", "/repos/{repo}/runs", {})
    assert (first.status_code, second.status_code) == (201, 200) and first.json["id"] == second.json["id"]


def test_a_kind_without_an_earlier_result_is_409(call, world):
    world.kinds["test"] = "nothing is live yet"
    answer = call("POST", "/repos/{repo}/runs", {"kind": "test"})
    assert answer.status_code == 409 and answer.json["detail"] == "nothing is live yet"


def test_a_waiver_in_the_past_is_refused(call):
    answer = call("POST", "/repos/{repo}/waivers", {"vulnerability": "CVE-2026-1", "reason": "because", "until": "2020-01-01"})
    assert answer.status_code == 400 and "past" in answer.json["detail"]


def test_a_token_is_not_made_dead(call, world):
    told = call("POST", "/tokens", {"name": "ci", "ends": "2020-01-01"})
    assert told.status_code == 400 and told.json["detail"] == "ends: lies in the past" and "ci" not in {token["name"] for token in world.tokens.values()}
    assert call("POST", "/tokens", {"name": "ci", "ends": date.today().isoformat()}).status_code == 201


def test_deployments_by_state_and_image(call, people, world):
    for number, state in ((7, "live"), (8, "kept"), (9, "failed")):
        world.deployments[number] = {"id": number, "repo": people.repo["id"], "state": state, "digest": f"sha256:{number}" + "0" * 63}
    numbers = lambda query: [item["id"] for item in call("GET", "/repos/{repo}/deployments" + query).json["items"]]      # noqa: E731
    assert numbers("") == [9, 8, 7] and numbers("?state=kept") == [8] and numbers(f"?digest=sha256:7{'0' * 63}") == [7]
    assert call("GET", "/repos/{repo}/deployments?state=dead").status_code == 400


def test_runs_by_commit(call, people, world):
    world.add_run(people.repo["id"])
    there = world.add_run(people.repo["id"], commit="7" * 40)
    assert [run["id"] for run in call("GET", f"/repos/{{repo}}/runs?commit={'7' * 40}").json["items"]] == [there["id"]]


def test_lines_and_search(call, people, world):
    run = world.add_run(people.repo["id"])["id"]
    world.add_job(run, "build", lines=["one", "two", "two and more"])
    page = call("GET", f"/runs/{run}/jobs/build.1/lines?from=2&count=1").json
    assert [row[3] for row in page["lines"]] == ["two"] and page["last"] == 3 and page["complete"]
    assert call("GET", f"/runs/{run}/jobs/build.1/lines?find=two").json["numbers"] == [2, 3]
    text = call("GET", f"/runs/{run}/jobs/build.1/log.txt?download=true")
    assert text.text == "one\ntwo\ntwo and more\n" and "attachment" in text.headers["Content-Disposition"]


def test_findings_as_a_table_for_spreadsheets(call, people, world):
    run = world.add_run(people.repo["id"])["id"]
    world.findings[run] = {"findings": [{"vulnerability": "CVE-1", "package": "=cmd()", "severity": "high"}]}
    rows = list(csv.DictReader(io.StringIO(call("GET", f"/runs/{run}/findings?format=csv").text)))
    assert rows[0]["vulnerability"] == "CVE-1" and rows[0]["package"] == "'=cmd()"
    assert cell(None) == "" and cell(-1) == "'-1"


def test_documents_of_the_image_that_the_run_made(call, people, world):
    run = world.add_run(people.repo["id"])["id"]
    assert call("GET", f"/runs/{run}/sbom").status_code == 404
    digest = "sha256:" + "a" * 64
    world.add_job(run, "build", outputs={"image": {"repository": "acme/shop", "digest": digest}})
    assert call("GET", f"/runs/{run}/sbom").status_code == 200
    assert call("GET", f"/runs/{run}/images/{digest}/sbom").status_code == 200
    assert call("GET", f"/runs/{run}/images/sha256:{'b' * 64}/sbom").status_code == 404


def test_a_broken_continuum_yml_is_told_by_line(call, world):
    world.files[".continuum.yml"] = "build:\n  dockerfil: x\n"
    check = call("GET", "/repos/{repo}/config").json
    assert not check["valid"] and check["errors"][0]["line"] == 2 and "dockerfile" in check["errors"][0]["message"]


def test_the_vulnerability_database_is_handed_on_as_it_comes(people, world):
    owner = people.token("ann")
    answer = people.browser().post("/api/v1/database", data=b"x" * (2 * 1024**2), headers=owner)
    assert answer.status_code == 201 and world.bodies == [b"x" * (2 * 1024**2)]
    assert people.browser().post("/api/v1/database", data=b"x", headers=people.token("ada")).status_code == 403


def test_owners_do_not_shut_themselves_out(people):
    me = people.owner["id"]
    for body in ({"disabled": True}, {"role": "user"}):
        answer = people.browser().patch(f"/api/v1/users/{me}", json=body, headers=people.token("ann"))
        assert answer.status_code == 409


def test_a_taken_login_is_told(people):
    body = {"login": "wes", "password": "correct horse battery"}
    answer = people.browser().post("/api/v1/users", json=body, headers=people.token("ann"))
    assert answer.status_code == 409


def test_answers_hold_what_the_document_says_and_nothing_else(call, people, world):
    run = world.add_run(people.repo["id"], owner="conductor-1", fence=3)["id"]
    world.add_job(run, "build", inputs={"secrets": [{"name": "A", "sealed": "zzz"}]})
    answer = call("GET", f"/runs/{run}")
    assert "fence" not in answer.json and "sealed" not in answer.text and "inputs" not in answer.text
