"""What became of a candidate, told from what we did to it ourselves."""

import pytest

from tester.candidate import fate


class Deployer:
    def __init__(self, **entry):
        self._entry = {"deployment": 3, "state": "running", "exit_code": 0, "interrupted": False, **entry}

    def get(self, path, patience):
        return {"deployments": [self._entry]}


def test_a_candidate_that_crashed_is_told_as_such():
    assert fate(Deployer(), 3) is None
    assert fate(Deployer(state="exited", exit_code=1), 3) == "the candidate has exited, exit code 1"
    assert fate(Deployer(), 4) == "the candidate's container is gone"


@pytest.mark.parametrize("state", ["exited", "running"])
def test_one_that_down_stopped_is_our_error_and_not_the_apps_failure(state):
    with pytest.raises(RuntimeError, match="stopped while Continuum was down"):
        fate(Deployer(state=state, interrupted=True), 3)
