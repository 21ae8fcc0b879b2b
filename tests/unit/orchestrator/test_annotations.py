"""Where a finding can be mended in the repository."""

import pytest

from orchestrator.outbox.annotations import Whereabouts
from tests.harness.rows import finding_row

FILES = {"Dockerfile": "FROM node:20 AS build\nRUN make\nfrom debian:trixie\n", "package.json": '{\n "dependencies": {\n'
         '  "minimist-lite": "1",\n  "minimist": "1.2.5"}}\n', "requirements.txt": "flask\nPy_YAML==5.1\n",
         "api/go.mod": "module x\nrequire example.org/a/b v1\n", "api/other.Dockerfile": "\nFROM scratch\n"}


def where(config=None, files=FILES, **finding):
    return Whereabouts(files.get, config).of(finding_row(**{"package": "openssl", "type": "deb", "path": "/usr/lib/x", **finding}))


@pytest.mark.parametrize("finding, place", [
    ({"type": "npm", "package": "minimist"}, ("package.json", 4)), ({"type": "python", "package": "py-yaml"}, ("requirements.txt", 2)),
    ({"type": "python", "package": "werkzeug"}, ("Dockerfile", 3)), ({}, ("Dockerfile", 3)),
    ({"type": "python", "package": "a.*|flask"}, ("Dockerfile", 3)), ({"path": "vendor/x.jar"}, ("vendor/x.jar", 1))])
def test_the_manifest_that_names_it_else_the_base_image(finding, place):
    assert where(**finding) == place


def test_in_the_folder_and_the_dockerfile_that_the_build_used():
    config = {"build": {"context": "./api", "dockerfile": "api/other.Dockerfile"}}
    assert where(config, type="go-module", package="example.org/a/b") == ("api/go.mod", 2)
    assert where(config) == ("api/other.Dockerfile", 2)


def test_where_nothing_speaks_of_it_there_is_no_place():
    assert where(files={}) is None


def test_each_file_is_asked_for_once():
    asked = []
    whereabouts = Whereabouts(lambda path: asked.append(path), None)
    for _ in range(3):
        assert whereabouts.of(finding_row(package="x", type="npm")) is None
    assert sorted(asked) == ["Dockerfile", "package.json"]
