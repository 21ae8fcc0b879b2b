"""What deployer may ask the engine: each check of the engine proxy is switched off in a copy, and a unit test must notice."""

from __future__ import annotations

import pytest

from tests.security.switched import assert_passed, check, run

TESTS = ("unit/deployer/test_engine_gate.py", "unit/deployer/test_engine_bodies.py")

# name -> (file of deployer/engine_proxy, what stands there, what stands there instead)
CHECKS = {
    "a field that nobody knows": ("bodies.py", 'extra="forbid"', 'extra="allow"'),
    "whose container it is": ("gate.py", "if found.role not in call.roles:", "if False:"),
    "a parameter that nobody knows": ("gate.py", 'call.query.get(name, r"(?!)")', 'call.query.get(name, r".*")'),
    "a field that stands twice": ("gate.py", "object_pairs_hook=_once, ", ""),
    "a body where none belongs": ("gate.py", "if not call.body and request.body:", "if False:"),
    "an old version": ("gate.py", " or (1, int(found[1])) < isolation.OLDEST_API", ""),
    "another registry": ("gate.py", '''image.startswith(f"{self._ours.registry}/") and''', "True and"),
    "whose image it is": ("lookups.py", "if not any(ours) or (only and not all(ours)):", "if False:"),
    "another instance's label": ("lookups.py", "if labels.get(names.INSTANCE) == instance else None", ""),
    "a volume of others": ("checks.py", "            self._mount(mount, repo)\n", "            pass\n"),
    "a network of others": ("checks.py", "            await self._network_of_app(name, repo)\n", "            pass\n"),
    "whom the probe stands beside": ("checks.py", "if app.role != names.APP:", "if False:"),
    "who joins a network": ("checks.py", "if not app and not (container.peer and repo):", "if False:"),
    "whose network it is": ("checks.py", "if labels.get(names.INSTANCE) != self.ours.instance or ", "if "),
    "all containers of the engine": ("filters.py", "if not ours and len(images) != 1:", "if False:"),
}


def test_with_every_check_on_they_pass(tree):
    """The control: in a copy as such nothing fails."""
    assert_passed(run(tree, *TESTS))


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_off_is_noticed(tree, name):
    file, on, off = CHECKS[name]
    check(tree, f"deployer/engine_proxy/{file}", on, off, *TESTS)
