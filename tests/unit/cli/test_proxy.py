"""A company proxy: taken from the shell once, handed to builds by name, and to the services that go out."""

import yaml

from cli import envfile, proxy
from cli.instance import ROOT, Instance

SHELL = {"https_proxy": "http://ann:s3cret@proxy:3128", "NO_PROXY": "example.org"}
GO_OUT = {"dashboard", "orchestrator", "builder", "scanner", "buildkit"}


def test_the_first_up_takes_the_shells_proxy(tmp_path, monkeypatch):
    for name in proxy.VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in SHELL.items():
        monkeypatch.setenv(name, value)
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    values = envfile.ensure(Instance(root=tmp_path))
    assert proxy.chosen(values) == {"HTTPS_PROXY": SHELL["https_proxy"], "NO_PROXY": "example.org"}


def test_builds_take_the_value_from_the_environment_and_never_from_the_argv():
    assert proxy.build_args({"HTTPS_PROXY": "http://ann:s3cret@proxy:3128", "HTTP_PROXY": ""}) == [
        "--build-arg", "HTTPS_PROXY"]


def test_services_that_go_out_get_the_proxy_and_our_registry_is_never_asked_through_it():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    with_proxy = {name for name, service in services.items() if "HTTPS_PROXY" in (service.get("environment") or {})}
    assert with_proxy == GO_OUT
    assert all(services[name]["environment"]["NO_PROXY"].startswith("registry,localhost,127.0.0.1,") for name in GO_OUT)
