"""What the store and the broker refuse: switched off in a copy, which uses the test installation's own Postgres and
RabbitMQ."""

from __future__ import annotations

import pytest

from tests.security.switched import assert_passed, check, run

PEOPLE, LIMITS, ROLES, RIGHTS = (f"contract/dbproxy/test_{name}.py" for name in ("people", "limits", "roles", "broker_rights"))
READER, DBPROXY, TIME, PLACES, PASSWORD = (f"{ROLES}::test_{name}" for name in (
    "the_reader_locks_and_writes_nothing", "dbproxy_is_no_superuser", "a_statement_ends_although_its_timeout_was_lifted",
    "the_reader_does_not_use_up_the_connections", "the_superuser_has_no_password"))
REFUSED, PEOPLES = (f"{RIGHTS}::test_{name}" for name in ("more_than_its_own_is_refused", "people_change_nothing"))
SETUP, USERS = "dbproxy/postgres/setup.sql", "dbproxy/rabbitmq/definitions.json"

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
    "dbproxy's rights in Postgres": (DBPROXY, SETUP, "ALTER ROLE dbproxy LOGIN NOSUPERUSER",
                                     "ALTER ROLE dbproxy LOGIN SUPERUSER"),
    "the superuser's password": (PASSWORD, SETUP, "ALTER ROLE CURRENT_USER PASSWORD NULL;",
                                 "ALTER ROLE CURRENT_USER PASSWORD 'x';"),
    "the reader's locks": (READER, SETUP, "(proname ~ '^pg_(try_)?advisory_' OR proname IN", "(proname IN"),
    "the reader's notices": (READER, SETUP, "IN ('pg_notify', ", "IN ("),
    "the reader's large objects": (READER, SETUP, "'lo_create',", ""),
    "the reader's temporary tables": (READER, SETUP, 'REVOKE ALL ON DATABASE :"DBNAME", postgres',
                                      "REVOKE ALL ON DATABASE postgres"),
    "the reader's connections": (PLACES, SETUP, "CONNECTION LIMIT 20", "CONNECTION LIMIT 100"),
    "the reader's time": (TIME, "dbproxy/service.py", "    app.background.append(readers.loop.start)\n", ""),
    "the reader's time, with commits": (TIME, "dbproxy/readers.py", "least(xact_start, query_start)", "xact_start"),
    "a worker's lines": (REFUSED, USERS, r'"user": "builder", "write": "^log\\.[0-9]+\\.{stages}$"', '"user": "builder", "write": ".*"'),
    "a worker's reading": (REFUSED, USERS, r'"user": "tester", "configure": "^$", "write": "^continuum\\.logs$", "read": "^$"',
                           r'"user": "tester", "configure": "^$", "write": "^continuum\\.logs$", "read": ".*"'),
    "all lines for the dashboard": (REFUSED, USERS, r'"^log\\.[0-9]+\\.[a-z]+$"', '".*"'),
    "people on the broker": (PEOPLES, USERS, '"user": "continuum", "configure": "^$", "write": "^$", "read": "^$"',
                             '"user": "continuum", "configure": ".*", "write": ".*", "read": ".*"'),
    "people who administer the broker": (PEOPLES, USERS, '"tags": ["monitoring"]', '"tags": ["administrator"]'),
}


def test_with_every_protection_on_they_pass(tree):
    """The control."""
    assert_passed(run(tree, PEOPLE, LIMITS, ROLES, RIGHTS))


@pytest.mark.parametrize("name", CHECKS)
def test_a_protection_that_is_off_is_noticed(tree, name):
    tests, file, on, off = CHECKS[name]
    check(tree, file, on, off, tests)
