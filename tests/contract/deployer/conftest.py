import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import Deployer, World, unique  # noqa: E402


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Registry and Caddy, started once."""
    world = World(tmp_path_factory.mktemp("deployer"))
    world.clean()
    try:
        world.start_registry()
        world.start_caddy()
        world.start_engine_proxy()
        yield world
    finally:
        world.stop_engine_proxy()
        world.clean()


@pytest.fixture(scope="session")
def deployer(world):
    """One deployer that listens to the engine, as in a standing installation."""
    deployer = Deployer(world)
    deployer.listen()
    return deployer


@pytest.fixture
def app():
    """Name of an app that nobody else uses."""
    return unique("app")


@pytest.fixture(autouse=True)
def no_leftovers(world, deployer):
    """Each test leaves no container of an app or a command behind, and no record of one."""
    yield
    for path in [*world.routes.glob("*"), *world.routes.glob(".records/*.json")]:
        if path.is_file():
            path.unlink()
    for item in deployer.parts.engine.containers():
        deployer.parts.engine.remove(item["Id"])
