"""What became of a candidate, told from what we did to it ourselves."""

import pytest

from common.wire.errors import StageError
from tester.candidate import fate


class Deployer:
    def __init__(self, **entry):
        self._entry = {"deployment": 3, "state": "running", "exit_code": 0, "interrupted": False, **entry}

    def get(self, path, patience):
        return {"deployments": [self._entry]}


def test_a_candidate_that_crashed_is_told_as_such():
    assert fate(Deployer(), 3) is None
    death = "the app exited 1 before its tests were over; its last lines:\nTraceback"
    assert fate(Deployer(state="exited", death=death), 3) == death
    assert fate(Deployer(state="paused"), 3) == "the candidate's container is paused"
    assert fate(Deployer(), 4) == "the app's container is gone"


@pytest.mark.parametrize("state", ["exited", "running"])
def test_one_that_down_stopped_is_our_error_and_not_the_apps_failure(state):
    with pytest.raises(StageError, match="stopped while Continuum was down"):
        fate(Deployer(state=state, interrupted=True), 3)
