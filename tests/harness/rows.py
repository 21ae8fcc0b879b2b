"""What dbproxy answers where a test says nothing else: a template of each row, and rows of them."""

from common.api.deployments import Deployment
from common.api.repos import Repo
from common.api.results import Finding, FindingsPage, TestReport
from common.api.runs import Run

AT = "2026-01-01T00:00:00.000Z"
COMMIT = "c" * 40

REPO = {"id": 1, "forge": "local", "owner": "ada", "name": "hello", "app": "hello", "default_branch": "main", "private": False,
        "description": "", "url": "", "external_id": None, "settings": {}, "state": {}, "last_heads": {}, "created": AT,
        "last_run": None, "live": None}
RUN = {"id": 1, "repo": 1, "forge": "local", "repo_path": "ada/hello", "app": "hello", "kind": "full", "ref": "main",
       "commit": COMMIT, "event": "manual", "actor": "ada", "message": "", "author": "", "key": None, "inputs": {},
       "state": "pending", "reason": "", "code": "", "params": {}, "config": None, "outputs": {},
       "cancel_requested": False, "canceled_by": None, "retries": 0, "owner": None, "fence": 0,
       "lease_until": None, "created": AT, "started": None, "ended": None}
JOB = {"reason": "", "code": "", "params": {}, "worker": None, "inputs": None, "outputs": {}, "steps": [], "progress": None,
       "lines": None, "created": AT, "started": None, "ended": None}
DEPLOYMENT = {"id": 1, "repo": 1, "run": 1, "environment": "production", "digest": f"sha256:{'d' * 64}",
              "repository": "apps/ada/hello-1", "commit": COMMIT, "actor": "ada", "state": "candidate", "reason": "",
              "container": None, "host": None, "port": None, "url": None, "created": AT, "changed": AT, "live_since": None,
              "ended": None, "health": None, "health_reason": "", "health_since": None, "findings": None}
OF_ITS_RUN = ("forge", "repo_path", "app", "ref", "message", "author")      # what a deployment's row tells of its run
DELIVERY = {"forge": "github", "guid": "g", "event": "push", "action": None, "repo": None, "repo_path": None,
            "state": "queued", "outcome": "", "run": None, "attempts": 0, "received": AT, "ended": None, "payload": {},
            "now": AT}
PULL = {"title": "", "author": "eve", "author_id": "9", "head_commit": COMMIT, "head_ref": "topic", "head_repo_id": "5",
        "base_ref": "main", "fork": False, "state": "open", "comment": None, "created": AT, "changed": AT}
ACCOUNT = {"forge": "github", "name": "", "role": "user", "external_id": None, "avatar_url": None, "disabled": False,
           "created": AT, "seen": None, "deleted": None, "has_password": False, "forge_scopes": None}
FINDING = {"vulnerability": "CVE-2026-1", "package": "openssl", "version": "1", "type": "", "severity": "high",
           "fixed_in": None, "state_of_fix": None, "path": None, "url": None, "description": None, "risk": None, "epss": None,
           "known_exploited": False, "waived": False, "waiver_reason": None, "change": None}
SECRET = {"use": [], "set_by": "ada", "set_at": AT}
WAIVER = {"id": 1, "repo": 1, "package": None, "actor": "ada", "created": AT, "expired": False}


def repo_row(**changes):
    row = {**REPO, **changes}
    return Repo.model_validate({**row, "path": f"{row['owner']}/{row['name']}"})


def run_row(**changes):
    return Run.model_validate({**RUN, **changes})


def deployment_row(**changes):
    row = {**DEPLOYMENT, "run_kind": "full", "run_state": "success", **{name: RUN[name] for name in OF_ITS_RUN}, **changes}
    return Deployment.model_validate(row)


def finding_row(**changes):
    return Finding.model_validate({**FINDING, **changes})


def findings_page(items, gone=(), summary=None, **changes):
    """The findings of a run; the summary counts them, save for what a test names."""
    counted = {"total": len(items), "fixable": 0, "waived": 0, "counts": {}, "gone": len(gone),
               "new": sum(item.get("change") == "new" for item in items)}
    return FindingsPage.model_validate({
        "items": [{**FINDING, **item} for item in items], "total": len(items), "page": 1, "per_page": 100, "attempt": 1,
        "digest": "", "gone": list(gone), "at": AT, "caveat": None, "summary": {**counted, **(summary or {})}, **changes})


def report_of_tests(cases, **changes):
    return TestReport.model_validate({"attempt": 1, "declared": True, "notice": None, "at": AT, "cases": cases, "summary": {},
                                      **changes})
