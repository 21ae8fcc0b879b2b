import pytest

from tests.harness import throwaway

collect_ignore = ["cases"]      # repositories that the tests run; one has tests of its own


@pytest.fixture(scope="session")
def things(stack):
    """One of each thing that an address of the API can name, to be changed and lost."""
    return throwaway.make(stack)
