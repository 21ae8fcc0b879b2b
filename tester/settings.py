"""What the tester reads from its environment: what every worker does."""

from __future__ import annotations

from common.worker.app import WorkerSettings


class TesterSettings(WorkerSettings):
    pass
