"""`.env` is written once, with random secrets, and never changed behind anybody's back."""

import stat

import pytest

from cli import envfile
from cli.errors import PlatformError
from cli.instance import ROOT, Instance


@pytest.fixture
def instance(tmp_path):
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    return Instance(root=tmp_path)


def test_a_fresh_file_has_random_secrets_and_mode_600(instance):
    values = envfile.ensure(instance)
    assert stat.S_IMODE(instance.env_file.stat().st_mode) == 0o600
    secrets = [value for key, value in values.items() if key.endswith(("_PASSWORD", "_KEY"))]
    assert all(len(value) >= 20 for value in secrets)
    assert len(set(secrets)) == len(secrets)
    assert envfile.read(instance.env_file) == values


def test_what_is_set_is_kept(instance):
    first = envfile.ensure(instance)
    instance.env_file.write_text(instance.env_file.read_text().replace("DASHBOARD_PORT=5000", "DASHBOARD_PORT=5055"))
    again = envfile.ensure(instance, {"DASHBOARD_PORT": "9999"})
    assert again == {**first, "DASHBOARD_PORT": "5055"}


def test_a_missing_key_is_added(instance):
    envfile.ensure(instance)
    kept = [line for line in instance.env_file.read_text().splitlines() if not line.startswith("TESTER_KEY")]
    instance.env_file.write_text("\n".join(kept) + "\n")
    assert envfile.ensure(instance)["TESTER_KEY"]


def test_an_unknown_key_is_refused_with_the_nearest_right_one(instance):
    instance.env_file.write_text("DASHBORD_PORT=5000\n")
    with pytest.raises(PlatformError, match="DASHBORD_PORT; did you mean DASHBOARD_PORT"):
        envfile.ensure(instance)
    assert instance.env_file.read_text() == "DASHBORD_PORT=5000\n"


def test_a_key_that_is_none_is_named(instance):
    values = envfile.ensure(instance)
    with pytest.raises(PlatformError, match="BUILDER_KEY is not a key"):
        envfile.public_keys({**values, "BUILDER_KEY": "short"})


def test_public_keys_fit_the_private_ones(instance):
    from common.secrets.tokens import Signer, Verifier
    values = envfile.ensure(instance)
    keys = envfile.public_keys(values)["SERVICE_PUBLIC_KEYS"]
    token = Signer("tester", values["TESTER_KEY"]).token("deployer")
    assert Verifier("deployer", keys).caller(token) == "tester"


def test_a_key_of_an_earlier_version_is_dropped_and_its_successor_is_written(instance):
    envfile.ensure(instance)
    text = instance.env_file.read_text().replace("REGISTRY_TOKEN_KEY=", "REGISTRY_PASSWORD=old\nOLD=")
    instance.env_file.write_text("".join(line for line in text.splitlines(True) if not line.startswith("OLD=")))
    values = envfile.ensure(instance)
    assert "REGISTRY_PASSWORD" not in instance.env_file.read_text() and "REGISTRY_PASSWORD" not in values
    assert values["REGISTRY_TOKEN_KEY"]
