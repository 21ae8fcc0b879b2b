import pytest

from common.sealing import new_seal_key
from common.tokens import new_key
from dashboard.app import create_app
from dashboard.settings import DashboardSettings
from dashboard.web import static

from tests.unit.dashboard.fakes import Fakes, World
from tests.unit.dashboard.world import People


@pytest.fixture(scope="session", autouse=True)
def scripts_of_others(tmp_path_factory):
    """Stand-ins for what the image build fetches from npm: these tests need no network."""
    folder = tmp_path_factory.mktemp("vendor")
    with pytest.MonkeyPatch.context() as patch:
        for name in static.VENDOR:
            (folder / name).write_text(f"/* {name} */")
            patch.setitem(static.VENDOR, name, folder / name)
        yield


@pytest.fixture(scope="session")
def keys() -> dict[str, tuple[str, str]]:
    """Service -> (private, public) seal key."""
    return {"builder": new_seal_key(), "deployer": new_seal_key()}


@pytest.fixture(scope="session")
def settings(keys) -> DashboardSettings:
    return DashboardSettings(
        service_key=new_key()[0], service_public_keys="", secret_key="k" * 40, public_url="http://localhost:5000",
        seal_public_keys=",".join(f"{name}={public}" for name, (_, public) in keys.items()),
        rabbitmq_url="amqp://guest:guest@127.0.0.1:1/%2F", streams_per_account=3)


@pytest.fixture(scope="session")
def app(settings):
    return create_app(settings, services=Fakes(World()))


@pytest.fixture
def people(app) -> People:
    return People(app)


@pytest.fixture
def world(people):
    return people.world
