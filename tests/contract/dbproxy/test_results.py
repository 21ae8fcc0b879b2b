"""Repos, deployments, findings, tests, documents, waivers, secrets."""

import threading

import pytest

from common.api.client import Dbproxy
from common.api.repos import RepoSettings, RepoState, Webhook
from common.wire.errors import BadRequest, Conflict, Forbidden, NotFound
from tests.contract.dbproxy.world import DIGEST
from tests.harness.dates import in_days


def deploy(world, run, **values):
    return world.orchestrator.post("/v1/deployments", {
        "fence": run["fence"], "run": run["id"], "repo": world.repo, "digest": DIGEST, "repository": "ann/x",
        "commit": "c", "actor": "ann", **values})


def deployed(world, ref="main"):
    run = world.claimed_run(ref=ref)
    deployment = deploy(world, run)
    world.change(run, state="success")
    return deployment


def test_a_repo_is_made_once_whatever_the_letters(world):
    put = lambda owner, name, **body: world.orchestrator.put(f"/v1/repos/local/{owner}/{name}", body)      # noqa: E731
    name = world.orchestrator.get(f"/v1/repos/{world.repo}")["name"]
    again = put("ANN", name.upper(), description="new")
    assert (again["id"], again["description"], again["name"]) == (world.repo, "new", name)
    other = put("bob", name)
    assert other["id"] != world.repo and other["app"] == f"{name}-bob"
    found = world.dashboard.get(f"/v1/repos/by-name/local/Ann/{name.title()}")
    assert found["id"] == world.repo and found["last_run"] is None and found["live"] is None


def test_repos_at_once_get_labels_of_their_own(world):
    found, name = [], world.orchestrator.get(f"/v1/repos/{world.repo}")["name"] + "-same"

    def put(owner):
        found.append(world.service.client("orchestrator").put(f"/v1/repos/local/{owner}/{name}", {})["app"])
    threads = [threading.Thread(target=put, args=(f"owner{number}",)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(set(found)) == 6 and name in found


def test_no_app_is_named_like_the_dashboards_host(world):
    """Cookies ignore ports; the service runs with the default DASHBOARD_HOST, localhost."""
    repo = world.service.client("orchestrator").put("/v1/repos/local/ann/localhost", {})
    assert repo["app"] == "localhost-ann"


def test_settings_are_merged_and_a_null_takes_one_out(world):
    patch = lambda **body: world.dashboard.patch(f"/v1/repos/{world.repo}", body)      # noqa: E731
    patch(settings={"supersede": False, "lfs": True}, last_heads={"main": "c1"})
    repo = patch(settings={"lfs": None}, last_heads={"main": "c1", "side": "c2"})
    assert repo["settings"] == {**RepoSettings().model_dump(mode="json"), "supersede": False}
    assert repo["last_heads"] == {"main": "c1", "side": "c2"}


def test_what_continuum_learned_is_kept_apart_from_what_people_chose(world):
    db = Dbproxy(world.orchestrator)
    db.repos.change(world.repo, settings={"lfs": True}, state={"gone": "404", "webhook": {"generation": 1, "by": "ann"}})
    repo = db.repos.change(world.repo, state={"gone": None, "webhook": {"generation": 2}})
    assert repo.settings == RepoSettings(lfs=True) and repo.state == RepoState(webhook=Webhook(generation=2))
    assert world.sql("SELECT settings, state FROM repos WHERE id = %s", (world.repo,)) == [
        ({"lfs": True}, {"webhook": {"generation": 2}})]


@pytest.mark.parametrize("change", [{"settings": {"gone": "404"}}, {"state": {"lfs": True}}, {"settings": {"lfs": "often"}}])
def test_a_setting_that_does_not_exist_is_refused_by_its_name(world, change):
    with pytest.raises(BadRequest, match=next(iter(next(iter(change.values()))))):
        world.orchestrator.patch(f"/v1/repos/{world.repo}", change)


def test_the_list_of_repos_shows_last_run_and_live(world):
    deployment = deployed(world)
    world.orchestrator.patch(f"/v1/deployments/{deployment['id']}", {"state": "live"})
    failed = world.claimed_run()
    world.change(failed, state="failure", reason="tests failed")
    name = world.orchestrator.get(f"/v1/repos/{world.repo}")["name"]
    for query in ({"q": name.upper()}, {"ids": str(world.repo)}, {"state": "live", "q": name},
                  {"state": "failing", "q": name}):
        (repo,) = world.dashboard.get("/v1/repos", params=query)["items"]
        assert (repo["last_run"]["id"], repo["last_run"]["state"]) == (failed["id"], "failure")
        assert repo["live"]["id"] == deployment["id"]
    assert world.dashboard.get("/v1/repos", params={"q": "100%"})["total"] == 0
    assert world.dashboard.get("/v1/repos", params={"ids": ""})["total"] == 0
    stats = world.dashboard.get(f"/v1/repos/{world.repo}/stats", params={"days": 7})
    assert (stats["success"], stats["failure"], stats["waiting"], len(stats["days"])) == (1, 1, 0, 7)


def test_what_is_counted_as_waiting_is_pending_or_runs(world):
    world.put_job(world.claimed_run(), "build.1", "running", worker="http://b:8000")
    world.new_run()
    assert [run["state"] for run in world.dashboard.get("/v1/runs", params={"repo": world.repo})["items"]] == ["pending", "running"]
    assert world.dashboard.get(f"/v1/repos/{world.repo}/stats")["waiting"] == 2


def test_a_run_has_one_deployment(world):
    run = world.claimed_run()
    first = deploy(world, run)
    assert first["state"] == "candidate" and deploy(world, run)["id"] == first["id"]
    world.orchestrator.patch(f"/v1/deployments/{first['id']}", {"state": "failed", "reason": "unhealthy"})
    again = deploy(world, run)
    assert (again["id"], again["state"], again["reason"]) == (first["id"], "candidate", "")


def test_one_deployment_is_live_and_the_former_is_kept(world):
    first, second = deployed(world), deployed(world)
    for deployment in (first, second):
        live = world.orchestrator.patch(f"/v1/deployments/{deployment['id']}", {"state": "live", "url": "http://x"})
        assert live["live_since"] and live["url"] == "http://x"
    listed = world.dashboard.get(f"/v1/repos/{world.repo}/deployments")["items"]
    assert [(row["id"], row["state"]) for row in listed] == [(second["id"], "live"), (first["id"], "kept")]
    assert listed[1]["reason"] == f"replaced by deployment {second['id']}"
    live = world.dashboard.get("/v1/deployments", params={"state": "live,kept", "repo": world.repo})
    assert live["total"] == 2


def test_the_health_of_what_is_live_is_stored_with_its_time_and_ends_with_that_state(world):
    first, second = deployed(world), deployed(world)
    put = lambda number, **values: world.orchestrator.patch(f"/v1/deployments/{number}", values)      # noqa: E731
    assert put(first["id"], state="live")["health"] is None
    down = put(first["id"], health="down", health_reason="the app exited 1")
    assert (down["health"], down["health_reason"], down["state"]) == ("down", "the app exited 1", "live")
    assert put(first["id"], health="down", health_reason="another")["health_since"] == down["health_since"]
    live = world.dashboard.get(f"/v1/repos/{world.repo}")["live"]
    assert (live["health"], live["health_reason"]) == ("down", "another") and live["health_since"]
    assert put(first["id"], health="healthy", health_reason="")["health_since"] > down["health_since"]
    put(second["id"], state="live")
    kept = world.dashboard.get(f"/v1/deployments/{first['id']}")
    assert (kept["state"], kept["health"], kept["health_reason"], kept["health_since"]) == ("kept", None, "", None)


def test_a_run_whose_version_crashed_after_the_switch_is_a_failure(world):
    run = world.claimed_run()
    deployment = deploy(world, run)
    world.orchestrator.patch(f"/v1/deployments/{deployment['id']}", {"state": "live"})
    world.orchestrator.patch(f"/v1/runs/{run['id']}", {"fence": run["fence"], "state": "success", "reason": "live at x"})
    for _ in range(2):
        world.orchestrator.patch(f"/v1/deployments/{deployment['id']}",
                                 {"state": "failed", "reason": "Rolled back automatically to run 1", "crashed": True})
    ended = world.dashboard.get(f"/v1/runs/{run['id']}")
    assert (ended["state"], ended["reason"]) == ("failure", "Rolled back automatically to run 1")


def finding(**values):
    return {"vulnerability": "CVE-2026-1", "package": "openssl", "version": "3.0", "type": "deb", **values}


def test_findings_are_replaced_filtered_and_summed_up(world):
    run = world.claimed_run()["id"]
    put = lambda attempt, *findings: world.scanner.put(f"/v1/runs/{run}/findings", {      # noqa: E731
        "attempt": attempt, "digest": DIGEST, "findings": list(findings), "gone": [{"vulnerability": "CVE-2020-1"}]})
    put(1, finding(severity="low"))
    put(2, finding(severity="low", change="known"),
        finding(severity="critical", fixed_in=["3.1", "3.2"], change="new", package="libssl_1"),
        finding(severity="high", waived=True, waiver_reason="not reachable", extra="is dropped"))
    with pytest.raises(Conflict):
        put(1)
    get = lambda **query: world.dashboard.get(f"/v1/runs/{run}/findings", params=query)      # noqa: E731
    assert [row["severity"] for row in get()["items"]] == ["critical", "high", "low"]
    assert get(fixable="true")["items"][0]["fixed_in"] == "3.1, 3.2"
    assert get(waived="true")["total"] == get(new="true")["total"] == get(severity="low")["total"] == 1
    assert get(package="libssl_")["total"] == 1 and get(severity="low,high")["total"] == 2
    assert get()["summary"] == {"total": 3, "fixable": 1, "waived": 1, "new": 1, "gone": 1,
                                "counts": {"critical": 1, "low": 1}}
    assert get()["gone"] == [{"vulnerability": "CVE-2020-1"}] and get()["attempt"] == 2
    with pytest.raises(BadRequest):
        put(3, finding(severity="terrible"))


def test_findings_have_the_caveat_of_their_scan(world):
    run = world.claimed_run()
    world.scanner.put(f"/v1/runs/{run['id']}/findings", {"attempt": 2, "digest": DIGEST, "findings": [], "gone": []})
    found = lambda: world.dashboard.get(f"/v1/runs/{run['id']}/findings")      # noqa: E731
    assert found()["caveat"] is None
    world.put_job(run, "scan.1", "error", outputs={"gate": {"caveat": "of another attempt"}})
    world.put_job(run, "scan.2", "success", code="no_full_database", outputs={"gate": {"caveat": "no full database"}})
    assert found()["caveat"] == "no full database"
    [shown] = world.dashboard.get("/v1/stages", params={"runs": run["id"]})["items"]
    assert (shown["stage"], shown["code"]) == ("scan", "no_full_database")


def test_tests_are_replaced(world):
    run = world.claimed_run()["id"]
    with pytest.raises(NotFound):
        world.dashboard.get(f"/v1/runs/{run}/tests")
    case = {"suite": "http", "name": "GET /", "state": "success", "seconds": 0.2}
    world.tester.put(f"/v1/runs/{run}/tests", {"attempt": 1, "cases": [case], "declared": True, "notice": None})
    world.tester.put(f"/v1/runs/{run}/tests", {"attempt": 2, "declared": True, "notice": "x", "cases": [
        case, {**case, "state": "failure", "message": "got 500", "line": 3, "log_line": 12}]})
    report = world.dashboard.get(f"/v1/runs/{run}/tests")
    assert report["summary"] == {"success": 1, "failure": 1} and report["attempt"] == 2
    assert report["cases"][1]["message"] == "got 500" and report["cases"][1]["log_line"] == 12


def test_documents_come_back_byte_by_byte(world):
    run = world.claimed_run()["id"]
    body = b'{"a": "\xff\x00"}' * 10_000
    path = f"/v1/images/{DIGEST}/documents"
    world.scanner.put(f"{path}/sbom", data=body, headers={"Content-Type": "application/vnd.cyclonedx+json"})
    kept = world.dashboard.send("GET", f"{path}/sbom")
    assert kept.content == body and kept.headers["Content-Type"] == "application/vnd.cyclonedx+json"
    plain = world.dashboard.send("GET", f"{path}/sbom", headers={"Accept-Encoding": "identity"})
    assert plain.content == body and "Content-Encoding" not in plain.headers
    world.tester.put(f"{path}/junit", data=b"<x/>", params={"run": run})
    assert world.dashboard.send("GET", f"{path}/junit", params={"run": run}).content == b"<x/>"
    for missing in ("grype", "passwd"):
        with pytest.raises(NotFound):
            world.dashboard.get(f"{path}/{missing}")
    with pytest.raises(BadRequest):
        world.scanner.put("/v1/images/latest/documents/sbom", data=b"x")


def test_waivers(world):
    post = lambda **body: world.dashboard.post(f"/v1/repos/{world.repo}/waivers", {      # noqa: E731
        "vulnerability": "CVE-1", "reason": "not reachable", "until": in_days(30), "actor": "ann", **body})
    waiver = post()
    assert post(reason="still not reachable")["id"] == waiver["id"]
    post(package="openssl")
    listed = world.orchestrator.get(f"/v1/repos/{world.repo}/waivers")
    assert [(row["package"], row["reason"]) for row in listed["items"]] == [
        (None, "still not reachable"), ("openssl", "not reachable")]
    assert world.dashboard.get(f"/v1/waivers/{waiver['id']}")["repo"] == world.repo
    for _ in range(2):
        world.dashboard.delete(f"/v1/waivers/{waiver['id']}", params={"actor": "bob"})
    assert world.orchestrator.get(f"/v1/repos/{world.repo}/waivers")["total"] == 1
    assert world.sql("SELECT removed_by FROM waivers WHERE id = %s", (waiver["id"],)) == [("bob",)]
    with pytest.raises(BadRequest):
        post(until="2020-01-01", package="past")
    assert world.orchestrator.get(f"/v1/repos/{world.repo}/waivers")["total"] == 1


def test_sealed_values_are_for_the_orchestrator_alone(world):
    path = f"/v1/repos/{world.repo}/secrets"
    world.dashboard.put(f"{path}/API_KEY", {"use": ["build", "deploy"], "actor": "ann",
                                            "sealed": {"builder": "QUJD", "deployer": "REVG"}})
    world.dashboard.put(f"{path}/OTHER", {"use": ["deploy"], "sealed": {"deployer": "R0hJ"}, "actor": "ann"})
    listed = world.dashboard.get(path)
    assert [row["name"] for row in listed["items"]] == ["API_KEY", "OTHER"]
    assert set(listed["items"][0]) == {"name", "use", "set_by", "set_at"}
    sealed = world.orchestrator.get(path, params={"sealed": "builder"})["items"]
    assert [(row["name"], row["sealed"]) for row in sealed] == [("API_KEY", "QUJD")]
    with pytest.raises(Forbidden):
        world.dashboard.get(path, params={"sealed": "builder"})
    world.dashboard.delete(f"{path}/API_KEY", params={"actor": "ann"})
    assert world.dashboard.get(path)["total"] == 1
    for name, body in (("1x", {"sealed": {"builder": "QUJD"}}), ("OK", {"sealed": {"builder": "plain text!"}}),
                       ("OK", {"sealed": {"tester": "QUJD"}})):
        with pytest.raises(BadRequest):
            world.dashboard.put(f"{path}/{name}", {"use": ["build"], "actor": "ann", **body})
    assert "QUJD" not in world.service.log
