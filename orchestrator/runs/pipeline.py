"""Which stages a run has, and what each waits for: the table of stages (common/wire/stages.py) and `.continuum.yml`.

Kinds are parts of the table. Each starts from the newest fitting result of the stage before it (starting_points.py):

    full      all stages
    build     build alone
    scan      scan alone, of the newest image of the ref
    deploy    puts the newest image of the ref live: deploy, test and promote, and scan too where that very image
              has not passed the gate yet. Nothing takes traffic unscanned or untested, whatever was pressed.
    test      test alone, against what is live now; with `deploy: none` against the newest image of the ref
    rollback  deploy and promote of an image that was live before, so it passed gate and tests then; its health is
              still waited for, and the way back stays short

`deploy: none` has neither deploy nor promote: the tests' commands run in a container of the image. A pull request's run
has no promote: its candidate is a preview, and is removed when the run is over.
"""

from __future__ import annotations

from collections.abc import Collection

from common.wire import stages
from common.wire.contracts import RepoConfig

PREVIEW_EVENT = "pull_request"
Graph = dict[str, frozenset[str]]


def graph(kind: str, config: RepoConfig | None = None, given: Collection[str] = (), preview: bool = False) -> Graph:
    """Stage -> the stages it waits for, in their order.

    `config` is None until build has read it; only stages that wait for build depend on it. `given`: stages whose
    results come from an earlier run. `preview`: the run is a pull request's.
    """
    serves = not (config and config.deploy == "none")
    chosen = [name for name in stages.of_kind(kind) if name not in given and (serves or not stages.STAGES[name].serves)
              and not (preview and stages.STAGES[name].goes_live)]
    waits = {name: row.after for name, row in stages.STAGES.items()}
    if config and config.scan.first:
        waits["deploy"] += ("scan",)
    return {stage: frozenset(_before(stage, waits, chosen)) for stage in chosen}


def _before(stage: str, waits: dict[str, tuple[str, ...]], chosen: list[str]) -> set[str]:
    """What `stage` waits for; a stage that is left out hands on what it would have waited for."""
    found: set[str] = set()
    for earlier in waits[stage]:
        found |= {earlier} if earlier in chosen else _before(earlier, waits, chosen)
    return found
