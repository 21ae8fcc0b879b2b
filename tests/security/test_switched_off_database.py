"""What the store itself refuses: switched off in a copy of dbproxy, which runs on the test installation's own Postgres."""

from __future__ import annotations

import pytest

from tests.security.switched import assert_noticed, assert_passed, run, switched_off

PEOPLE, LIMITS = (f"contract/dbproxy/test_{name}.py" for name in ("people", "limits"))

# attack and protection -> (the tests that hold it, file, what stands there, what stands there instead)
CHECKS = {
    "S51 wrong passwords": (PEOPLE, "dbproxy/accounts/routes.py", "    if wait:\n", "    if False:\n"),
    "S51 waits that grow": (PEOPLE, "dbproxy/accounts/attempts.py", "power(2, least(known.failures - %s, 12))", "least(1, %s)"),
    "S51 one password on many accounts": (PEOPLE, "dbproxy/accounts/attempts.py", " or _count(transaction, address, ADDRESS)", ""),
    "common passwords": (PEOPLE, "dbproxy/accounts/passwords.py", "    if strength < STRONG:\n", "    if False:\n"),
    "failed sign-ins in the audit log": (PEOPLE, "dbproxy/accounts/routes.py", "    database().run(refusals.note, login, why, ip)\n", ""),
    "how many failed sign-ins are listed": (PEOPLE, "dbproxy/accounts/refusals.py", "    if same >= AN_ADDRESS or len(recent) >= IN_ALL:\n",
                                            "    if False:\n"),
    "tokens of before a new password": (PEOPLE, "dbproxy/accounts/store.py", '    if "password_hash" in values and not keep_tokens:\n',
                                        "    if False:\n"),
    "what a deleted account held": (PEOPLE, "dbproxy/accounts/deletion.py", "    for table in HELD:\n", "    for table in ():\n"),
    "a deleted account of a forge": (PEOPLE, "dbproxy/accounts/store.py", "        _check_deleted(transaction, row)\n", ""),
    "S51 waiting runs": (LIMITS, "dbproxy/runs/store.py", "    if waiting >= new.most_waiting:\n", "    if False:\n"),
    "S51 waiting runs, side by side": (LIMITS, "dbproxy/runs/store.py", "    transaction.do(\"SELECT pg_advisory_xact_lock("
                                       "hashtextextended('waiting runs of ' || %s, 0))\", (new.actor,))\n", ""),
}


def test_with_every_protection_on_they_pass(tree):
    """The control."""
    assert_passed(run(tree, PEOPLE, LIMITS))


@pytest.mark.parametrize("name", CHECKS)
def test_a_protection_that_is_off_is_noticed(tree, name):
    tests, file, on, off = CHECKS[name]
    with switched_off(tree, file, on, off):
        assert_noticed(name, run(tree, tests))
