"""A container that ended while deployer was away was ended by us: that is no failure of the app."""

from datetime import datetime, timedelta, timezone

import pytest

from deployer.engine import Engine


def at(engine: Engine, seconds: float) -> str:
    moment = datetime.fromtimestamp(engine.began, timezone.utc) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f789Z")


@pytest.mark.parametrize(("created", "started", "finished", "interrupted"), [
    (-60, -60, -20, True),       # stopped by `down`
    (-60, 5, -20, True),         # and started again by the engine
    (-60, 5, 20, False),         # which it then ended by itself
    (-60, -60, None, False),     # deployer alone was started again
    (5, 5, 20, False),           # a candidate of our own time
    (0.001, 1.5, None, False),   # created within the second in which deployer started
])
def test_what_ended_while_nobody_watched_was_interrupted(created, started, finished, interrupted):
    engine = Engine("unix:///nowhere", "x", "probe")
    over = finished is not None and finished > started or (finished is not None and started < 0)
    state = {"Running": not over, "Status": "exited" if over else "running", "StartedAt": at(engine, started),
             "FinishedAt": at(engine, finished) if finished is not None else "0001-01-01T00:00:00Z"}
    assert engine.interrupted({"Created": at(engine, created), "State": state}) is interrupted
