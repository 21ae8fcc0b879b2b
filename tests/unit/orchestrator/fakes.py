"""dbproxy, workers and deployer in memory, with failures that tests switch on.

FakeDb keeps dbproxy's rules (fences, terminal states, claims). FakeWorker runs the real job API of common/jobs.py, so
its life cycle, fences and tombstones are the real ones; what a stage does is a function that the test gives.
"""

import itertools
import re
import threading
import time
from contextlib import suppress
from types import SimpleNamespace

from common.contracts import BuildInputs, DeployInputs, PromoteInputs, RepoConfig, ScanInputs, TestInputs
from common.errors import Conflict, NotFound, ServiceDown
from common.jobs import TERMINAL, JobKey, Jobs, Stage
from orchestrator.pipeline import WORKERS
from tests.unit.orchestrator.fake_forges import COMMIT, FakeFeedback, FakeForge

INPUTS = {"build": BuildInputs, "scan": ScanInputs, "deploy": DeployInputs, "test": TestInputs,
          "promote": PromoteInputs}
DIGEST = "sha256:" + "d" * 64
IMAGE = {"repository": "ada/hello", "digest": DIGEST}


def build_outputs(**config):
    return {"image": IMAGE, "size": 1, "config": RepoConfig(**config).model_dump(mode="json"), "config_found": True,
            "exposed": [8000], "healthcheck": False, "message": "First", "author": "Ada"}


OUTPUTS = {
    "build": build_outputs(),
    "scan": {"counts": {}, "fixable": 0, "waived": 0, "packages": 1, "gate": {"passed": True}, "database": {}},
    "deploy": {"container": "c0ffee", "host": "app", "port": 8000, "protocol": "http", "answered": "HTTP 200 on /",
               "healthy_ms": 5},
    "test": {"passed": 1, "failed": 0, "skipped": 0, "declared": False},
    "promote": {"app": "hello", "url": "http://hello.localhost", "previous": None},
}


class Client:
    """The methods of a ServiceClient over `call`."""

    url = "http://fake:8000"

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def put(self, path, json=None, **options):
        return self.call("PUT", path, json=json, **options)

    def post(self, path, json=None, **options):
        return self.call("POST", path, json=json, **options)

    def patch(self, path, json=None, **options):
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)


class FakeDb(Client):
    """`writes`: every accepted change as (method, path, body), in order."""

    def __init__(self):
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.runs, self.jobs, self.deployments, self.repos, self.secrets, self.waivers = {}, {}, {}, {}, {}, {}
        self.events, self.writes, self.images = [], [], []
        self.pulls, self.deliveries, self.accounts, self.tokens, self.found = {}, {}, {}, {}, {}
        self.scopes, self.leases, self.lease_clock = {}, {}, time.monotonic
        self.down, self.claim_waits = False, threading.Event()
        self._ids = itertools.count(1)
        self.repos[1] = {"id": 1, "forge": "local", "owner": "ada", "name": "hello", "app": "hello",
                         "default_branch": "main", "settings": {}, "last_heads": {}}

    # what tests use

    def new_run(self, kind="full", **fields):
        number = next(self._ids)
        self.runs[number] = {"id": number, "repo": 1, "kind": kind, "ref": "main", "commit": COMMIT,
                             "event": "manual", "actor": "ada", "message": "", "author": "", "inputs": {},
                             "outputs": {}, "state": "pending", "reason": "", "fence": 0, "owner": None,
                             "cancel_requested": False, "canceled_by": None, "config": None, "key": None, "retries": 0,
                             "forge": self.repos.get(fields.get("repo", 1), {}).get("forge", "local"),
                             "repo_path": "ada/hello", "app": "hello", **fields}
        return number

    def claim(self, owner="me"):
        return self.post("/v1/runs/claim", {"owner": owner, "limit": 1, "wait": 0})["items"][0]

    def expire(self, run):
        self.runs[run]["owner"] = None

    def states(self, run):
        """{"build.1": "success", …}"""
        return {f"{stage}.{attempt}": row["state"] for (number, stage, attempt), row in self.jobs.items()
                if number == run}

    def deployment_of(self, run):
        return next((row for row in self.deployments.values() if row["run"] == run), None)

    # the service

    def send(self, method, path, **options):
        body = self.call(method, path, **options)
        new = isinstance(body, dict) and body.pop("_new", False)
        return SimpleNamespace(status_code=201 if new else 200, json=lambda: body)

    def call(self, method, path, json=None, params=None, **_):
        if self.down:
            raise ServiceDown("dbproxy does not answer")
        with self.lock:
            for verb, pattern, handle in ROUTES:
                match = re.fullmatch(pattern, path)
                if verb == method and match:
                    arguments = [int(text) if text.isdecimal() else text for text in match.groups()]
                    answer = handle(self, *arguments, json if method != "GET" else params or {})
                    if method != "GET":
                        self.writes.append((method, path, json))
                        self.changed.notify_all()
                    return answer
        raise AssertionError(f"FakeDb has no {method} {path}")

    def _run(self, number):
        if number not in self.runs:
            raise NotFound(f"run {number}")
        return self.runs[number]

    def _fenced(self, number, fence):
        run = self._run(number)
        if run["fence"] != fence:
            raise Conflict("old", error="old_fence")
        return run

    def create_run(self, body):
        for row in self.runs.values():
            if body["key"] and row["key"] == body["key"] and row["repo"] == body["repo"]:
                return {**row}
        number = self.new_run(**{name: value for name, value in body.items() if name != "supersede"})
        superseded = [row["id"] for row in self.runs.values() if body["supersede"] and row["state"] == "pending"
                      and row["ref"] == body["ref"] and row["repo"] == body["repo"] and row["id"] < number]
        for other in superseded:
            self.runs[other].update(state="canceled", reason=f"superseded by run {number}")
        return {**self.runs[number], "superseded": superseded, "_new": True}

    def claim_runs(self, body):
        """Waits like dbproxy does, and wakes at every write."""
        found = self._claim_free(body)
        if not found and body["wait"]:
            self.claim_waits.set()
            self.changed.wait_for(lambda: found or found.extend(self._claim_free(body)) or found, body["wait"])
        return {"items": found, "total": len(found)}

    def _claim_free(self, body):
        found = []
        for run in self.runs.values():
            busy = any(other["state"] == "running" and other["repo"] == run["repo"] and other is not run
                       for other in self.runs.values())
            free = run["state"] == "pending" and not busy or run["state"] == "running" and run["owner"] is None
            if free and len(found) < body["limit"]:
                run.update(state="running", owner=body["owner"], fence=run["fence"] + 1)
                found.append({**run})
        return found

    def renew(self, number, body):
        run = self._fenced(number, body["fence"])
        return {"cancel_requested": run["cancel_requested"], "fence": run["fence"]}

    def change_run(self, number, body):
        run = self._fenced(number, body["fence"])
        if run["state"] in TERMINAL and body.get("state") not in (None, run["state"]):
            raise Conflict("over", error="final")
        run.update({name: value for name, value in body.items() if name not in ("fence", "release")
                    and value is not None})
        if body.get("release") or run["state"] in TERMINAL:
            run["owner"] = None
        return {**run}

    def cancel_run(self, number, body):
        run = self._run(number)
        run.update(cancel_requested=True, canceled_by=body["actor"])
        if run["state"] == "pending":
            run.update(state="canceled", reason=f"canceled by {body['actor']}")
        self.events.append({"id": len(self.events) + 1, "kind": "run.updated", "run": number})
        return {**run}

    def retry_run(self, number, body):
        run = self._run(number)
        run.update(state="pending", cancel_requested=False, canceled_by=None, fence=run["fence"] + 1)
        return {**run}

    def show_run(self, number, _):
        return {**self._run(number), "jobs": [{**row} for (run, _, _), row in self.jobs.items() if run == number]}

    def put_job(self, number, stage, attempt, body):
        self._fenced(number, body["fence"])
        row = self.jobs.get((number, stage, attempt))
        if row and row["state"] in TERMINAL | {"skipped"} and row["state"] != body["state"]:
            raise Conflict("job is over", error="final")
        row = self.jobs.setdefault((number, stage, attempt), {
            "run": number, "stage": stage, "attempt": attempt, "worker": None, "inputs": None, "outputs": {}})
        row.update({name: value for name, value in body.items() if name != "fence" and value is not None})
        return {**row}

    def newest(self, repo, params):
        rows = [row for (run, stage, _), row in self.jobs.items() if stage == params["stage"]
                and row["state"] == "success" and self.runs[run]["repo"] == repo
                and self.runs[run]["ref"] == params["ref"]]
        if not rows:
            raise NotFound("nothing newest")
        row = max(rows, key=lambda row: (row["run"], row["attempt"]))
        return {**row, "run": {**self.runs[row["run"]]}}

    def starts(self, repo, params):
        row = self.repo(repo, None)
        ref = params.get("ref", row["default_branch"])
        rows = self.list_deployments(repo, {"state": "live,kept,stopped"})["items"]
        newest = dict.fromkeys(("build", "scan"))
        for stage in newest:
            with suppress(NotFound):
                newest[stage] = self.newest(repo, {"stage": stage, "ref": ref})
        return {"repo": row, "ref": ref, "newest": newest, "deployments": rows,
                "runs": [self.show_run(row["run"], None) for row in rows[:2]]}

    def create_deployment(self, body):
        self._fenced(body["run"], body["fence"])
        row = self.deployment_of(body["run"])
        if row is None:
            number = next(self._ids) + 100
            row = self.deployments[number] = {
                **body, "id": number, "state": "candidate", "reason": "", "live_since": None, "url": None,
                "container": None, "host": None, "port": None}
        elif row["state"] in ("failed", "removed"):
            row.update(state="candidate", reason="")
        return self._told(row)

    def change_deployment(self, number, body):
        row = self.deployments[number]
        if body.get("state") == "live":
            for other in self.deployments.values():
                if other["repo"] == row["repo"] and other["state"] == "live" and other is not row:
                    other.update(state="kept", reason=f"replaced by deployment {number}")
            row["live_since"] = "now"
        row.update({name: value for name, value in body.items() if value is not None})
        return self._told(row)

    def show_deployment(self, number, _):
        if number not in self.deployments:
            raise NotFound(f"deployment {number}")
        return self._told(self.deployments[number])

    def list_deployments(self, *arguments):
        params = arguments[-1]
        rows = [row for row in self.deployments.values()
                if (len(arguments) == 1 or row["repo"] == arguments[0])
                and row["state"] in params.get("state", row["state"]).split(",")
                and row["run"] == params.get("run", row["run"])]
        rows.sort(key=lambda row: -row["id"])
        return {"items": [self._told(row) for row in rows], "total": len(rows)}

    def _told(self, row):
        run = self.runs[row["run"]]
        return {**row, "run_state": run["state"], "run_kind": run["kind"]}

    def list_images(self, number, params):
        return {"images": self.images}

    def remove_repo(self, number, body):
        del self.repos[number]

    def list_runs(self, params):
        rows = [{**run} for run in self.runs.values()
                if ("active" not in params or (run["state"] in ("pending", "running")) == (params["active"] == "true"))
                and all(str(run[name]) in str(params[name]).split(",")
                        for name in ("repo", "ref", "state", "event") if name in params)]
        return {"items": rows, "total": len(rows)}

    def list_events(self, params):
        if "after" not in params:
            return {"events": [], "last": len(self.events)}
        self.changed.wait_for(lambda: len(self.events) > params["after"], params["wait"])
        return {"events": self.events[params["after"]:], "last": len(self.events)}

    def list_repos(self, params):
        rows = [{**row} for row in self.repos.values()
                if all(row.get(name) == params[name] for name in ("forge", "external_id") if name in params)]
        return {"items": rows, "total": len(rows)}

    def repo(self, number, _):
        if number not in self.repos:
            raise NotFound(f"repo {number}")
        return {**self.repos[number]}

    def repo_by_name(self, forge, owner, name, _):
        for row in self.repos.values():
            if (row["forge"], row["owner"], row["name"]) == (forge, owner, name):
                return {**row}
        raise NotFound(name)

    def put_repo(self, forge, owner, name, body):
        for row in self.repos.values():
            if body.get("external_id") and (row["forge"], row.get("external_id")) == (forge, body["external_id"]):
                row.update(owner=owner, name=name, **body)
                return {**row}
        number = next(self._ids) + 1000
        self.repos[number] = {"id": number, "forge": forge, "owner": owner, "name": name, "app": name,
                              "settings": {}, "last_heads": {}, **body}
        return {**self.repos[number]}

    def change_repo(self, number, body):
        for part in body:
            merged = {**self.repos[number].get(part, {}), **body[part]}
            self.repos[number][part] = {name: value for name, value in merged.items() if value is not None}
        return {**self.repos[number]}

    def list_secrets(self, repo, params):
        return {"items": [{**row, "sealed": row["sealed"].get(params["sealed"])} for row in self.secrets.get(repo, [])]}

    def list_waivers(self, repo, _):
        return {"items": self.waivers.get(repo, [])}

    def list_pulls(self, repo, params):
        rows = [self._pull(key) for key in self.pulls if key[0] == repo]
        rows = [row for row in rows if all(str(row[name]).lower() == params[name]
                                           for name in ("state", "head_commit", "fork") if name in params)]
        return {"items": rows, "total": len(rows)}

    def show_pull(self, repo, number, _):
        if (repo, number) not in self.pulls:
            raise NotFound(f"pull request {number}")
        return self._pull((repo, number))

    def put_pull(self, repo, number, body):
        row = self.pulls.setdefault((repo, number), {"repo": repo, "number": number, "comment": None, "approvals": []})
        row.update(body)
        return self._pull((repo, number))

    def approve_pull(self, repo, number, body):
        self.pulls[repo, number]["approvals"].append(body)
        return self._pull((repo, number))

    def _pull(self, key):
        runs = [run for run in self.runs.values() if run["event"] == "pull_request" and run["repo"] == key[0]
                and run["ref"] == f"refs/pull/{key[1]}/head"]
        return {**self.pulls[key], "run": {**runs[-1]} if runs else None}

    def claim_deliveries(self, body):
        found = [row for row in self.deliveries.values() if row["state"] == "queued"][:body["limit"]]
        for row in found:
            row.update(state="working", owner=body["owner"], attempts=row["attempts"] + 1)
        return {"items": [{**row} for row in found]}

    def change_delivery(self, number, body):
        self.deliveries[number].update(body)
        return {**self.deliveries[number]}

    def account(self, number, _):
        if number not in self.accounts:
            raise NotFound(f"account {number}")
        return {**self.accounts[number]}

    def forge_token(self, number, _):
        if number not in self.tokens:
            raise NotFound("no token")
        return {"sealed": self.tokens[number], "scopes": self.scopes.get(number, [])}

    def keep_token(self, number, body):
        self.tokens[number], self.scopes[number] = body["sealed"], body["scopes"]

    def claim_lease(self, name, body):
        now, (owner, until) = self.lease_clock(), self.leases.get(name, (None, 0))
        if owner not in (None, body["owner"]) and now < until:
            return {"held": False}
        self.leases[name] = body["owner"], now + body["seconds"]
        return {"held": True}

    def release_lease(self, name, body):
        if self.leases.get(name, (None,))[0] == body["owner"]:
            del self.leases[name]

    def drop_token(self, number, _):
        self.tokens.pop(number, None)

    def results(self, run, what, _):
        if (run, what) not in self.found:
            raise NotFound(what)
        return self.found[run, what]


ROUTES = [
    ("POST", r"/v1/runs", FakeDb.create_run), ("POST", r"/v1/runs/claim", FakeDb.claim_runs),
    ("GET", r"/v1/runs", FakeDb.list_runs), ("GET", r"/v1/runs/(\d+)", FakeDb.show_run),
    ("POST", r"/v1/runs/(\d+)/lease", FakeDb.renew), ("PATCH", r"/v1/runs/(\d+)", FakeDb.change_run),
    ("POST", r"/v1/runs/(\d+)/cancel", FakeDb.cancel_run), ("POST", r"/v1/runs/(\d+)/retry", FakeDb.retry_run),
    ("PUT", r"/v1/runs/(\d+)/jobs/([a-z]+)\.(\d+)", FakeDb.put_job), ("GET", r"/v1/events", FakeDb.list_events),
    ("GET", r"/v1/repos/(\d+)/newest", FakeDb.newest), ("GET", r"/v1/repos/(\d+)", FakeDb.repo),
    ("GET", r"/v1/repos/(\d+)/images", FakeDb.list_images), ("GET", r"/v1/repos/(\d+)/starts", FakeDb.starts),
    ("DELETE", r"/v1/repos/(\d+)", FakeDb.remove_repo),
    ("PATCH", r"/v1/repos/(\d+)", FakeDb.change_repo), ("PUT", r"/v1/repos/([a-z]+)/([^/]+)/([^/]+)", FakeDb.put_repo),
    ("GET", r"/v1/repos/by-name/([^/]+)/(.+)/(.+)", FakeDb.repo_by_name),
    ("GET", r"/v1/repos", FakeDb.list_repos),
    ("GET", r"/v1/repos/(\d+)/secrets", FakeDb.list_secrets), ("GET", r"/v1/repos/(\d+)/waivers", FakeDb.list_waivers),
    ("POST", r"/v1/deployments", FakeDb.create_deployment), ("GET", r"/v1/deployments", FakeDb.list_deployments),
    ("GET", r"/v1/repos/(\d+)/deployments", FakeDb.list_deployments),
    ("GET", r"/v1/deployments/(\d+)", FakeDb.show_deployment),
    ("PATCH", r"/v1/deployments/(\d+)", FakeDb.change_deployment),
    ("GET", r"/v1/repos/(\d+)/pulls", FakeDb.list_pulls), ("GET", r"/v1/repos/(\d+)/pulls/(\d+)", FakeDb.show_pull),
    ("PUT", r"/v1/repos/(\d+)/pulls/(\d+)", FakeDb.put_pull), ("PATCH", r"/v1/repos/(\d+)/pulls/(\d+)", FakeDb.put_pull),
    ("POST", r"/v1/repos/(\d+)/pulls/(\d+)/approvals", FakeDb.approve_pull),
    ("POST", r"/v1/deliveries/claim", FakeDb.claim_deliveries), ("PATCH", r"/v1/deliveries/(\d+)", FakeDb.change_delivery),
    ("GET", r"/v1/accounts/(\d+)", FakeDb.account), ("GET", r"/v1/accounts/(\d+)/forge-token", FakeDb.forge_token),
    ("DELETE", r"/v1/accounts/(\d+)/forge-token", FakeDb.drop_token),
    ("PUT", r"/v1/accounts/(\d+)/forge-token", FakeDb.keep_token),
    ("PUT", r"/v1/leases/(.+)", FakeDb.claim_lease), ("DELETE", r"/v1/leases/(.+)", FakeDb.release_lease),
    ("GET", r"/v1/runs/(\d+)/(findings|tests)", FakeDb.results),
]


class FakeWorker(Client):
    """One instance of a worker. `work[stage]` is what it does; `began` counts the beginnings of each stage.

    Switches: `unreachable`; `lose_answers`: so many PUTs arrive and their answers do not; `restart()` forgets all jobs;
    `deaf`: jobs are not ended by DELETE.
    """

    def __init__(self, url, work, began):
        self.url, self._work, self._began = url, work, began
        self.unreachable, self.deaf, self.lose_answers = False, False, 0
        self.deployments, self.removed, self.swept, self.asked = [], [], [], threading.Event()
        self.images_removed = []
        self.jobs = self._fresh()

    def restart(self):
        """Its jobs are gone, and the connections of those who wait for one break."""
        before, self.jobs = self.jobs, self._fresh()
        for job in before.running():
            job.touch()

    def _fresh(self):
        return Jobs({stage: Stage(self._begin(stage), INPUTS[stage]) for stage in self._work}, 9, lambda *_: None)

    def call(self, method, path, json=None, params=None, **_):
        if self.unreachable:
            self.asked.set()
            raise ServiceDown(f"{self.url} does not answer")
        if path == "/v1/jobs":
            return {"jobs": [str(job.key) for job in self.jobs.running()], "worker": self.url}
        if path.startswith("/v1/jobs/"):
            return self._job(method, JobKey.parse(path.removeprefix("/v1/jobs/")), json, params or {})
        if path == "/v1/images/remove":
            return self.images_removed.extend(json["images"])
        if path == "/v1/sweep":
            self.swept.append(json["runs"])
            return {"removed": ["old"]}
        if method == "DELETE":
            return self.removed.append(int(path.rsplit("/", 1)[1]))
        if path.endswith("/stop"):
            return self.removed.append(path)
        return {"version": 1, "deployments": self.deployments}

    def _job(self, method, key, body, params):
        jobs = self.jobs
        if method == "PUT":
            job, _ = self.jobs.put(key, body["fence"], body["inputs"])
            if self.lose_answers:
                self.lose_answers -= 1
                raise ServiceDown("the answer got lost")
        elif method == "DELETE":
            job = self.jobs.get(key) if self.deaf else self.jobs.delete(key)
        else:
            job = self.jobs.get(key)
            job.wait(params.get("seen", 0), params.get("wait", 0))
            if self.unreachable or jobs is not self.jobs:
                raise ServiceDown(f"{self.url} does not answer")
        return {**job.view(), "worker": self.url}

    def _begin(self, stage):
        def work(inputs, log, cancel):
            self._began.append(f"{stage}.{inputs.attempt}")
            return self._work[stage](inputs, log, cancel)
        return work


class World:
    """Everything a conductor works with. `work[stage](inputs, log, cancel)` may be replaced; `began` tells the
    beginnings in their order."""

    def __init__(self, instances=1):
        self.db, self.began = FakeDb(), []
        self.work = {stage: self._succeed(stage) for stage in WORKERS}
        self.workers = {name: [FakeWorker(f"http://{name}{i}:8000", self.work, self.began) for i in range(instances)]
                        for name in dict.fromkeys(WORKERS.values())}
        self.forge = FakeForge()
        self.feedback = FakeFeedback()

    def client_of(self, worker, url):
        for instance in self.workers[worker]:
            if instance.url == url:
                return instance
        raise ServiceDown(f"no instance {url}")

    def addresses(self, worker):
        return [instance.url for instance in self.workers[worker]]

    @property
    def deployer(self):
        return self.workers["deployer"][0]

    @staticmethod
    def _succeed(stage):
        return lambda inputs, log, cancel: OUTPUTS[stage]


class Gate:
    """Work that waits: `reached` once it runs, ends with `outputs` at `open()`, and at a cancel."""

    def __init__(self, outputs):
        self.reached, self.opened, self.canceled = threading.Event(), threading.Event(), threading.Event()
        self._outputs = outputs

    def __call__(self, inputs, log, cancel):
        take_back = cancel.on_request(self._stop)
        self.reached.set()
        assert self.opened.wait(20)
        take_back()
        cancel.check()
        return self._outputs

    def open(self):
        self.opened.set()

    def _stop(self):
        self.canceled.set()
        self.opened.set()
