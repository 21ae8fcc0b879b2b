"""`.continuum.yml`: every problem is told with its line; nothing is guessed."""

import pytest

from common.wire.contracts import RepoConfig
from common.wire.errors import Failure
from common.wire.repofile import MAX_BYTES, parse


def problems(text: str) -> str:
    with pytest.raises(Failure) as caught:
        parse(text)
    return str(caught.value)


def test_each_problem_has_its_line_beside_the_sentence():
    with pytest.raises(Failure) as caught:
        parse("build:\n  dockerfil: x\ntest: 3\n")
    found = caught.value.params["problems"]
    assert caught.value.error == "invalid_config" and [problem["line"] for problem in found] == [2, 3]
    assert all(f"line {problem['line']}: {problem['message']}" in str(caught.value) for problem in found)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n", "build:\ndeploy:\n"])
def test_nothing_said_means_all_defaults(text):
    assert parse(text) == RepoConfig()


def test_values_are_taken_as_written():
    config = parse("build: {args: {VERSION: 1.10, NIGHTLY: on, BUILD: 0123}}\n"
                   "deploy: {env: {DEBUG: yes, WORKERS: 4, EMPTY: ''}, cpus: 0.5, memory: 1g}\n"
                   "on: {push: [1.0, main]}\n")
    assert config.build.args == {"VERSION": "1.10", "NIGHTLY": "on", "BUILD": "0123"}
    assert config.deploy.env == {"DEBUG": "yes", "WORKERS": "4", "EMPTY": ""}
    assert (config.deploy.cpus, config.deploy.memory) == (0.5, 1024**3)
    assert config.on.push == ["1.0", "main"]


def test_durations_are_seconds():
    assert parse("deploy: {health: {interval: 200ms, timeout: 2m}}").deploy.health.interval == pytest.approx(0.2)


def test_deploy_none_is_a_word():
    assert parse("deploy: none").deploy == "none"


def test_unknown_key_names_line_and_nearest():
    assert problems("build:\n  context: .\n\n  dockerfle: x\n") == \
        ".continuum.yml, line 4: unknown key `dockerfle` in build; did you mean `dockerfile`?"


@pytest.mark.parametrize("text, expected", [
    ("tests: {}", "line 1: unknown key `tests` in the file; did you mean `test`?"),
    ("deploy:\n  health:\n    pth: /", "line 3: unknown key `pth` in deploy.health; did you mean `path`?"),
    ("test:\n  http:\n  - pathe: /", "line 3: unknown key `pathe` in test.http[0]; did you mean `path`?"),
    ("deploy: {privileged: true}", "unknown key `privileged` in deploy"),
    ("deploy:\n  port: http", "line 2: deploy.port is `http`: it must be a whole number"),
    ("deploy: {port: 70000}", "deploy.port is `70000`: it must be less than or equal to 65535"),
    ("build: {timeout: 30}", "build.timeout is `30`: a duration is written like"),
    ("build: {submodules: perhaps}", "build.submodules is `perhaps`: it must be true or false"),
    ("test: {commands: [{run: pytest -q}]}", "test.commands[0].run is `pytest -q`: it must be a list"),
    ("test: {commands: [{junit: x}]}", "`run` is missing in test.commands[0]"),
    ("scan:\n  fail_on: critcal", "line 2: scan.fail_on is `critcal`, which is none of critical, high, medium, low, "
                                  "negligible, unknown, never; did you mean `critical`?"),
    ("scan: {waivers: [{id: X, reason: because, until: soon}]}", "scan.waivers[0].until is `soon`: it must be a date"),
    ("deploy: false", "`deploy` must be a mapping of keys to values, or the word none, not `false`"),
    ("deploy:\n  env:\n    A-B: 1", "line 3: `A-B` in deploy.env is no name"),
    ("deploy:\n  env:\n    A:", "line 3: deploy.env.A has no value"),
    ("deploy:\n  env: [A=1]", "line 2: deploy.env is a list: it must be a mapping"),
    ("build: {secrets: [a b]}", "build.secrets[0] is `a b`"),
    ("deploy:\n  port: 1\n  port: 2", "line 3: key `port` stands twice, first in line 2"),
    ("build:\n\tcontext: .", "line 2: a tab indents this line"),
    ("- a\n- b", "line 1: the file must be a mapping"),
    ("just words", "line 1: the file must be a mapping"),
    ("build: [", "line 1: not valid YAML"),
    ("? [a]\n: b", "a key must be one word"),
    ("a: 1\n---\nb: 2\n", "line 2: a second document begins here"),
    ("build: {context: .}\n\x07", "line 2: a character that YAML does not allow"),
    ("build: {context: ../other}", "build.context is `../other`: it must stay inside the repository"),
    ("build: {context: a/../../b}", "it must stay inside the repository"),
    ("build: {dockerfile: /etc/passwd}", "it must stay inside the repository"),
    ("build: {args: {BUILDKIT_SYNTAX: evil/frontend}}", "names that begin with BUILDKIT_ are reserved"),
    ("deploy: {volumes: [data]}", "deploy.volumes[0] is `data`: it must be an absolute path"),
    ("deploy: {volumes: ['/var/run/docker.sock:/sock']}", "it must be an absolute path in the container"),
    ("deploy: {volumes: [/]}", "it must be an absolute path in the container"),
])
def test_each_problem_has_its_sentence(text, expected):
    assert expected in problems(text)


def test_all_problems_at_once_in_the_order_of_lines():
    told = problems("deploy:\n  prot: 1\nbuild:\n  timeout: x\n  context: /\nscan:\n  first: 7\n  first: 8\n").split("\n")
    assert told[0] == ".continuum.yml has 5 problems:"
    assert [line.split(":")[0] for line in told[1:]] == ["line 2", "line 4", "line 5", "line 7", "line 8"]


def test_a_file_full_of_problems_is_told_in_part():
    told = problems("".join(f"k{number}: 1\n" for number in range(100))).split("\n")
    assert told[0].endswith("has 100 problems:") and told[-1] == "and 80 more" and len(told) == 22


def test_aliases_are_refused_before_they_grow():
    bomb = "a: &a [x,x]\n" + "".join(f"{name}: &{name} [*a,*a]\n" for name in "bcdefgh")
    assert "line 1: anchors and aliases" in problems(bomb)


def test_nesting_and_size_have_limits():
    assert "nested deeper" in problems("[" * 5000)
    assert "larger than 64 KiB" in problems("#" * (MAX_BYTES + 1))
    assert parse("#" * MAX_BYTES) == RepoConfig()


def test_python_objects_are_never_made():
    assert "deploy.port is `os.getcwd`" in problems("deploy: {port: !!python/name:os.getcwd os.getcwd}")


@pytest.mark.parametrize("on, words", [
    ("paths: ['./src']", "line 1: on.paths[0] is `./src`, which can never match: paths count from the root"),
    ("paths: [a, ../b]", "on.paths[1] is `../b`, which can never match"), ("paths: ['src\\app']", "separated by /"),
    ("paths: ['# a']", "is a comment"), ("paths: ['[ab']", "a [ has no ] after it"), ("paths: ['']", "it is empty"),
    ("paths: ['.git/config']", "nothing in .git"), ("paths: ['!docs']", 'on.paths only takes back, so it can never match: begin'),
    ("push: [refs/heads/main]", "write it without refs/: main"), ("push: ['a b']", "it has a space"),
    ("push: [a..b]", "it has \"..\""), ("tag: ['v*.lock']", "ends with \".lock\""), ("tag: ['v[']", "a [ has no ]"),
])
def test_a_glob_that_can_never_match_is_refused_with_its_line(on, words):
    with pytest.raises(Failure) as refused:
        parse(f"on: {{{on}}}\n")
    assert words in str(refused.value) and "line 1" in str(refused.value)


def test_globs_that_can_match_are_taken():
    parse("on: {push: ['**', '!x/*', 'release/[0-9]?', '**/hotfix', '*'], tag: ['v*'], "
          "paths: ['**/*.py', '**', '!docs/', '/setup.py', 'src', 'a b.txt', '[!a].c', '\\#x']}\n")


@pytest.mark.parametrize("text", ["deploy: {memory: %s}", "deploy: {cpus: %s}", "deploy: {pids: %s}", "deploy: {drain: %s}",
                                  "build: {timeout: %s}", "test: {commands: [{run: [a], timeout: %s}]}"])
@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "1e999", ".inf", ".nan", "9" * 400 + "s"])
def test_a_number_that_nothing_can_hold_is_refused(text, number):
    assert "line 1" in problems(text % number)
