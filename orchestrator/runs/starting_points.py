"""What a run that does not begin with build starts from: the newest fitting result of the stage before it.

A kind that cannot be raises Conflict with the reason, which the pages show beside the disabled button.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from common.api.client import Dbproxy
from common.api.deployments import Deployment
from common.api.repos import Repo
from common.api.runs import RunWithJobs
from common.wire.errors import Conflict, shown
from common.wire.stages import KINDS, LASTING

from .results import STANDING, Results, Starts
from .start import Outputs, RunInputs, Start

KEPT = frozenset({"kept", "stopped"})


class StartingPoints:
    """Chooses among results of earlier runs."""

    def __init__(self, db: Dbproxy, results: Results | None = None):
        self._db, self._results = db, results or Results(db)

    def of(self, kind: str, repo: Repo, ref: str) -> Start:
        """For the kinds that do not start from a commit."""
        return {"image": self._image, "release": self._image_to_deploy, "live": self._to_test,
                "former": lambda repo, _: self.of_rollback(repo, None)}[KINDS[kind].starts_from](repo, ref)

    def kinds(self, repo: int, ref: str | None) -> dict[str, str | None]:
        """Each kind: None, or why it cannot run now. `ref` None: of the default branch. Raises NotFound."""
        starts = Starts(self._db, repo, ref)
        look = StartingPoints(self._db, starts)
        return {kind: None if row.starts_from == "commit" else _why_not(look.of, kind, starts.repo, starts.ref)
                for kind, row in KINDS.items()}

    def of_rollback(self, repo: Repo, digest: str | None) -> Start:
        """The newest deployment that was live before what is live now; or the newest one of `digest`.

        After a rollback "before" counts from the version that it went back to, so a second one goes further back
        and not forward to what was just left.
        """
        rows = self._results.deployments(repo.id, STANDING | {"removed"} if digest else STANDING)
        return self._rollback_among(rows, digest) or self._rollback_to_image(repo, digest)

    def _rollback_to_image(self, repo: Repo, digest: str | None) -> Start:
        """A version whose container is gone is restored from its image."""
        found = None if digest else self._rollback_among(self._results.deployments(repo.id, STANDING | {"removed"}),
                                                         None, {"removed"})
        if found is None:
            raise Conflict(f"{digest} was never live here" if digest else "no earlier version was live",
                           error="no_result")
        return found

    def _rollback_among(self, rows: list[Deployment], digest: str | None, kept: Set[str] = KEPT) -> Start | None:
        live = next((row for row in rows if row.state == "live"), None)
        if digest and live and live.digest == digest:
            raise Conflict("that image is live already", error="nothing_to_do")
        before = self._origin(live) if live else float("inf")
        fitting = [row for row in rows if row.live_since and (
            row.digest == digest and row.state in {"kept", "stopped", "removed"} if digest else
            row.id < before and row.state in kept)]
        if not fitting:
            return None
        start = self._behind(fitting[0])
        return replace(start, inputs=start.inputs.model_copy(update={"rollback_of": fitting[0].id}))

    def _origin(self, deployment: Deployment) -> int:
        """Number of the deployment that a rollback (of a rollback, …) went back to."""
        while deployment.run_kind == "rollback":
            deployment = self._results.deployment(_inputs(self.run(deployment.run)).rollback_of)
        return deployment.id

    def live(self, repo: int) -> Deployment | None:
        """The repo's live deployment."""
        return self._results.live(repo)

    def run(self, number: int) -> RunWithJobs:
        return self._results.run(number)

    def scan_behind(self, deployment: Deployment) -> int:
        """The run that holds the findings of a deployment's image."""
        return _inputs(self.run(deployment.run)).sources.get("scan", deployment.run)

    def _image(self, repo: Repo, ref: str) -> Start:
        job = self._results.newest(repo.id, "build", ref)
        if job is None:
            raise Conflict(f"{shown(ref)} has no image yet: run build or full first", error="no_result")
        return Start(job.run.commit, ref, job.run.message, job.run.author,
                     RunInputs(results={"build": job.outputs}, sources={"build": job.run.id}))

    def _image_to_deploy(self, repo: Repo, ref: str) -> Start:
        found = self._image(repo, ref)
        if found.inputs.results["build"]["config"].get("deploy") == "none":
            raise Conflict("its .continuum.yml says deploy: none", error="no_deploy")
        scan = self._results.newest(repo.id, "scan", ref)
        image = found.inputs.results["build"]["image"]
        if scan and (scan.inputs or {}).get("image") == image:
            found.inputs.results["scan"] = scan.outputs
            found.inputs.sources["scan"] = scan.run.id
        return found

    def _to_test(self, repo: Repo, ref: str) -> Start:
        live = self.live(repo.id)
        if live:
            found = self._behind(live)
            found.inputs.results["deploy"] = {"deployment": live.id, "host": live.host, "port": live.port,
                                              "protocol": self._protocol(live)}
            return found
        found = self._image(repo, ref)
        if found.inputs.results["build"]["config"].get("deploy") != "none":
            raise Conflict("nothing is live: run full or deploy first", error="no_result")
        return found

    def _behind(self, deployment: Deployment) -> Start:
        """The build (and its config) that a deployment came from."""
        run = self.run(deployment.run)
        built = _outputs(run, "build")
        if built is None:
            raise Conflict(f"the build of run {run.id} is gone", error="no_result")
        sources = {**dict.fromkeys(LASTING, run.id), **_inputs(run).sources}
        return Start(deployment.commit, run.ref, run.message, run.author,
                     RunInputs(results={"build": built}, sources=sources))

    def _protocol(self, deployment: Deployment) -> str | None:
        return (_outputs(self.run(deployment.run), "deploy") or {}).get("protocol")


def _inputs(run: RunWithJobs) -> RunInputs:
    return RunInputs.model_validate(run.inputs)


def _outputs(run: RunWithJobs, stage: str) -> Outputs | None:
    """What a stage gave in a run, or what the run was given for it."""
    done = [job for job in run.jobs if job.stage == stage and job.state == "success"]
    return max(done, key=lambda job: job.attempt).outputs if done else _inputs(run).results.get(stage)


def _why_not(look, *arguments) -> str | None:
    try:
        look(*arguments)
    except Conflict as reason:
        return reason.detail
    return None
