"""Registry tokens for buildctl: a password for each build, worth nothing once the build is over."""

import base64
import json
import stat
from types import SimpleNamespace

import pytest

from builder.build_tokens import BuildTokens, add_token_route, parse
from common.secrets.tokens import new_key
from common.service.settings import Settings
from common.service.web import create_service
from common.wire.errors import Forbidden, ServiceDown, Unauthorized


class Access:
    """Orchestrator's part: remembers what it is asked for."""

    def __init__(self):
        self.asked, self.refuses = [], False

    def ask(self, access, run):
        if self.refuses:
            raise Forbidden("run 5 is not building")
        self.asked.append((access, run))
        return {"token": "signed", "expires_in": 300}


@pytest.fixture
def service():
    tokens = BuildTokens(Access(), "registry:5000")
    app = create_service("builder", Settings(service_key=new_key()[0], service_public_keys=""))
    add_token_route(app, tokens)
    return SimpleNamespace(tokens=tokens, access=tokens._access, client=app.test_client())


def login(folder) -> str:
    return json.loads((folder / "config.json").read_text())["auths"]["registry:5000"]["auth"]


def ask(service, auth, scope="repository:apps/ada/shop:pull,push"):
    return service.client.get("/v1/registry/token", query_string={"service": "registry", "scope": scope},
                              headers={"Authorization": f"Basic {auth}"})


def test_a_build_gets_its_tokens_until_it_is_over(service):
    with service.tokens.of(5) as folder:
        kept = login(folder)
        answer = ask(service, kept)
        assert answer.json == {"token": "signed", "access_token": "signed", "expires_in": 300}
        assert service.access.asked == [([("apps/ada/shop", ["pull", "push"])], 5)]
    assert ask(service, kept).status_code == 401
    assert not folder.exists()


def test_each_build_has_a_password_and_a_folder_of_its_own(service):
    with service.tokens.of(5) as one, service.tokens.of(6) as other:
        assert login(one) != login(other) and one != other
        ask(service, login(other))
    assert [run for _, run in service.access.asked] == [6]


def test_a_wrong_password_or_none_gets_nothing(service):
    with service.tokens.of(5):
        for auth in (base64.b64encode(b"build:guess").decode(), base64.b64encode(b"build:").decode(), "?"):
            assert ask(service, auth).status_code == 401
        assert service.client.get("/v1/registry/token").status_code == 401
    assert service.access.asked == []


def test_the_password_opens_nothing_else_of_the_service(service):
    with service.tokens.of(5) as folder:
        answer = service.client.get("/v1/jobs", headers={"Authorization": f"Basic {login(folder)}"})
    assert answer.status_code == 401


def test_what_orchestrator_refuses_is_refused(service):
    service.access.refuses = True
    with service.tokens.of(5) as folder:
        assert ask(service, login(folder)).status_code == 403


def test_several_scopes_come_as_several_parameters_or_as_one(service):
    scopes = ["repository:library/python:pull", "registry:catalog:*", "repository:apps/ada/shop:pull,push"]
    with service.tokens.of(5) as folder:
        ask(service, login(folder), scopes)
        ask(service, login(folder), " ".join(scopes))
    assert [access for access, _ in service.access.asked] == [
        [("library/python", ["pull"]), ("apps/ada/shop", ["pull", "push"])]] * 2


@pytest.mark.parametrize("scope, expected", [
    ("repository:apps/a/b:pull", ("apps/a/b", ["pull"])), ("repository(plugin):apps/a/b:pull", None),
    ("registry:catalog:*", None), ("repository:apps", None), ("", None),
])
def test_a_scope_as_distribution_writes_it(scope, expected):
    assert parse(scope) == expected


def test_the_folder_is_for_this_user_alone(service):
    with service.tokens.of(5) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_logins_for_base_images_never_replace_that_of_our_registry(tmp_path):
    logins = tmp_path / "logins.json"
    logins.write_text(json.dumps({"auths": {"r.example": {"auth": "YTpi"}, "registry:5000": {"auth": "other"}}}))
    with BuildTokens(Access(), "registry:5000", logins).of(5) as folder:
        auths = json.loads((folder / "config.json").read_text())["auths"]
    assert auths["r.example"] == {"auth": "YTpi"} and auths["registry:5000"] != {"auth": "other"}
    with BuildTokens(Access(), "registry:5000", tmp_path / "missing.json").of(5) as folder:
        assert set(json.loads((folder / "config.json").read_text())["auths"]) == {"registry:5000"}


def test_a_password_is_gone_although_the_build_broke(service):
    with pytest.raises(RuntimeError), service.tokens.of(5) as folder:
        kept = base64.b64decode(login(folder)).decode().partition(":")[2]
        raise RuntimeError
    with pytest.raises(Unauthorized):
        service.tokens.answer(kept, [])


def test_each_build_gets_the_logins_of_its_time_and_broken_ones_are_not_shown(tmp_path):
    logins = tmp_path / "logins.json"
    tokens = BuildTokens(Access(), "registry:5000", logins)
    logins.write_text(json.dumps({"auths": {"r.example": {"auth": "YTpi"}}}))
    with tokens.of(5) as folder:
        assert set(json.loads((folder / "config.json").read_text())["auths"]) == {"r.example", "registry:5000"}
    logins.write_text('{"auths": {"r.example": {"auth": "s3cret"')
    with pytest.raises(ServiceDown, match="continuum up") as raised, tokens.of(5):
        pass
    assert "s3cret" not in str(raised.value) and raised.value.__suppress_context__
