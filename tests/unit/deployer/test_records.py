"""What survives a crash: records, routes, and the switch between them."""

import threading

import pytest

from common.wire.errors import BadRequest
from deployer.promote import recover, switch
from deployer.records import Records, Version


def version(number: int, upstream="auto", **more) -> Version:
    return Version(deployment=number, repo=1, run=number, container=f"c{number}",
                   upstream=f"host{number}:80" if upstream == "auto" else upstream, **more)


@pytest.fixture
def records(tmp_path):
    return Records(str(tmp_path))


def promote(records, number, **more):
    with records.changing("app") as record:
        return switch(records, record, version(number, **more))


def test_a_switch_changes_route_and_record(records):
    assert promote(records, 1) is None
    assert records.route("app") == "host1:80"
    assert promote(records, 2, drain=5).deployment == 1
    record = records.read("app")
    assert (records.route("app"), record.live.deployment, [item.deployment for item in record.leaving]) == ("host2:80", 2, [1])
    assert record.leaving[0].leave_at > 0


def test_a_repeated_switch_says_the_same(records):
    promote(records, 1)
    assert promote(records, 2).deployment == promote(records, 2).deployment == 1
    assert len(records.read("app").leaving) == 1


def test_what_is_called_back_leaves_no_trace_among_the_old(records):
    promote(records, 1)
    promote(records, 2)
    promote(records, 1)
    record = records.read("app")
    assert (record.live.deployment, [item.deployment for item in record.leaving]) == (1, [2])


def test_what_speaks_no_http_has_no_route(records):
    promote(records, 1)
    promote(records, 2, upstream=None)
    assert records.route("app") is None and records.read("app").live.deployment == 2


def test_traffic_goes_back_to_what_was_live_last(records):
    """Versions that still drain and versions that are kept are one row: the newest of all comes first."""
    with records.changing("app") as record:
        record.kept = [version(number, promoted=number) for number in (1, 3)]
        record.leaving = [version(number, promoted=number) for number in (2, 4)]
        record.live = version(5, promoted=5)
        assert [item.deployment for item in record.earlier(record.live)] == [4, 3, 2, 1]
        assert [item.deployment for item in record.earlier(version(3))] == [4, 2, 1]


def test_kept_versions_stand_in_the_order_in_which_they_were_live(records):
    """The oldest are removed first, in whatever order they end."""
    with records.changing("app") as record:
        for number in (2, 4, 1, 3):
            record.keep(version(number, promoted=number))
        assert [item.deployment for item in record.kept] == [4, 3, 2, 1]


class PowerCut(BaseException):
    pass


class Failing(Records):
    """Dies at the switch, before it or after it."""

    after = False

    def switch(self, app, upstream):
        if self.after:
            super().switch(app, upstream)
        raise PowerCut


@pytest.mark.parametrize(("after", "live"), [(False, 1), (True, 2)])
def test_a_crash_at_the_switch_is_settled_by_what_the_route_says(records, tmp_path, after, live):
    promote(records, 1)
    failing = Failing(str(tmp_path))
    failing.after = after
    with pytest.raises(PowerCut):
        promote(failing, 2)
    recover(records)
    record = records.read("app")
    assert (record.live.deployment, record.next) == (live, None)
    assert records.route("app") == f"host{live}:80"


@pytest.mark.parametrize("app", ["", "..", "a/b", ".records", "A", "a_b", "-a", "a-", "x" * 64, "a\n"])
def test_a_name_that_is_no_host_label_never_becomes_a_file(records, app):
    with pytest.raises(BadRequest):
        records.switch(app, "host:80")


def test_readers_never_see_half_a_route(records):
    records.switch("app", "host0:80")
    over, seen = threading.Event(), set()

    def read():
        while not over.is_set():
            seen.add(records.route("app"))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        records.switch("app", f"host{number}:80")
    over.set()
    reader.join()
    assert seen <= {f"host{number}:80" for number in range(100)}


def test_changes_of_one_record_wait_for_each_other(records):
    def add(number):
        with records.changing("app") as record:
            record.notes[number] = "x"

    threads = [threading.Thread(target=add, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(records.read("app").notes) == set(range(20))


def test_an_error_inside_a_change_changes_nothing(records):
    promote(records, 1)
    with pytest.raises(ValueError), records.changing("app") as record:
        record.live = None
        raise ValueError
    assert records.read("app").live.deployment == 1


def test_adoption_is_remembered_until_it_is_released(records):
    records.adopt("c1", deployment=5, run=6, attempt=1)
    assert records.adopted("c1") == {"deployment": 5, "run": 6, "attempt": 1}
    records.release("c1")
    records.release("c1")
    assert records.adopted("c1") is None and records.apps() == []
