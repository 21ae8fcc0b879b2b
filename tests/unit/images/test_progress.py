"""Never silent, and no noise where things go quickly."""

import io

import pytest

from cli.progress import WIDTH, Progress


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def progress(now):
    made = Progress(io.StringIO(), clock=lambda: now[0], silence=4.0)
    made.close()  # no ticking thread: the test says when time has passed
    return made


def lines(progress):
    return progress._stream.getvalue().splitlines()


def test_a_task_tells_start_end_and_duration(progress, now):
    with progress.task("build"):
        now[0] = 2.5
    assert lines(progress) == ["  start  build", "  done   build (2.5 s)"]


def test_a_failed_task_is_not_called_done(progress):
    with pytest.raises(RuntimeError), progress.task("build"):
        raise RuntimeError
    assert lines(progress)[-1] == "  failed build (0.0 s)"


def test_signs_of_life_only_after_silence(progress, now):
    with progress.task("build") as task:
        task.note("step   1")
        now[0] = 3.9
        progress.sign_of_life()
        assert len(lines(progress)) == 1
        now[0] = 4.0
        progress.sign_of_life()
        assert lines(progress)[-1] == "     4 s build: step 1"
        progress.sign_of_life()
        assert len(lines(progress)) == 2


def test_long_activities_are_cut(progress, now):
    with progress.task("build") as task:
        task.note("x" * 500)
        now[0] = 5
        progress.sign_of_life()
        assert len(lines(progress)[-1]) == WIDTH


def test_nothing_is_said_while_nothing_runs(progress, now):
    now[0] = 100
    progress.sign_of_life()
    assert lines(progress) == []
