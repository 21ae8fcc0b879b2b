"""What dbproxy takes of a kind `sign` (test_added_stage.py); Postgres looks at the form of its name alone."""

from dbproxy.runs.bodies import NewRun


def test_a_run_of_its_kind_is_taken():
    assert NewRun(repo=1, kind="sign", ref="main", commit="c" * 40, event="manual", actor="ann").kind == "sign"
