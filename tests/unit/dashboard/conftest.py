import pytest
from pydantic import SecretStr

from common.secrets.sealing import new_seal_key
from common.secrets.tokens import new_key
from dashboard.forge import add_forges
from dashboard.service import create_app
from dashboard.settings import DashboardSettings
from dashboard.web import static
from forges.github import forge
from tests.unit.dashboard.fakes import Fakes, World
from tests.unit.dashboard.github_fakes import Wire
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
    return {name: new_seal_key() for name in ("builder", "deployer", "dashboard", "orchestrator")}


@pytest.fixture(scope="session")
def settings(keys) -> DashboardSettings:
    return DashboardSettings(
        service_key=new_key()[0], service_public_keys="", secret_key="k" * 40, public_url="http://localhost:5000",
        seal_public_keys=",".join(f"{name}={public}" for name, (_, public) in keys.items()),
        rabbitmq_url="amqp://guest:guest@127.0.0.1:1/%2F", streams_per_account=3)


@pytest.fixture(scope="session")
def app(settings):
    return create_app(settings, services=Fakes(World()))


@pytest.fixture(scope="session")
def github_app(settings, keys):
    """The same with GitHub, an Enterprise whose address is on the internet, as we are."""
    app = create_app(settings.model_copy(update={
        "forges": "local,github", "github_url": "https://github.example", "public_url": "https://ci.example",
        "github_client_id": "Ov23liTHISONE", "github_client_secret": SecretStr("s" * 40),
        "dashboard_seal_key": SecretStr(keys["dashboard"][0])}), services=Fakes(World()))
    app.config["PREFERRED_URL_SCHEME"] = "https"      # what the tests' browsers speak, or Secure cookies stay away
    return app


@pytest.fixture
def on_github(github_app, monkeypatch) -> People:
    """Its people, with a GitHub that answers."""
    people = People(github_app)
    change_settings(people, monkeypatch)
    return people


@pytest.fixture
def settings_of(on_github, monkeypatch):
    """Settings changed for one test: `settings_of(github_users="sam")`."""
    return lambda **values: change_settings(on_github, monkeypatch, **values)


@pytest.fixture
def ours(on_github):
    """`wes`, `ros`, `sam` of GitHub with admin, read and nothing on acme/site, a private repository that is connected;
    `ann` owns the installation."""
    world = on_github.world
    repo = world.add_repo("acme", "site")
    repo.update(forge="github", url="https://github.example/acme/site", external_id="5")
    for number, (login, right) in enumerate((("wes", "admin"), ("kim", "write"), ("ros", "read"), ("sam", None)), 201):
        account = on_github.accounts[login] = world.add_account(login)
        account.update(forge="github", external_id=str(number), forge_scopes=["repo"])
        world.github_rights[account["id"], "acme/site"] = right
    on_github.site = repo
    return on_github


def change_settings(people, monkeypatch, **values) -> None:
    """As if the service began anew with them; its GitHub is the world's."""
    app, settings = people.app, people.app.config["SETTINGS"].model_copy(update=values)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    for name in ("forges", "registrations"):
        monkeypatch.setitem(app.extensions, name, None)
    monkeypatch.setattr(forge, "HttpTransport", lambda *_: Wire(people.world.github))
    add_forges(app, settings)


def forget_registration(app) -> None:
    """What was stored behind the service's back is seen at once."""
    for known in app.extensions["registrations"].values():
        known.look_again()


@pytest.fixture
def people(app) -> People:
    return People(app)


@pytest.fixture
def world(people):
    return people.world
