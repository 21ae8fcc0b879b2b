"""dbproxy, workers and deployer in memory, with failures that tests switch on.

FakeDb keeps dbproxy's rules (fences, terminal states, claims). FakeWorker runs the real job API of common/worker/jobs.py, so
its life cycle, fences and tombstones are the real ones; what a stage does is a function that the test gives.
"""

from tests.unit.orchestrator.fake_forges import COMMIT

from .db import FakeDb
from .outputs import DIGEST, IMAGE, OUTPUTS, build_outputs
from .work import Gate, failing, raising
from .world import World

__all__ = ["COMMIT", "DIGEST", "IMAGE", "OUTPUTS", "FakeDb", "Gate", "World", "build_outputs", "failing", "raising"]
