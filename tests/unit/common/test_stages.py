"""The table of stages says only what the rest can follow."""

import pytest

from common.wire import contracts, stages
from tests.unit.orchestrator.fakes import OUTPUTS

SERVICES = {"builder", "scanner", "deployer", "tester"}


@pytest.mark.parametrize("row", stages.STAGES.values(), ids=str)
def test_a_stage_names_only_what_there_is(row):
    names = list(stages.STAGES)
    assert row.name.isalpha() and row.name.islower() and len(row.name) <= 20, "dbproxy's CHECK and job ids want that"
    assert set(row.after) <= set(names[:names.index(row.name)]), "it waits for earlier rows alone, so there is no circle"
    assert row.worker in SERVICES and set(row.kinds) <= set(stages.KINDS) and "full" in row.kinds
    assert issubclass(contracts.inputs_of(row.name), contracts.StageInputs)


@pytest.mark.parametrize("row", [row for row in stages.STAGES.values() if row.outputs], ids=str)
def test_its_outputs_are_those_of_the_contract(row):
    getattr(contracts, row.outputs).model_validate(OUTPUTS[row.name])


def test_each_kind_has_stages():
    assert all(stages.of_kind(kind) for kind in stages.KINDS)


def test_what_the_table_says_now():
    """As people know it; the derived lists follow."""
    assert list(stages.STAGES) == ["build", "scan", "deploy", "test", "promote"]
    assert stages.of_kind("deploy") == ("scan", "deploy", "test", "promote")
    assert stages.of_kind("rollback") == ("deploy", "promote")
    assert stages.before("promote") == ("build", "scan", "deploy", "test")
    assert stages.STARTABLE == ("full", "build", "scan", "deploy", "test")
    assert stages.TERMINAL == ("success", "failure", "error", "canceled", "skipped")
    assert stages.TERMINAL[:4] == stages.RUN_ENDS and stages.UNFINISHED == ("pending", "running")
    assert stages.RETRYABLE == ("failure", "error", "canceled") and stages.FAILED == ("failure", "error")
