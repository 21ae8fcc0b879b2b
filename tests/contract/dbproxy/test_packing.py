"""Packing: fewer rows, the same lines; readers and late messages notice nothing."""

import itertools
import threading
import time

import pytest

from dbproxy.logs import packing, partitions, reader
from dbproxy.logs.message import Message
from dbproxy.logs.writer import store_in

_runs = itertools.count(3_000_000_000)
NOW = time.time_ns() // 1_000_000      # older lines of unknown runs are swept away


def messages(run, ranges, per=7):
    """Messages of `per` lines that cover `ranges` of line numbers; each line differs in each field."""
    made = []
    for first, last in ranges:
        for start in range(first, last + 1, per):
            seqs = range(start, min(start + per, last + 1))
            made.append(Message(run, "build", 1, seqs[0], seqs[-1], NOW + seqs[0] * 10,
                                [(seq - seqs[0]) * 10 for seq in seqs], [seq % 5 for seq in seqs],
                                [f"line {seq} ü" for seq in seqs],
                                [index for index, seq in enumerate(seqs) if seq % 11 == 0] or None))
    return made


def expected(numbers):
    return [[seq, NOW + seq * 10, seq % 5, f"line {seq} ü", seq % 11 == 0] for seq in numbers]


@pytest.fixture
def run(store):
    number = next(_runs)
    store.run(lambda transaction: transaction.do("DELETE FROM log_messages WHERE run = %s", (number,)))
    return number


def log_of(run):
    return reader.Log((reader.UNKNOWN_DAY, run, "build", 1), None, None, True, False)


def rows_of(store, run):
    return store.run(lambda transaction: transaction.value("SELECT count(*) FROM log_messages WHERE run = %s", (run,)))


def pack(store, run):
    job = {"day": reader.UNKNOWN_DAY, "run": run, "stage": "build", "attempt": 1}
    first = 1
    while (last := store.run(packing.pack, job, first)) is not None:
        first = last + 1


def test_the_lines_stay_and_the_rows_become_few(store, run):
    store_in(store, messages(run, [(1, 45_000)]))
    before = rows_of(store, run)
    pack(store, run)
    assert before > 6000 and rows_of(store, run) <= 26
    assert store.run(reader.read, log_of(run), 1, 50_000) == expected(range(1, 45_001))
    assert store.run(reader.read, log_of(run), 19_990, 30) == expected(range(19_990, 20_020))
    assert store.run(reader.stored, log_of(run)) == 45_000


def test_packing_again_changes_nothing(store, run):
    store_in(store, messages(run, [(1, 5000)]))
    pack(store, run)
    pack(store, run)
    assert store.run(reader.read, log_of(run), 1, 6000) == expected(range(1, 5001))


def test_messages_sent_again_after_packing_are_dropped(store, run):
    sent = messages(run, [(1, 5000)])
    store_in(store, sent)
    pack(store, run)
    rows = rows_of(store, run)
    for start in range(0, len(sent), 100):
        store_in(store, sent[start:start + 100])
    assert rows_of(store, run) == rows
    assert store.run(reader.read, log_of(run), 1, 6000) == expected(range(1, 5001))


def test_a_gap_stays_a_gap_and_can_be_filled_later(store, run):
    store_in(store, messages(run, [(1, 100), (201, 300)]))
    pack(store, run)
    assert store.run(reader.read, log_of(run), 1, 1000) == expected(range(1, 101))
    assert store.run(reader.last_stored, log_of(run)) == 300
    store_in(store, messages(run, [(101, 200)]))
    assert store.run(reader.read, log_of(run), 1, 1000) == expected(range(1, 301))
    pack(store, run)
    assert store.run(reader.read, log_of(run), 1, 1000) == expected(range(1, 301))
    assert rows_of(store, run) == 1


def test_a_reader_beside_it_never_sees_a_gap_or_a_double(store, run):
    store_in(store, messages(run, [(1, 30_000)], per=5))
    stop, wrong = threading.Event(), []

    def watch():
        while not stop.is_set():
            found = [line[0] for line in store.run(reader.read, log_of(run), 15_000, 3000)]
            if found != list(range(15_000, 18_000)):
                wrong.append(found[:3])
    thread = threading.Thread(target=watch)
    thread.start()
    pack(store, run)
    stop.set()
    thread.join()
    assert wrong == []


def test_a_finished_job_is_packed_and_still_complete(world, store, eventually):
    run = world.claimed_run()
    store_in(store, messages(run["id"], [(1, 3000)]))
    world.put_job(run, "build.1", "success", lines=3000)
    world.sql("UPDATE jobs SET over = now() - interval '1 minute' WHERE run = %s", (run["id"],))
    packing.pack_ready(store)
    eventually(lambda: world.sql("SELECT packed FROM jobs WHERE run = %s", (run["id"],)) == [(True,)])
    assert rows_of(store, run["id"]) == 2
    page = world.page(run["id"], count=5000)
    assert page["complete"] and len(page["lines"]) == 3000


def test_a_job_that_misses_lines_is_not_packed_before_its_hour(world, store):
    run = world.claimed_run()
    store_in(store, messages(run["id"], [(1, 50)]))
    world.put_job(run, "build.1", "success", lines=60)
    world.sql("UPDATE jobs SET over = now() - interval '1 minute' WHERE run = %s", (run["id"],))
    packing.pack_ready(store)
    assert world.sql("SELECT packed FROM jobs WHERE run = %s", (run["id"],)) == [(False,)]
    assert world.page(run["id"])["complete"] is False


def test_a_day_past_its_retention_is_dropped_unless_a_run_of_it_lives(world, store):
    old_run, kept_run = world.new_run(), world.new_run(ref="side")
    for run, day in ((old_run, "2020-01-01"), (kept_run, "2020-01-02")):
        world.sql("UPDATE runs SET day = %s WHERE id = %s", (day, run["id"]))
        world.sql(f"CREATE TABLE IF NOT EXISTS log_messages_{day.replace('-', '')} PARTITION OF log_messages "
                  f"FOR VALUES FROM ('{day}') TO ('{day}'::date + 1)")
        store_in(store, messages(run["id"], [(1, 10)]))
    world.sql("UPDATE runs SET state = 'success', ended = '2020-01-01' WHERE id = %s", (old_run["id"],))
    assert store.run(partitions.drop_old, 30) == ["log_messages_20200101"]
    assert world.page(old_run["id"])["lines"] == []
    assert len(world.page(kept_run["id"])["lines"]) == 10
    world.sql("UPDATE runs SET state = 'success', ended = '2020-01-03' WHERE id = %s", (kept_run["id"],))
    assert store.run(partitions.drop_old, 30) == ["log_messages_20200102"]


def test_the_last_day_of_the_retention_is_kept_to_its_end(world, store):
    """A run that ended 89 and a half days ago is younger than 90 days, and so is all of its day."""
    def ended(days, hours):
        run = world.new_run(ref=f"{days}-{hours}")["id"]
        ((day,),) = world.sql("UPDATE runs SET state = 'success', ended = now() - make_interval(days => %s, hours => %s), "
                              "day = (now() AT TIME ZONE 'utc')::date - %s WHERE id = %s RETURNING to_char(day, 'YYYYMMDD')",
                              (days, hours, days, run))
        world.sql(f"CREATE TABLE IF NOT EXISTS log_messages_{day} PARTITION OF log_messages "
                  f"FOR VALUES FROM ('{day}'::date) TO ('{day}'::date + 1)")
        return f"log_messages_{day}"
    kept, last, old = ended(89, 12), ended(90, 0), ended(91, 0)
    dropped = store.run(partitions.drop_old, 90)
    assert old in dropped and kept not in dropped and last not in dropped


def test_lines_of_a_dropped_day_still_find_a_place(world, store):
    run = world.new_run()
    world.sql("UPDATE runs SET day = '2019-05-05' WHERE id = %s", (run["id"],))
    store_in(store, messages(run["id"], [(1, 10)]))
    store_in(store, messages(run["id"], [(1, 10)]))
    assert len(world.page(run["id"])["lines"]) == 10


def test_partitions_are_there_for_the_days_ahead(store):
    store.run(partitions.make_partitions)
    count = store.run(lambda transaction: transaction.value(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'log_messages'::regclass AND inhrelid::regclass::text "
        "= ANY (SELECT 'log_messages_' || to_char((now() AT TIME ZONE 'utc')::date + ahead, 'YYYYMMDD') "
        "FROM generate_series(0, 3) AS ahead)"))
    assert count == 4
