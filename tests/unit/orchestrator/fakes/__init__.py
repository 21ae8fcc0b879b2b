"""dbproxy, workers and deployer in memory, with failures that tests switch on.

FakeDb keeps dbproxy's rules (fences, terminal states, claims). FakeWorker runs the real job API of common/worker/jobs.py, so
its life cycle, fences and tombstones are the real ones; what a stage does is a function that the test gives.
"""

from tests.unit.orchestrator.fake_forges import COMMIT

from .db import FakeDb
from .outputs import DIGEST, IMAGE, OUTPUTS, build_outputs
from .rows import deployment_row, finding_row, findings_page, repo_row, report_of_tests, run_row
from .work import Gate, failing, raising
from .world import World

__all__ = ["COMMIT", "DIGEST", "IMAGE", "OUTPUTS", "FakeDb", "Gate", "World", "build_outputs",
           "deployment_row", "failing", "finding_row", "findings_page", "raising", "repo_row", "report_of_tests", "run_row"]
