"""Paths that compose cannot mount are refused before anything is changed."""

import pytest

from cli import compose, platform
from cli.errors import PlatformError
from cli.instance import Instance
from cli.progress import Progress


@pytest.mark.parametrize("path", ["/srv/a:b", "/home/o'brien", "/a\nb"])
def test_a_path_that_compose_would_split_is_refused(path):
    with pytest.raises(PlatformError, match="CA_BUNDLE is .* can't mount") as refused:
        compose.check_mountable("CA_BUNDLE", path)
    assert refused.value.next_step


def test_spaces_dollars_and_quotes_are_fine():
    compose.check_mountable("CA_BUNDLE", '/home/ann/my $projects/"x"')


def test_up_refuses_such_a_folder_before_it_looks_for_an_engine(monkeypatch, tmp_path):
    monkeypatch.setattr(platform, "ensure_engine", lambda progress: pytest.fail("the engine was asked for"))
    with pytest.raises(PlatformError, match="Continuum's folder"):
        platform.up(Instance(root=tmp_path / "a:b"), Progress())
