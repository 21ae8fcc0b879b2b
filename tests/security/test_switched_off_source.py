"""A repository can read only itself: each protection of builder is switched off in a copy, and a unit test must notice."""

from __future__ import annotations

import pytest

from tests.security.switched import assert_passed, check, run

TESTS = "unit/builder/test_own_code.py"
ALLOWED, SOURCE, MIRRORS, FORGE = "builder/allowed.py", "builder/source.py", "builder/mirrors.py", "common/wire/localforge.py"

# name -> (file, what stands there, what stands there instead)
CHECKS = {
    "another owner's repository": (ALLOWED, "if found[0] != self.repo.owner and name not in self.shared:", "if False:"),
    "a folder for another forge": (ALLOWED, 'if self.repo.forge != localforge.NAME or not parent.url.startswith("/"):', "if False:"),
    "a folder for a module of another forge": (ALLOWED, ' or not parent.url.startswith("/"):', ":"),
    "what leads into another owner's folder": (FORGE, "if _is_git(folder) and _stays(folder, root / owner):",
                                               "if _is_git(folder):"),
    "another's objects by an alternate": (FORGE, "        _alternates_stay(folder / \"objects\", home, MAX_ALTERNATES)\n",
                                          "        True\n"),
    "another's objects by commondir": (FORGE, 'return not os.path.lexists(folder / "commondir") and ', "return "),
    "a link in the place of a submodule": (SOURCE, "                _check_place(place, path)\n", ""),
    "tags of other commits": (SOURCE, 'f"--merged={commit}", ', ""),
    "a commit that was taken back": (MIRRORS, '"--refetch", commit)', 'commit)'),
}


def test_with_every_check_on_they_pass(tree):
    """The control: in a copy as such nothing fails."""
    assert_passed(run(tree, TESTS))


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_off_is_noticed(tree, name):
    file, on, off = CHECKS[name]
    check(tree, file, on, off, TESTS)
