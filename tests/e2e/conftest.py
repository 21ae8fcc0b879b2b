import pytest

from tests.harness import throwaway


@pytest.fixture(scope="session")
def things(stack):
    """One of each thing that an address of the API can name, to be changed and lost."""
    return throwaway.make(stack)
