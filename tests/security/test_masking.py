"""S42: a program that prints its own secrets does not give them to those who may read logs.

Covered are the forms of common/secrets/masking.py; what a program cuts up or transforms otherwise is not (docs/security.md).
"""

from __future__ import annotations

import base64
import json
import urllib.parse
import uuid
from itertools import islice

import pytest

from tests.harness.apps import SERVER

PRINT = '''\
import base64, json, sys, urllib.parse
value = sys.argv[1] if len(sys.argv) > 1 else open("/run/secrets/SHOWN").read()
raw = value.encode()
lines = value.splitlines()
print("plain", lines[0])
print("second line", lines[1])
print("json", json.dumps({"key": value}))
print("url", "https://example.invalid/?q=" + urllib.parse.quote(value, safe="") + "&p=" + urllib.parse.quote_plus(value))
for before in range(3):
    print("base64", base64.b64encode(b"x" * before + raw).decode(), flush=True)
    print("base64url", base64.urlsafe_b64encode(b"x" * before + raw + b"tail").decode(), flush=True)
print("twice", lines[0] + lines[0], "and glued:" + lines[0] + "!")
print("to stderr", lines[0], file=sys.stderr)
'''


def forms(value: str) -> list[str]:
    """What must be in no log. Base64 by its middle, which the value alone decides."""
    encoded = [base64.b64encode(b"x" * before + value.encode()).decode()[4:-4] for before in range(3)]
    encoded += [base64.urlsafe_b64encode(b"x" * before + value.encode()).decode()[4:-4] for before in range(3)]
    return [*value.splitlines(), urllib.parse.quote(value, safe=""), json.dumps(value)[1:-1], *encoded]


@pytest.fixture(scope="module")
def secret() -> str:
    return f'Zu{uuid.uuid4().hex}/+?&"é~ x\n{uuid.uuid4().hex}>>>end'


@pytest.fixture(scope="module")
def texts(stack, secret):
    """Every log and every reason of a run whose build prints the secret, and fails saying it."""
    dockerfile = ["FROM python:3.13-slim", "COPY print.py .", "RUN --mount=type=secret,id=SHOWN python print.py",
                  'RUN --mount=type=secret,id=SHOWN echo "last words: $(head -1 /run/secrets/SHOWN)" && exit 3', ""]
    repo = stack.repo_of({"Dockerfile": "\n".join(dockerfile), "print.py": PRINT,
                          ".continuum.yml": "build: {secrets: [SHOWN]}\n"})
    stack.api.put(f"/repos/{repo.id}/secrets/SHOWN", {"value": secret, "use": ["build"]})
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "failure"
    return {"log": "\n".join(stack.lines(ended["id"], "build.1")), "run": json.dumps(ended, ensure_ascii=False)}


def test_a_build_that_prints_its_secret_is_masked(texts, secret):
    """Holds: JobLog.mask before a line is numbered, and Job._execute for the reason."""
    for word in ("plain ***", "second line ***", "base64 ", "twice ******", "glued:***!", "to stderr ***", "last words: ***"):
        assert word in texts["log"], word
    for form in forms(secret):
        assert form not in texts["log"], form
        assert form not in texts["run"], form


def test_an_app_that_prints_its_secret_is_masked(stack, secret):
    """Holds: the same in the deployer, where the app's lines become the stage's log; and in its runtime log."""
    app = "import os, subprocess, sys\nsubprocess.run([sys.executable, 'print.py', os.environ['SHOWN']], check=True)\n" + SERVER
    repo = stack.repo_of({"Dockerfile": 'FROM python:3.13-slim\nCOPY . .\nEXPOSE 8000\nCMD ["python", "app.py"]\n',
                          "print.py": PRINT, "app.py": app,
                          ".continuum.yml": "deploy: {port: 8000, secrets: [SHOWN], watch: 1s}\n"})
    stack.api.put(f"/repos/{repo.id}/secrets/SHOWN", {"value": secret, "use": ["deploy"]})
    ended = stack.wait(repo.run()["id"])
    assert ended["state"] == "success", ended["reason"]
    told = "\n".join(stack.text(ended["id"], f"{job['stage']}.{job['attempt']}") for job in ended["jobs"])
    assert "plain ***" in told
    runtime = runtime_log(stack, repo.deployments()[0]["id"], until=("twice", "to stderr"))
    assert "plain ***" in runtime
    for form in forms(secret):
        assert form not in told, form
        assert form not in runtime, form


TESTED = '''\
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("<h1>KeyError</h1>\\nSHOWN = " + os.environ["SHOWN"]).encode()
        self.send_response(500)
        self.send_header("X-Debug", os.environ["SHOWN"].splitlines()[0].encode("ascii", "replace").decode())
        self.send_header("X-Line", os.environ["SHOWN"].splitlines()[1])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
'''
CHECK = '''\
import os, sys
from xml.sax.saxutils import escape, quoteattr
shown = os.environ["SHOWN"].splitlines()
print("url", shown[1])
with open("/tmp/r.xml", "w", encoding="utf-8") as report:
    report.write(f"<testsuite name='db'><testcase name='connects'><failure message={quoteattr('no ' + shown[0])}>"
                 f"asked {escape(shown[0])} {shown[1]}</failure></testcase></testsuite>")
sys.exit(1)
'''


def test_what_the_tests_see_and_report_is_masked(stack, secret):
    """Holds: the deployer masks what the tester shows of answers, the output of commands, and their reports."""
    repo = stack.repo_of({"Dockerfile": 'FROM python:3.13-slim\nCOPY . /\nEXPOSE 8000\nCMD ["python", "/app.py"]\n',
                          "app.py": TESTED, "check.py": CHECK, ".continuum.yml":
                          "deploy: {port: 8000, secrets: [SHOWN]}\ntest:\n  http: [{path: /, status: 200}]\n"
                          "  commands: [{run: [python, /check.py], junit: /tmp/*.xml}]\n"})
    stack.api.put(f"/repos/{repo.id}/secrets/SHOWN", {"value": secret, "use": ["deploy"]})
    ended = stack.wait(repo.run()["id"])
    assert ended["state"] == "failure"
    tests = stack.api.get(f"/runs/{ended['id']}/tests")
    shown = "\n".join([stack.text(ended["id"], "test.1"), json.dumps(ended, ensure_ascii=False),
                       json.dumps(tests, ensure_ascii=False)])
    for word in ("SHOWN = ***", "X-Line: ***", "url ***", "no ***"):
        assert word in shown, word
    for line in secret.splitlines():
        assert line not in shown and json.dumps(line)[1:-1] not in shown


def runtime_log(stack, deployment: int, until: tuple[str, ...]) -> str:
    """What the live container has printed, as people see it; the stream itself would go on.

    `until`: the last line of each of its outputs, between which the engine keeps no order.
    """
    lines = []
    for event, _, data in islice(stack.api.events(f"/deployments/{deployment}/stream"), 1000):
        lines += [line[3] for line in data.get("lines", [])] if event == "lines" else []
        if all(any(line.startswith(word) for line in lines) for word in until):
            break
    return "\n".join(lines)
