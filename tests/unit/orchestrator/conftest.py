import threading

import pytest

from orchestrator.background.threads import Threads
from orchestrator.credentials.registry_rights import Images
from orchestrator.credentials.registry_tokens import RegistryTokens
from orchestrator.runs.conductor import Tools, conduct
from orchestrator.runs.lease import RunLease
from orchestrator.runs.workers import WorkerClient
from tests.harness.registry import signing
from tests.unit.orchestrator.fakes import FakeDb, World
from tests.unit.orchestrator.folder import Repository, another


class Player:
    """Plays runs in a World: here and now, or in a thread of their own."""

    def __init__(self, world, patience=0.3):
        self.world = world
        self.tools = Tools(world.db.api, WorkerClient(world.client_of, world.addresses, patience=patience), world.deployer,
                           Images(world.workers["builder"][0], RegistryTokens(*signing())),
                           {"local": world.forge}, Threads())

    def claim(self):
        """(hold, the run as claimed)"""
        row = self.world.db.claim()
        return RunLease(self.world.db.api, row.id, row.fence), row

    def play(self, run, claimed=None):
        """To the end of the run (or of our hold on it); its row."""
        hold, row = claimed or self.claim()
        conduct(hold, self.tools, row)
        return self.world.db.runs[run]

    def begin(self):
        """(hold, thread)"""
        hold, row = self.claim()
        thread = threading.Thread(target=conduct, args=(hold, self.tools, row), daemon=True)
        thread.start()
        return hold, thread


@pytest.fixture
def world():
    return World()


@pytest.fixture
def player(world):
    return Player(world)


# ---- a folder of repositories and its watcher (folder.py)

@pytest.fixture
def repository(tmp_path):
    repository = Repository(tmp_path / "ada" / "site")
    repository.commit("first", Dockerfile="FROM scratch")
    return repository


@pytest.fixture
def db():
    """A dbproxy that knows no repository yet."""
    db = FakeDb()
    db.repos.clear()
    return db


@pytest.fixture
def watcher(db, tmp_path, repository):
    return another(db, tmp_path)
