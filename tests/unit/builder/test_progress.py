"""BuildKit's progress, in the shapes that buildctl 0.34.2 prints, becomes steps and lines."""

import base64
import json

import pytest

from builder.progress import Progress
from common.worker.lines import MAX_BYTES

AT = "2026-11-22T21:51:35.2Z"


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Build:
    """Says what buildctl would say."""

    def __init__(self, log):
        self.clock = Clock()
        self.progress = Progress(log, self.clock)

    def say(self, **message) -> None:
        self.progress.feed(json.dumps(message).encode() + b"\n")

    def vertex(self, name: str, *, digest: str = "", started: bool = True, completed: bool = False, **more) -> None:
        times = {"started": AT} if started else {}
        times |= {"completed": AT} if completed else {}
        self.say(vertexes=[{"digest": digest or name, "name": name, **times, **more}])

    def prints(self, digest: str, data: bytes, stream: int = 1) -> None:
        self.say(logs=[{"vertex": digest, "stream": stream, "data": base64.b64encode(data).decode(), "timestamp": AT}])


@pytest.fixture
def build(log):
    return Build(log)


def test_interleaved_output_is_told_apart(build, log):
    build.vertex("[a 1/2] RUN one")
    build.vertex("[b 1/2] RUN two")
    build.prints("[a 1/2] RUN one", b"a1\nhal")
    build.prints("[b 1/2] RUN two", b"b1\n")
    build.prints("[a 1/2] RUN one", b"f\n")
    build.prints("[b 1/2] RUN two", b"error\n", stream=2)
    build.prints("[b 1/2] RUN two", b"no newline")
    build.progress.finish("success")
    assert log.of("RUN one") == ["a1", "half"]
    assert log.of("RUN two") == ["b1", "error", "no newline"]


def test_steps_are_counted_and_cached_ones_named(build, log):
    names = ["[1/3] FROM x", "[2/3] RUN y", "[3/3] COPY . ."]
    for name in names:
        build.vertex(name, started=False)
    assert log.progress == {"done": 0, "total": 3, "unit": "steps"}
    build.vertex(names[0], completed=True, cached=True)
    build.vertex(names[1], completed=True, cached=True)
    build.vertex(names[2], completed=True)
    build.progress.finish("success")
    assert log.progress["done"] == 3
    assert [step.cached for step in build.progress.own_steps] == [True, True, False]
    assert log.of("[2/3]") == ["cached"]
    assert [step["state"] for step in log.steps] == ["success"] * 3


def test_what_only_buildkit_cares_for_is_hidden_until_it_breaks(build, log):
    build.vertex("[internal] load build definition from Dockerfile", completed=True)
    build.vertex("[auth] sharing credentials for registry:5000", completed=True)
    build.vertex("[internal] load .dockerignore", completed=True, error="cannot read it")
    build.progress.finish("failure")
    assert [step["name"] for step in log.steps] == ["[internal] load .dockerignore"]


def test_a_step_that_begins_again_is_not_over(build, log):
    """A base image that is pulled, and the image that is exported and then pushed, complete several times."""
    build.vertex("exporting to image", completed=True)
    build.vertex("exporting to image")
    build.vertex("[1/1] FROM x")
    assert log.state("export and push the image") == "running"
    build.vertex("exporting to image", completed=True)
    build.vertex("[1/1] FROM x", completed=True)
    assert log.state("export and push the image") == "success"


def test_a_step_is_over_at_the_next_tick_at_the_latest(build, log):
    build.vertex("[1/1] RUN x", completed=True)
    build.progress.tick()
    assert log.state("RUN x") == "success"


def test_the_step_that_broke_the_build_and_its_last_lines(build, log):
    build.vertex("[2/3] RUN fails")
    build.vertex("[3/3] RUN beside")
    build.prints("[2/3] RUN fails", b"".join(b"line %d\n" % number for number in range(30)))
    build.vertex("[3/3] RUN beside", completed=True, error="context canceled")
    build.vertex("[2/3] RUN fails", completed=True, error='process "x" did not complete successfully: exit code: 3')
    build.progress.finish("failure")
    assert build.progress.failed.name == "[2/3] RUN fails"
    assert list(build.progress.failed.last) == [f"line {number}" for number in range(20, 30)]
    assert (log.state("fails"), log.state("beside")) == ("failure", "canceled")


def test_steps_that_still_run_when_it_ends_are_ended(build, log):
    build.vertex("[1/1] RUN x")
    build.progress.finish("canceled")
    assert log.state("RUN x") == "canceled"


def test_silence_is_shown_and_says_how_long(build, log):
    build.vertex("[1/2] RUN sleep")
    for now in (29, 30, 31, 59, 60, 61):
        build.clock.now = now
        build.progress.tick()
    build.prints("[1/2] RUN sleep", b"awake\n")
    build.clock.now = 80
    build.progress.tick()
    build.progress.finish("success")
    assert log.of("sleep") == ["still running: [1/2] RUN sleep, silent for 30 s",
                               "still running: [1/2] RUN sleep, silent for 60 s", "awake"]


def test_parts_of_a_step_are_told_when_done_and_counted_while_silent(build, log):
    build.vertex("[1/2] FROM x")
    layer = "sha256:" + "a1" * 32
    build.say(statuses=[{"id": layer, "vertex": "[1/2] FROM x", "total": 40_000_000, "current": 10_000_000}])
    build.clock.now = 30
    build.progress.tick()
    build.say(statuses=[{"id": layer, "vertex": "[1/2] FROM x", "total": 40_000_000, "current": 40_000_000,
                         "completed": AT}])
    build.progress.finish("success")
    assert log.of("FROM") == ["still running: [1/2] FROM x, silent for 30 s, 10.0 of 40.0 MB",
                              "sha256:a1a1a1a1a1a1 40.0 MB done"]


def test_a_progress_bar_shows_its_last_state(build, log):
    build.vertex("[1/1] RUN x")
    build.prints("[1/1] RUN x", b"10%\r50%\r100%\nwindows\r\n")
    build.progress.finish("success")
    assert log.of("RUN x") == ["100%", "windows"]


def test_a_progress_bar_is_seen_while_it_goes_on(build, log):
    build.vertex("[1/1] RUN x")
    build.prints("[1/1] RUN x", b"10%\r50%\r7")
    assert log.steps[0]["now"] == "50%" and log.of("RUN x") == []


def test_a_line_without_an_end_does_not_grow_for_ever(build, log):
    build.vertex("[1/1] RUN x")
    for _ in range(100):
        build.prints("[1/1] RUN x", b"x" * 4096)
    assert log.count >= 100 * 4096 // MAX_BYTES - 1
    build.progress.finish("success")
    assert sum(len(text) for text in log.of("RUN x")) == 100 * 4096


def test_split_utf8_and_pieces_of_json_are_put_together(build, log):
    build.vertex("[1/1] RUN x")
    for piece in (b"caf\xc3", b"\xa9\n"):
        build.prints("[1/1] RUN x", piece)
    text = json.dumps({"logs": [{"vertex": "[1/1] RUN x", "data": base64.b64encode(b"late\n").decode()}]}).encode()
    build.progress.feed(text[:20])
    build.progress.feed(text[20:] + b"\n")
    build.progress.finish("success")
    assert log.of("RUN x") == ["café", "late"]


def test_what_is_no_json_is_kept_as_last_words(build):
    build.progress.feed(b"Dockerfile:2\n{broken json\nerror: failed to solve: no")
    build.progress.finish("failure")
    assert list(build.progress.words) == ["Dockerfile:2", "{broken json", "error: failed to solve: no"]


def test_warnings_name_their_line(build, log):
    short = base64.b64encode(b"JSONArgsRecommended: use JSON").decode()
    build.say(warnings=[{"vertex": "x", "short": short, "range": [{"start": {"line": 5}, "end": {"line": 5}}]}])
    assert log.texts == ["warning: JSONArgsRecommended: use JSON (line 5)"]


def test_a_line_is_whole_though_its_step_ended_in_the_middle_of_it(build, log):
    """BuildKit tells the end of a step before the last of its output, cut wherever its buffer was full."""
    build.vertex("[1/2] RUN print")
    build.prints("[1/2] RUN print", b"first\nsec")
    build.vertex("[1/2] RUN print", completed=True)
    build.say(statuses=[])
    build.prints("[1/2] RUN print", b"ond\nlast, unended")
    build.progress.finish("success")
    assert log.of("RUN print") == ["first", "second", "last, unended"]
