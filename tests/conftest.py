"""Fixtures that every group may use."""

import pytest

from tests.harness.stack import Stack, test_instance


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The running test installation; `./continuum test` started it."""
    return Stack(test_instance(), tmp_path_factory.mktemp("repositories"))
