"""The last screen: what was tried, what failed, what to do."""

from cli.errors import CommandFailed, PlatformError
from cli.failure import last_screen
from cli.progress import Progress


def failed_in_tasks(problem):
    progress = Progress()
    try:
        with progress.task("the images"), progress.task("pull postgres"):
            raise problem
    except Exception as raised:
        return raised
    finally:
        progress.close()


def test_a_failed_program_shows_its_last_ten_lines_and_what_was_tried():
    problem = failed_in_tasks(CommandFailed(["docker", "pull"], 1, [f"line {n}" for n in range(30)], "run docker login"))
    text, code = last_screen(problem, ["demo"])
    assert code == 3 and "line 19" not in text and all(f"line {n}" in text for n in range(20, 30))
    assert "Failed while: the images > pull postgres" in text
    assert "Next: run docker login" in text and "./continuum doctor" in text


def test_an_unexpected_error_shows_no_traceback_but_names_the_file_that_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    text, code = last_screen(failed_in_tasks(KeyError("RABBITMQ_PORT")), ["--instance", "x", "up"])
    log = next(tmp_path.glob("continuum-*.log"))
    assert code == 3 and str(log) in text and "Traceback" not in text and "RABBITMQ_PORT" in text
    assert "Traceback" in log.read_text() and log.stat().st_mode & 0o077 == 0


def test_a_command_that_sets_nothing_up_does_not_send_people_to_the_doctor():
    assert last_screen(PlatformError("gone", "come back"), ["runs"])[0] == "continuum: gone\nNext: come back"


def test_a_file_of_another_user_is_named_with_the_way_to_take_it_over():
    text, code = last_screen(PermissionError(13, "Permission denied", "/srv/continuum/.env"), ["repos"])
    assert code == 3 and "/srv/continuum/.env: permission denied" in text
    assert "sudo chown -R" in text and "bug" not in text
