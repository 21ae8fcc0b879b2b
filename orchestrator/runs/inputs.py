"""What each stage is given, made of the run, its repo and the results of the stages before it."""

from __future__ import annotations

from functools import partial
from typing import Any

from common.api.client import Dbproxy
from common.secrets.sealing import seal
from common.wire.contracts import (
    BuildInputs,
    Clone,
    DeployConfig,
    DeployInputs,
    ImageRef,
    Limits,
    PromoteInputs,
    ScanInputs,
    SealedSecret,
    StageInputs,
    TestInputs,
    WaiverRule,
    inputs_of,
)
from common.wire.errors import Failure, Unauthorized
from common.wire.stages import before
from forges import Forge

from .deployment import Deployment
from .disk import Disks
from .starting_points import StartingPoints
from .state import Outputs, RunState


class Inputs:
    """For one run. `of(stage, attempt)` answers JSON; raises Failure where the person has to set something first."""

    def __init__(self, run_state: RunState, db: Dbproxy, forge: Forge, deployment: Deployment, disks: Disks,
                 builder_key: str = ""):
        self._run_state, self._db, self._forge, self._deployment = run_state, db, forge, deployment
        self._disks = disks
        self._builder_key = builder_key          # public half, to seal the clone's token to
        self._repo = run_state.repo

    def of(self, stage: str, attempt: int) -> dict[str, Any]:
        run = self._run_state.run
        common = StageInputs(run=run.id, attempt=attempt, repo=self._repo, ref=run.ref, commit=run.commit, event=run.event,
                             limits=self._limits())
        make = getattr(self, f"_to_{stage}", None) or partial(self._results, stage)
        return make(common).model_dump(mode="json")

    def _results(self, stage: str, common: StageInputs) -> StageInputs:
        """For a stage that needs nothing but what the stages before it gave."""
        results = self._run_state.results
        return inputs_of(stage)(**dict(common), results={name: results[name] for name in before(stage) if name in results})

    def _limits(self) -> Limits:
        """What owners allow this repository now; a retry of an old run gets today's limits."""
        return self._db.limits.of_repo(self._repo.id).limits

    @property
    def _built(self) -> Outputs:
        return self._run_state.results["build"]

    @property
    def _image(self) -> ImageRef:
        return ImageRef(**self._built["image"])

    def _to_build(self, common: StageInputs) -> BuildInputs:
        self._disks.check(self._repo.id, common.limits)
        settings = self._db.repos.get(self._repo.id).settings
        return BuildInputs(**dict(common), clone=self._clone(), foreign=self._run_state.foreign,
                           secrets=list(self._secrets("build", "builder").values()),
                           submodules=settings.submodules,
                           private_submodules=settings.private_submodules and not self._run_state.foreign,
                           lfs=settings.lfs, shared=self._shared())

    def _shared(self) -> list[str]:
        """Other owners' repositories of the forge whose admins let this one have them as submodules."""
        if not self._forge.supports("sharing"):
            return []
        return [row.path for row in self._db.repos.all(forge=self._forge.name, shared_with=self._repo.path, sort="id")]

    def _clone(self) -> Clone:
        """With the token of the repository's grant, which builder alone can read; raises Failure where there is none."""
        clone = self._forge.clone(self._repo.owner, self._repo.name)
        try:
            grant = self._forge.grant(self._repo.owner, self._repo.name)
        except Unauthorized as nobody:
            raise Failure(nobody.detail) from nobody
        if grant is None:
            return clone
        return clone.model_copy(update={"sealed_token": seal(grant.token.get_secret_value(), self._builder_key)})

    def _to_scan(self, common: StageInputs) -> ScanInputs:
        live = StartingPoints(self._db).live(self._repo.id)
        rules = [WaiverRule(id=row.vulnerability, package=row.package, reason=row.reason, until=row.until)
                 for row in self._db.waivers.page(self._repo.id).items]
        return ScanInputs(**dict(common), image=self._image, gate=self._run_state.config.scan, waivers=rules,
                          baseline_run=StartingPoints(self._db).scan_behind(live) if live else None)

    def _to_deploy(self, common: StageInputs) -> DeployInputs:
        config = self._deploy_config
        known = self._secrets("deploy", "deployer")
        missing = [name for name in config.secrets if name not in known]
        if missing:
            raise Failure(f"deploy.secrets names {', '.join(missing)}, which this repository does not have: set it "
                          "for the use deploy, or take it out of .continuum.yml")
        return DeployInputs(**dict(common), deployment=self._deployment.open(self._image), app=self._run_state.run.app,
                            environment=self._deployment.environment,
                            image=self._image, config=config, exposed=self._built.get("exposed", []),
                            healthcheck=self._built.get("healthcheck", False),
                            secrets=[known[name] for name in config.secrets])

    def _to_test(self, common: StageInputs) -> TestInputs:
        config, started = self._run_state.config, self._run_state.results.get("deploy")
        if started is None:
            return TestInputs(**dict(common), deployment=None, image=self._image, config=config.test)
        number = started.get("deployment") or self._own_deployment()
        return TestInputs(**dict(common), deployment=number, image=self._image, host=started["host"], port=started["port"],
                          protocol=started["protocol"], config=config.test, deploy=self._deploy_config)

    def _to_promote(self, common: StageInputs) -> PromoteInputs:
        started = self._run_state.results["deploy"]
        return PromoteInputs(**dict(common), deployment=self._own_deployment(), container=started["container"],
                             port=started["port"], protocol=self._protocol(started),
                             config=self._run_state.config.deploy, app=self._run_state.run.app,
                             rollback=self._run_state.run.kind == "rollback")

    def _protocol(self, started: Outputs) -> str | None:
        """As deploy found it; HTTP checks that passed prove HTTP where deploy could not tell."""
        config = self._run_state.config
        unknown = started["protocol"] == "tcp" and config.deploy.protocol is None
        return "http" if unknown and config.test.http and "test" in self._run_state.results else started["protocol"]

    @property
    def _deploy_config(self) -> DeployConfig:
        """A fork's own file may name secrets: it gets none of them."""
        config = self._run_state.config.deploy
        return config.model_copy(update={"secrets": []}) if self._run_state.foreign else config

    def _own_deployment(self) -> int:
        return self._deployment.number or self._deployment.open(self._image)

    def _secrets(self, use: str, service: str) -> dict[str, SealedSecret]:
        """The repo's secrets of that use, sealed to the service that uses them; none for a fork's pull request."""
        if self._run_state.foreign:
            return {}
        return {row.name: SealedSecret(name=row.name, sealed=row.sealed)
                for row in self._db.secrets.sealed(self._repo.id, service) if use in row.use}
