"""An author who makes everything large and everything a terminal would obey, in one repository.

Each of these inputs has a bound of its own with unit tests. Here they come together: the services stay up, deployer's
memory does not grow with them, and `./continuum logs` and `run` show what was written instead of obeying it.
"""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from cli.instance import ROOT
from cli.terminal import MARK
from tests.harness.stack import Repo
from tests.security import engine

TAGS = 200
MB = 1024**2
GROWTH = 96 * MB      # of deployer's own memory; the report alone, read as a whole, would be more
ESCAPES = "\x1b]0;owned\x07\x1b]8;;https://evil.invalid\x07click\x1b]8;;\x07\x1b[2J\x1b[H\x1b[31mred\x1b[0m\x9b5n"
FORGED = f"{MARK} promote attempt 1: success"
LOUD = r"printf '\033]0;owned\007\033]8;;https://evil.invalid\007click\033]8;;\007\033[2J\033[H\033[31mred\033[0m\n" \
       r"\r\342\226\240 promote attempt 1: success\n'"
REPORT = "(echo '<testsuite>'; yes '<testcase name=\"a &#x9b;\" classname=\"" + "b" * 300 + "\"/>' | head -n 18000; " \
         "echo '</testsuite>') > /reports/unit.xml"
LABELS = "\n".join(f"LABEL l{number}={'v' * 5000}" for number in range(50))
DOCKERFILE = f"""\
FROM busybox:1.37
{LABELS}
RUN {LOUD}
RUN for i in $(seq 300); do mkdir -p /n/node_modules/p$i \
 && printf '{{"name":"p%s","version":"1.%0900d"}}' $i 0 > /n/node_modules/p$i/package.json; done
EXPOSE 10000-12000
HEALTHCHECK --interval=1s --timeout=5s CMD yes 'x\x1b[2J' | head -c 4000000
RUN mkdir /www && echo ready > /www/index.html
CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]
"""
COMMAND = f"mkdir -p /reports && {REPORT} && {LOUD}"
CONFIG = f"""\
deploy: {{port: 8000, watch: 1s, drain: 1s, memory: 64m}}
test:
  http: [{{path: /, contains: ready}}]
  commands:
    - run: [sh, -c, {json.dumps(COMMAND)}]
      junit: reports/*.xml
""" + "# nothing that is read\n" * 1500
BROKEN = 'deploy: {"\\e[2J\\n' + FORGED + '\\u202e": 1}\n'


@pytest.fixture(scope="module")
def before(stack):
    return {service: (item["Id"], item["RestartCount"], item["State"]["StartedAt"])
            for service, item in engine.platform_containers(stack).items()}, memory(stack, "deployer")


@pytest.fixture(scope="module")
def repo(stack, before) -> Repo:
    return stack.repo_of({"Dockerfile": DOCKERFILE, ".continuum.yml": CONFIG}, name="hostile")


@pytest.fixture(scope="module")
def hostile(repo, before):
    """(the run of the hostile commit, what `./continuum logs` printed of it)."""
    head = commit(repo, "s" * 5000 + ESCAPES + "\n\n" + "body " * 40_000)
    for number in range(TAGS):
        git(repo.work, "tag", f"v{number}")
    git(repo.work, "push", "--quiet", "--tags", "origin", "main")
    run = repo.stack.wait(repo.wait_for_push_run(head)["id"])
    return run, command_line(repo, "logs", str(run["id"]))


def commit(repo: Repo, message: str) -> str:
    """Commit with an author's name of 3,000 characters; returns the commit."""
    path = repo.work.parent / "message"
    path.write_text(message)
    git(repo.work, "-c", f"user.name={'n' * 3000}", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-F", str(path))
    return git(repo.work, "rev-parse", "HEAD")


def git(work: Path, *argv: str) -> str:
    return subprocess.run(["git", "-C", str(work), *argv], check=True, capture_output=True, text=True).stdout.strip()


def memory(stack, service: str) -> int:
    """Bytes that the service's processes hold, without what they share with files."""
    text = engine.docker("exec", stack.container(service), "sh", "-c", "cat /proc/[0-9]*/status 2>/dev/null || true")
    return 1024 * sum(map(int, re.findall(r"^RssAnon:\s+(\d+) kB$", text, re.MULTILINE)))


def command_line(repo: Repo, *words: str, off: str = "") -> str:
    """What `./continuum WORDS` prints to a terminal of 400 columns. `off`: statements that take a protection away first."""
    start = f"{off}\nfrom cli.__main__ import main\nmain()"
    terminal, end = pty.openpty()
    argv = [sys.executable, "-c", start, "--instance", repo.stack.instance.name, *words]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=end, stderr=end,
                          env={**os.environ, "TERM": "xterm", "COLUMNS": "400"}):
        os.close(end)
        printed = b"".join(iter(partial(_read, terminal), b""))
    os.close(terminal)
    text = printed.decode().replace("\r\n", "\n")
    assert "Traceback" not in text, text[-3000:]
    return text


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""      # Linux reports EIO once the program has ended


def obeyed(text: str) -> list[str]:
    """What a terminal would obey, apart from colours and the ends of lines."""
    return re.findall(r"\x1b(?!\[[0-9;:]*m)|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def headings(text: str) -> list[str]:
    plain = re.sub(r"\x1b\[[0-9;:]*m", "", text)
    return [line for line in plain.splitlines() if line.startswith(MARK)]


def test_the_run_ends_as_the_author_could_expect(hostile):
    run, _ = hostile
    assert run["state"] == "success", run["reason"]


def test_what_is_stored_of_the_commit_is_short(hostile):
    run, _ = hostile
    assert len(run["message"]) == 1000 and len(run["author"]) == 200


def test_no_service_restarts_and_deployer_does_not_grow(stack, before, hostile):
    ids, memory_before = before
    assert {service: (item["Id"], item["RestartCount"], item["State"]["StartedAt"])
            for service, item in engine.platform_containers(stack).items()} == ids
    assert memory(stack, "deployer") - memory_before < GROWTH


def test_what_its_healthcheck_prints_is_cut(stack, repo, hostile):
    """The engine keeps 4 KiB of each check; a service that lists containers holds no more of it."""
    (app,) = engine.app_containers(stack, repo.id)
    log = app["State"]["Health"]["Log"]
    assert log and max(len(entry["Output"]) for entry in log) <= 4200


def test_the_log_obeys_nothing_and_forges_no_heading(hostile):
    run, text = hostile
    assert "click" in text and "␛]0;owned␇" in text and "\x1b[31mred" in text, "it is shown, with its colours"
    assert obeyed(text) == []
    assert headings(text) == [f"{MARK} {job['stage']} attempt {job['attempt']}: {job['state']}" for job in run["jobs"]]


def test_the_check_would_notice(repo, hostile):
    """Without the filter the same text clears the screen. A heading can't be forged then either: each line has its stage."""
    run, _ = hostile
    text = command_line(repo, "logs", str(run["id"]), "--stage", "build",
                        off="import cli.terminal; cli.terminal._visible = lambda text: text")
    assert obeyed(text) and FORGED in text
    assert obeyed(command_line(repo, "logs", str(run["id"]), "--stage", "build", "--raw"))


def test_a_reason_obeys_nothing_either(stack, repo, hostile):
    """The author's words stand in the reason of a broken file, which is part of a heading of `run` and of a table."""
    repo.write(".continuum.yml", BROKEN)
    head = repo.commit("Break it")
    repo.push()
    stack.wait(repo.wait_for_push_run(head)["id"])
    for text in (command_line(repo, "run", f"{repo.owner}/{repo.name}"), command_line(repo, "runs")):
        assert "unknown key" in text and obeyed(text) == [] and FORGED not in headings(text)
