"""The longest names, branches, versions and reasons fit every page, from a phone to a wall."""

from tests.browser.widths import too_wide


def test_the_longest_of_everything_fits(page, longest):
    found = {}
    for path in longest.pages():
        found |= too_wide(page, path)
    assert found == {}
