"""Why a container of an app is over, in words: its state, its last lines, the hint that they give."""

from __future__ import annotations

from docker.errors import APIError

from common.wire.errors import Failure
from common.worker.lines import clean

from . import reasons
from .engine import Engine
from .engine_answers import Inspected
from .output import LAST
from .secret_values import masker_of

BEING_REMOVED = (404, 409)      # the engine's answers before and while it removes a container


def last_lines(engine: Engine, found: Inspected) -> list[str]:
    """What an inspected container printed last, without its secrets; nothing of one that is removed meanwhile."""
    try:
        text = engine.api.logs(found["Id"], stdout=True, stderr=True, tail=LAST).decode(errors="replace")
    except APIError as problem:
        if problem.status_code not in BEING_REMOVED:
            raise
        return []
    hide = masker_of(found["Config"])
    return [clean(hide.mask(line)) for line in text.splitlines()]


def death(engine: Engine, found: Inspected, when: str) -> Failure:
    """Of an inspected container that is over. `when`: "4 s after it went live"."""
    return reasons.exited(found["State"], when, last_lines(engine, found), found["HostConfig"]["Memory"])
