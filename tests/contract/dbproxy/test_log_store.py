"""Log lines on their whole way: publisher, broker, batches, Postgres, and back by the endpoints."""

import hashlib
import time

import psycopg2
import pytest

from common.wire import broker
from common.wire.errors import BadRequest, NotFound
from tests.contract.dbproxy.world import message


def test_what_a_job_prints_is_read_back_line_by_line(world, eventually):
    run = world.claimed_run()
    world.put_job(run, "build.1", "running", started=1)
    log = world.job_log(run["id"])
    with log.step("compile"):
        for number in range(300):
            log.line(f"line {number} ünï\0 100%")
    log.line("x" * 150_000)
    log.close()
    world.put_job(run, "build.1", "success", lines=log.count)
    eventually(lambda: world.page(run["id"])["complete"])
    lines = world.whole_log(run["id"])
    assert [line[0] for line in lines] == list(range(1, log.count + 1))
    assert lines[7][3] == "line 7 ünï␀ 100%" and lines[7][2] == 1 and lines[-1][2] == 0
    assert [line[4] for line in lines[-3:]] == [False, True, True]
    assert "".join(line[3] for line in lines[-3:]) == "x" * 150_000
    text = world.dashboard.send("GET", f"/v1/log/{run['id']}/build.1/text").text
    assert text.split("\n") == [f"line {number} ünï␀ 100%" for number in range(300)] + ["x" * 150_000, ""]


def test_fifteen_messages_are_stored_at_once_and_fewer_after_three_seconds(world, eventually):
    run = world.claimed_run()["id"]
    began = time.monotonic()
    world.publish(*(message(run, number, ["one"]) for number in range(1, 16)))
    eventually(lambda: world.page(run)["last"] == 15)
    assert time.monotonic() - began < 2.5
    began = time.monotonic()
    world.publish(message(run, 16, ["late"]))
    eventually(lambda: world.page(run)["last"] == 16)
    assert 2.5 < time.monotonic() - began < 6


def test_answers_never_have_a_gap(world, eventually):
    run = world.claimed_run()["id"]
    for begin, end in ((1, 31), (41, 61)):
        world.publish(*(message(run, first, [f"{first}", f"{first + 1}"]) for first in range(begin, end, 2)))
    eventually(lambda: world.page(run)["last"] == 60)
    assert [line[0] for line in world.page(run)["lines"]] == list(range(1, 31))
    assert world.page(run, first=31)["lines"] == [] and world.page(run, first=35)["lines"] == []
    assert [line[0] for line in world.page(run, first=44, count=3)["lines"]] == [44, 45, 46]
    world.publish(*(message(run, first, [f"{first}"]) for first in range(31, 41)))
    eventually(lambda: len(world.whole_log(run)) == 60)
    assert [line[3] for line in world.page(run, first=29, count=4)["lines"]] == ["29", "30", "31", "32"]


def test_messages_sent_again_change_nothing(world, eventually):
    run = world.claimed_run()["id"]
    bodies = [message(run, first, [f"{first}"]) for first in range(1, 21)]
    world.publish(*bodies, *bodies, *reversed(bodies))
    world.publish(message(run, 21, ["end"]))
    eventually(lambda: world.page(run)["last"] == 21)
    assert [line[3] for line in world.whole_log(run)] == [*map(str, range(1, 21)), "end"]
    assert world.sql("SELECT count(*) FROM log_lines WHERE run = %s", (run,)) == [(21,)]


def test_attempts_and_stages_are_kept_apart(world, eventually):
    run = world.claimed_run()["id"]
    for job in (("build", 1), ("build", 2), ("test", 1)):
        world.publish(message(run, 1, [f"{job}"], job=job))
    eventually(lambda: all(world.page(run, f"{stage}.{attempt}")["last"] for stage, attempt in
                           (("build", 1), ("build", 2), ("test", 1))))
    assert world.page(run, "build.2")["lines"][0][3] == "('build', 2)"


def test_complete_means_over_and_every_line_stored(world, eventually):
    run = world.claimed_run()
    assert world.page(run["id"]) == {"lines": [], "last": 0, "complete": False}
    world.put_job(run, "build.1", "running", started=1)
    world.publish(*(message(run["id"], number, ["x"]) for number in range(1, 16)))
    eventually(lambda: world.page(run["id"])["last"] == 15)
    assert world.page(run["id"])["complete"] is False
    world.put_job(run, "build.1", "success", lines=16)
    assert world.page(run["id"])["complete"] is False
    world.publish(message(run["id"], 16, ["x"]))
    eventually(lambda: world.page(run["id"])["complete"])
    world.put_job(run, "scan.1", "canceled")
    assert world.page(run["id"], "scan.1")["complete"] is True      # it never began
    world.put_job(run, "test.1", "running", started=1)
    world.put_job(run, "test.1", "error")                           # its worker told no count
    assert world.page(run["id"], "test.1")["complete"] is False
    world.sql("UPDATE jobs SET over = now() - interval '11 s' WHERE run = %s AND stage = 'test'", (run["id"],))
    assert world.page(run["id"], "test.1")["complete"] is True


def test_find_takes_the_text_literally(world, eventually):
    run = world.claimed_run()["id"]
    lines = ["100% sure", "100 sure", "a_b", "axb", "back\\slash", "tail"]
    world.publish(*(message(run, 1 + number * 6, lines) for number in range(15)))
    eventually(lambda: world.page(run)["last"] == 90)
    find = lambda text: world.dashboard.get(f"/v1/log/{run}/build.1/find", params={"q": text})      # noqa: E731
    assert find("100%")["numbers"] == list(range(1, 90, 6))
    assert find("a_b")["numbers"] == list(range(3, 90, 6))
    assert find("back\\s")["numbers"] == list(range(5, 90, 6))
    assert find("sure\n100") == {"numbers": [], "truncated": False}
    with pytest.raises(BadRequest):
        find("")


def test_find_reads_over_colours_and_finds_none_of_their_codes(world, eventually):
    run = world.claimed_run()["id"]
    lines = ["\x1b[31mFAI\x1b[1mLED\x1b[0m test", "31m of cable", "FAILED"]
    world.publish(*(message(run, 1 + number * 3, lines, step=number % 2) for number in range(15)))
    eventually(lambda: world.page(run)["last"] == 45)
    find = lambda **query: world.dashboard.get(f"/v1/log/{run}/build.1/find", params=query)["numbers"]      # noqa: E731
    assert find(q="FAILED test") == list(range(1, 45, 3))
    assert find(q="31m") == list(range(2, 45, 3))
    assert find(q="31m", step=1) == list(range(5, 45, 6))


def test_where_the_lines_of_a_step_are(world, eventually):
    run = world.claimed_run()["id"]
    world.publish(*(message(run, 1 + number * 2, ["a", "b"], step=1 + number // 4 % 2) for number in range(15)))
    eventually(lambda: world.page(run)["last"] == 30)
    ranges = lambda step: world.dashboard.get(f"/v1/log/{run}/build.1/ranges", params={"step": step})      # noqa: E731
    assert ranges(1) == {"ranges": [[1, 8], [17, 24]], "truncated": False}
    assert ranges(2) == {"ranges": [[9, 16], [25, 30]], "truncated": False}
    assert ranges(3) == {"ranges": [], "truncated": False}


def test_the_text_waits_for_a_line_that_somebody_saw(world):
    """Two messages are stored after 3 s; nothing but `upto` says that they are on their way."""
    run = world.claimed_run()["id"]
    world.publish(message(run, 1, ["one"]), message(run, 2, ["two"]))
    answer = world.dashboard.send("GET", f"/v1/log/{run}/build.1/text", params={"upto": 2}, timeout=20)
    assert answer.text == "one\ntwo\n"


def test_what_nobody_can_read_is_counted_and_does_not_stop_the_rest(world, eventually):
    run = world.claimed_run()["id"]
    log = lambda: world.dashboard.get("/v1/status")["log"]      # noqa: E731
    before = log()["dead_letters"]
    world.publish(b"{not json", b'{"run": "seven"}', *(message(run, number, ["x"]) for number in range(1, 16)))
    eventually(lambda: world.page(run)["last"] == 15)
    eventually(lambda: log()["dead_letters"] == before + 2)
    assert log()["last_rejection"]
    assert log()["state"] == "connected" and log()["waiting"] == 0


def test_lines_of_a_run_that_nobody_knows_are_kept(world, eventually):
    run = 2_000_000_000 + time.time_ns() % 1_000_000_000
    with pytest.raises(NotFound):
        world.page(run)
    bodies = [message(run, number, ["who?"]) for number in range(1, 16)]
    world.publish(*bodies, *bodies)
    eventually(lambda: world.sql("SELECT count(*) FROM log_lines WHERE run = %s", (run,)) == [(15,)])
    assert len(world.page(run)["lines"]) == 15


def test_the_view_gives_a_row_a_line(world, eventually):
    run = world.claimed_run()["id"]
    world.publish(message(run, 1, ["one", "two"], at=1_700_000_000_250, step=3, parts=[1]),
                  *(message(run, number, ["x"]) for number in range(3, 17)))
    eventually(lambda: world.page(run)["last"] == 16)
    rows = world.sql("SELECT seq, extract(epoch FROM at) * 1000, step, line, continued FROM log_lines "
                     "WHERE run = %s ORDER BY seq LIMIT 2", (run,))
    assert rows == [(1, 1_700_000_000_250, 3, "one", False), (2, 1_700_000_000_251, 3, "two", True)]


def test_killed_while_it_writes_it_loses_nothing_and_doubles_nothing(world, eventually):
    run = world.claimed_run()["id"]
    count, per_message = 6000, 3
    texts = [f"{number} {hashlib.sha256(str(number).encode()).hexdigest()}" for number in range(1, count + 1)]
    bodies = [message(run, first, texts[first - 1:first - 1 + per_message]) for first in range(1, count, per_message)]
    for quarter in range(4):
        world.publish(*bodies[quarter * 500:(quarter + 1) * 500])
        if quarter < 3:
            world.service.kill()
            world.service.start()
    eventually(lambda: world.page(run)["last"] == count, 60)
    eventually(lambda: world.sql("SELECT count(*) FROM log_lines WHERE run = %s", (run,)) == [(count,)], 60)
    stored = world.sql("SELECT line FROM log_lines WHERE run = %s ORDER BY seq", (run,))
    assert [line for (line,) in stored] == texts


def test_the_queue_is_as_the_contract_has_it(rabbitmq_url):
    """Declaring it with other arguments would be refused, so this holds what keeps lines from being dropped."""
    assert broker.STORE_ARGUMENTS["x-delivery-limit"] == -1
    assert broker.STORE_ARGUMENTS["x-overflow"] == "reject-publish"


def test_the_reader_sees_lines_and_no_secrets(world, reader_url, eventually):
    run = world.claimed_run()["id"]
    world.publish(*(message(run, number, ["x"]) for number in range(1, 16)))
    eventually(lambda: world.page(run)["last"] == 15)
    with psycopg2.connect(reader_url) as reader, reader.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM log_lines WHERE run = %s", (run,))
        assert cursor.fetchone() == (15,)
        cursor.execute("SELECT login FROM accounts; SELECT name, use FROM secrets; SELECT state FROM jobs")
        for forbidden in ("SELECT password_hash FROM accounts", "SELECT * FROM sessions", "SELECT hash FROM tokens",
                          "SELECT sealed FROM secrets", "SELECT inputs FROM jobs", "SELECT * FROM sign_in_attempts",
                          "DELETE FROM runs", "UPDATE runs SET state = 'success'", "CREATE TABLE mine (id int)",
                          "COPY (SELECT 1) TO PROGRAM 'true'"):
            reader.rollback()
            with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ReadOnlySqlTransaction)):
                cursor.execute(forbidden)
