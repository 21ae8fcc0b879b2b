"""README's table of versions is the code's."""

import re

from cli.host.requirements import BUILDX, BUILDX_OF_NEW_COMPOSE, COMPOSE, ENGINE, NEW_COMPOSE
from cli.instance import ROOT


def needed(part):
    return re.search(rf"^\| {part} \| ([^|]+?) \|", (ROOT / "README.md").read_text(), re.M)[1]


def test_the_readme_names_the_minimum_versions_of_the_code():
    assert needed("Docker Engine") == ENGINE.version
    assert needed("Docker Compose") == COMPOSE.version
    assert needed("Docker buildx") == \
        f"{BUILDX.version}; {BUILDX_OF_NEW_COMPOSE.version} with Compose {NEW_COMPOSE.version} and newer"
    launcher = re.search(r"^OLDEST = \((\d+), (\d+)\)", (ROOT / "continuum").read_text(), re.M)
    assert needed("Python") == ".".join(launcher.groups())
