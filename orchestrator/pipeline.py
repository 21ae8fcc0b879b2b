"""The order of the stages, in one place.

    build --+--> scan ----------------+--> promote
            `--> deploy ---> test ----'

The candidate that deploy starts is shut off from traffic, so it need not wait for the scan; `scan: {first: true}`
makes it wait. `deploy: none` has neither deploy nor promote: the tests' commands run in a container of the image.

Kinds are parts of that graph. Each starts from the newest fitting result of the stage before it (sources.py):

    full      all stages
    build     build alone
    scan      scan alone, of the newest image of the ref
    deploy    puts the newest image of the ref live: deploy, test and promote, and scan too where that very image
              has not passed the gate yet. Nothing takes traffic unscanned or untested, whatever was pressed.
    test      test alone, against what is live now; with `deploy: none` against the newest image of the ref
    rollback  deploy and promote of an image that was live before, so it passed gate and tests then; its health is
              still waited for, and the way back stays short

A pull request's run has no promote: its candidate is a preview, and is removed when the run is over.
"""

from __future__ import annotations

from collections.abc import Collection

from common.contracts import RepoConfig

WORKERS = {"build": "builder", "scan": "scanner", "deploy": "deployer", "test": "tester", "promote": "deployer"}
ORDER = tuple(WORKERS)

_AFTER = {"build": (), "scan": ("build",), "deploy": ("build",), "test": ("deploy",), "promote": ("scan", "test")}
_KINDS = {"full": ORDER, "build": ("build",), "scan": ("scan",), "deploy": ("scan", "deploy", "test", "promote"),
          "test": ("test",), "rollback": ("deploy", "promote")}

PREVIEW_EVENT = "pull_request"
Graph = dict[str, frozenset[str]]


def graph(kind: str, config: RepoConfig | None = None, given: Collection[str] = (), preview: bool = False) -> Graph:
    """Stage -> the stages it waits for, in their order.

    `config` is None until build has read it; only stages that wait for build depend on it. `given`: stages whose
    results come from an earlier run. `preview`: the run is a pull request's.
    """
    left_out = set(given) | ({"promote"} if preview else set()) | ({"deploy", "promote"} if config and config.deploy == "none" else set())
    stages = [stage for stage in ORDER if stage in _KINDS[kind] and stage not in left_out]
    waits = dict(_AFTER)
    if config and config.scan.first:
        waits["deploy"] += ("scan",)
    return {stage: frozenset(_before(stage, waits, stages)) for stage in stages}


def _before(stage: str, waits: dict[str, tuple[str, ...]], stages: list[str]) -> set[str]:
    """What `stage` waits for; a stage that is left out hands on what it would have waited for."""
    found: set[str] = set()
    for earlier in waits[stage]:
        found |= {earlier} if earlier in stages else _before(earlier, waits, stages)
    return found
