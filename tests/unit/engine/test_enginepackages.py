"""Which packages make an engine where."""

import pytest

from cli.errors import PlatformError
from cli.host.aptsources import mirror_of, read_sources
from cli.host.osrelease import OsRelease
from cli.host.packages import DEBIAN, UBUNTU, add_donor, install_argv
from cli.instance import ROOT


@pytest.fixture
def apt(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "preferences.d").mkdir()
    return tmp_path


def packages(system_id, codename):
    argv = install_argv(OsRelease(system_id, codename, "x"))
    assert argv[:4] == ["apt-get", "install", "-yq", "--no-install-recommends"]
    return argv[4:]


def test_bookworm_takes_the_engine_alone_from_trixie():
    chosen = packages("debian", "bookworm")
    assert [name for name in chosen if name.endswith("/trixie")] == [
        "docker.io/trixie", "docker-cli/trixie", "docker-compose/trixie", "docker-buildx/trixie"]
    assert "runc" in chosen


def test_trixie_and_ubuntu_take_their_own():
    assert {"docker.io", "docker-compose", "docker-buildx"} <= set(packages("debian", "trixie"))
    assert {"docker.io", "docker-compose-v2", "docker-buildx"} <= set(packages("ubuntu", "noble"))


def test_donor_comes_from_the_machines_own_mirror_and_is_pinned_low(apt):
    (apt / "sources.list").write_text("deb http://mirror.example/debian bookworm main\n")
    add_donor("bookworm", apt)
    assert mirror_of(read_sources(apt), "trixie") == "http://mirror.example/debian"
    assert "Pin-Priority: 50" in (apt / "preferences.d" / "continuum-docker").read_text()


def test_no_mirror_is_told(apt):
    with pytest.raises(PlatformError, match="no package source of bookworm"):
        add_donor("bookworm", apt)


def test_the_guide_names_the_packages_that_are_installed():
    guide = (ROOT / "docs" / "install.md").read_text()
    assert f"`sudo apt-get install {' '.join(DEBIAN)}`" in guide and f"`sudo apt-get install {' '.join(UBUNTU)}`" in guide
