"""What a run that does not begin with build starts from: the newest fitting result of the stage before it.

Chosen once, when the run is made, and kept in its inputs: a retry has the same image before it. The answer is

    {commit, ref, results: {stage: outputs}, sources: {stage: run}, …}

A kind that cannot be raises Conflict with the reason, which the pages show beside the disabled button.
"""

from __future__ import annotations

from common.client import ServiceClient
from common.errors import Conflict, NotFound


class Sources:
    """Looks results up in dbproxy."""

    def __init__(self, db: ServiceClient):
        self._db = db

    def of(self, kind: str, repo: dict, ref: str) -> dict:
        """For the kinds scan, deploy and test."""
        return {"scan": self._image, "deploy": self._image_to_deploy, "test": self._to_test}[kind](repo, ref)

    def kinds(self, repo: dict, ref: str) -> dict[str, str | None]:
        """Each kind: None, or why it cannot run now."""
        look = Sources(_AskedOnce(self._db))
        return {"full": None, "build": None, "rollback": _why_not(look.of_rollback, repo, None),
                **{kind: _why_not(look.of, kind, repo, ref) for kind in ("scan", "deploy", "test")}}

    def of_rollback(self, repo: dict, digest: str | None) -> dict:
        """The newest deployment that was live before what is live now; or the newest one of `digest`.

        After a rollback "before" counts from the version that it went back to, so a second one goes further back
        and not forward to what was just left.
        """
        rows = self._deployments(repo, "live,kept,stopped,removed" if digest else "live,kept,stopped")
        live = next((row for row in rows if row["state"] == "live"), None)
        if digest and live and live["digest"] == digest:
            raise Conflict("that image is live already", error="nothing_to_do")
        before = self._origin(live) if live else float("inf")
        fitting = [row for row in rows if row["live_since"] and (
            row["digest"] == digest and row["state"] in {"kept", "stopped", "removed"} if digest else
            row["id"] < before and row["state"] in {"kept", "stopped"})]
        if not fitting:
            raise Conflict(f"{digest} was never live here" if digest else "no earlier version is kept",
                           error="no_result")
        return {**self._behind(fitting[0]), "rollback_of": fitting[0]["id"]}

    def _origin(self, deployment: dict) -> int:
        """Number of the deployment that a rollback (of a rollback, …) went back to."""
        while deployment["run_kind"] == "rollback":
            number = self.run(deployment["run"])["inputs"]["rollback_of"]
            deployment = self._db.get(f"/v1/deployments/{number}")
        return deployment["id"]

    def live(self, repo: int) -> dict | None:
        """The repo's live deployment."""
        rows = self._db.get(f"/v1/repos/{repo}/deployments", params={"state": "live"})["items"]
        return rows[0] if rows else None

    def run(self, number: int) -> dict:
        return self._db.get(f"/v1/runs/{number}")

    def scan_behind(self, deployment: dict) -> int:
        """The run that holds the findings of a deployment's image."""
        return (self.run(deployment["run"]).get("inputs") or {}).get("sources", {}).get("scan", deployment["run"])

    def _image(self, repo: dict, ref: str) -> dict:
        job = self._newest(repo, "build", ref)
        if job is None:
            raise Conflict(f"{ref} has no image yet: run build or full first", error="no_result")
        return {"commit": job["run"]["commit"], "ref": ref, "message": job["run"]["message"],
                "author": job["run"]["author"], "results": {"build": job["outputs"]},
                "sources": {"build": job["run"]["id"]}}

    def _image_to_deploy(self, repo: dict, ref: str) -> dict:
        found = self._image(repo, ref)
        if found["results"]["build"]["config"].get("deploy") == "none":
            raise Conflict("its .continuum.yml says deploy: none", error="no_deploy")
        scan = self._newest(repo, "scan", ref)
        image = found["results"]["build"]["image"]
        if scan and (scan.get("inputs") or {}).get("image") == image:
            found["results"]["scan"] = scan["outputs"]
            found["sources"]["scan"] = scan["run"]["id"]
        return found

    def _to_test(self, repo: dict, ref: str) -> dict:
        live = self.live(repo["id"])
        if live:
            found = self._behind(live)
            found["results"]["deploy"] = {"deployment": live["id"], "host": live["host"], "port": live["port"],
                                          "protocol": self._protocol(live)}
            return found
        found = self._image(repo, ref)
        if found["results"]["build"]["config"].get("deploy") != "none":
            raise Conflict("nothing is live: run full or deploy first", error="no_result")
        return found

    def _behind(self, deployment: dict) -> dict:
        """The build (and its config) that a deployment came from."""
        run = self.run(deployment["run"])
        built = _outputs(run, "build")
        if built is None:
            raise Conflict(f"the build of run {run['id']} is gone", error="no_result")
        sources = {"build": run["id"], "scan": run["id"], **(run.get("inputs") or {}).get("sources", {})}
        return {"commit": deployment["commit"], "ref": run["ref"], "message": run["message"], "author": run["author"],
                "results": {"build": built}, "sources": sources}

    def _protocol(self, deployment: dict) -> str | None:
        return (_outputs(self.run(deployment["run"]), "deploy") or {}).get("protocol")

    def _newest(self, repo: dict, stage: str, ref: str) -> dict | None:
        try:
            return self._db.get(f"/v1/repos/{repo['id']}/newest", params={"stage": stage, "ref": ref})
        except NotFound:
            return None

    def _deployments(self, repo: dict, states: str) -> list[dict]:
        """Newest first; most are `removed`, and not asked for where they do not count."""
        return self._db.get(f"/v1/repos/{repo['id']}/deployments", params={"per_page": 100, "state": states})["items"]


class _AskedOnce:
    """dbproxy for one look: several kinds begin with the same build and the same live deployment."""

    def __init__(self, db: ServiceClient):
        self._db = db
        self._answers: dict[tuple, dict | NotFound] = {}

    def get(self, path: str, params: dict | None = None) -> dict:
        question = (path, *sorted((params or {}).items()))
        if question not in self._answers:
            try:
                self._answers[question] = self._db.get(path, params=params)
            except NotFound as unknown:
                self._answers[question] = unknown
        if isinstance(self._answers[question], NotFound):
            raise self._answers[question]
        return self._answers[question]


def _outputs(run: dict, stage: str) -> dict | None:
    """What a stage gave in a run, or what the run was given for it."""
    done = [job for job in run.get("jobs", []) if job["stage"] == stage and job["state"] == "success"]
    if done:
        return max(done, key=lambda job: job["attempt"])["outputs"]
    return (run.get("inputs") or {}).get("results", {}).get(stage)


def _why_not(look, *arguments) -> str | None:
    try:
        look(*arguments)
    except Conflict as reason:
        return reason.detail
    return None
