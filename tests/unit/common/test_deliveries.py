"""What of a payload travels on."""

from common.deliveries import LONGEST_TEXT, trimmed

PUSH = {"ref": "refs/heads/main", "after": "a" * 40, "base_ref": None, "created": False, "before": None,
        "commits": [{"id": "a" * 40, "message": "x" * 10**6}],
        "repository": {"id": 5, "full_name": "ann/site", "owner": {"login": "ann", "email": "secret@example.org"},
                       "permissions": {"admin": True}},
        "head_commit": None, "zen": "z" * 5000}


def test_the_shape_stays_and_what_nobody_reads_goes():
    assert trimmed(PUSH) == {
        "ref": "refs/heads/main", "after": "a" * 40, "created": False, "before": None, "head_commit": None,
        "repository": {"id": 5, "full_name": "ann/site", "owner": {"login": "ann"}}, "zen": "z" * LONGEST_TEXT}


def test_trimming_again_changes_nothing():
    assert trimmed(trimmed(PUSH)) == trimmed(PUSH)


def test_values_of_another_type_are_left_out():
    assert trimmed({"ref": ["refs/heads/main"], "repository": "ann/site", "number": {"$gt": 0}}) == {}
