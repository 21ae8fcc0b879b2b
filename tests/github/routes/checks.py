"""Check runs: an App alone makes them; annotations come in portions of 50 and add up."""

from __future__ import annotations

from flask import Blueprint, abort, g, jsonify

from .. import store
from ..access import PREFIX, body, hub, invalid, need, not_found
from ..faults import refusal
from ..paging import paged
from ..shapes import apps
from ..state import App, Repo

blueprint = Blueprint("checks", __name__, url_prefix=f"{PREFIX}/repos/<owner>/<name>")

AT_ONCE = 50           # annotations of one request
LONGEST = 65535        # characters of summary and text
GIVEN = ("name", "details_url", "external_id", "status", "started_at", "conclusion", "completed_at")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out")


@blueprint.post("/check-runs")
def add(owner: str, name: str):
    repo, given = need(owner, name, "push", "checks", "write"), body()
    app, sha = _app(), str(given.get("head_sha", ""))
    problem = _problem(given, {"name", "head_sha"})
    if problem or store.commit_of(repo.folder, sha) != sha:
        return invalid(problem or f"No commit found for SHA: {sha}")
    number = hub().next_id()
    url = f"{hub().api}/repos/{repo.path}/check-runs/{number}"
    made = {"id": number, "node_id": f"CR_{number}", "head_sha": sha, "url": url, "name": given["name"],
            "html_url": f"{hub().url}/{repo.path}/runs/{number}", "external_id": "", "details_url": app.oauth.url,
            "status": "queued", "conclusion": None, "started_at": hub().now(), "completed_at": None,
            "check_suite": {"id": number + 10**9}, "app": apps.app(hub(), app), "pull_requests": [], "annotations": [],
            "output": {"title": None, "summary": None, "text": None, "annotations_count": 0,
                       "annotations_url": f"{url}/annotations"}}
    repo.checks[number] = made
    return jsonify(_shown(_changed(made, given))), 201


@blueprint.patch("/check-runs/<int:number>")
def change(owner: str, name: str, number: int):
    repo, given = need(owner, name, "push", "checks", "write"), body()
    found = _check(repo, number)
    if found["app"]["id"] != _app().id:
        return refusal(403, "Invalid app_id `this app` - check run can only be modified by the GitHub App that created it.")
    problem = _problem(given, set())
    return invalid(problem) if problem else jsonify(_shown(_changed(found, given)))


def _app() -> App:
    if g.token.installation is None:
        abort(refusal(403, "You must authenticate via a GitHub App."))
    return g.token.installation.app


def _problem(given: dict, required: set[str]) -> str | None:
    output = given.get("output") or {}
    if required - set(given):
        return f"Invalid request.\n\n\"{sorted(required - set(given))[0]}\" wasn't supplied."
    if given.get("conclusion") not in (None, *CONCLUSIONS):
        return f"Invalid request.\n\n{given['conclusion']} is not a member of {list(CONCLUSIONS)}."
    if given.get("status") == "completed" and "conclusion" not in given:
        return "Invalid request.\n\nMissing conclusion."
    if len(output.get("annotations", [])) > AT_ONCE:
        return f"Invalid request.\n\nNo more than {AT_ONCE} items are allowed; {len(output['annotations'])} were supplied."
    if output and not {"title", "summary"} <= set(output):
        return "Invalid request.\n\n\"title\" and \"summary\" are needed in output."
    return "Invalid request.\n\nsummary is too long." if len(output.get("summary", "")) > LONGEST else None


def _changed(check: dict, given: dict) -> dict:
    check |= {name: given[name] for name in GIVEN if name in given}
    if check["conclusion"]:
        check |= {"status": "completed", "completed_at": check["completed_at"] or hub().now()}
    output = given.get("output") or {}
    check["annotations"] += output.get("annotations", [])
    check["output"] |= {name: output[name] for name in ("title", "summary", "text") if name in output}
    check["output"]["annotations_count"] = len(check["annotations"])
    return check


def _shown(check: dict) -> dict:
    return {name: value for name, value in check.items() if name != "annotations"}


@blueprint.get("/check-runs/<int:number>")
def one(owner: str, name: str, number: int):
    return jsonify(_shown(_check(need(owner, name, permission="checks"), number)))


@blueprint.get("/check-runs/<int:number>/annotations")
def annotations(owner: str, name: str, number: int):
    found = _check(need(owner, name, permission="checks"), number)
    blob = f"{hub().url}/{owner}/{name}/blob/{found['head_sha']}"
    empty = {"start_column": None, "end_column": None, "title": None, "raw_details": None}
    return paged(found["annotations"], lambda each: {**empty, **each, "blob_href": f"{blob}/{each['path']}"})


@blueprint.get("/commits/<path:ref>/check-runs")
def of_commit(owner: str, name: str, ref: str):
    repo = need(owner, name, permission="checks")
    sha = store.commit_of(repo.folder, ref)
    return paged([each for each in repo.checks.values() if each["head_sha"] == sha], _shown, "check_runs")


def _check(repo: Repo, number: int) -> dict:
    return repo.checks.get(number) or abort(not_found())
