"""An app that may be slow, broken or unable to start twice, and what is shown of it."""

from __future__ import annotations

import requests

from cli.proc import answer

# Opens its port at once and answers after SECONDS, as a server that forks before it imports the app.
SLOW = '''\
import http.server, os, socket, time
early = socket.create_server(("", 8000))
time.sleep(SECONDS)
BROKEN
early.close()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"version VERSION\\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
'''
PID_FILE = '''
if os.path.exists("/tmp/pid"):
    raise SystemExit("a server is already running")
open("/tmp/pid", "w").close()
'''


def files(version: str, *, seconds: float = 0, broken: str = "", watch: str = "0s", more: str = "") -> dict[str, str]:
    app = SLOW.replace("SECONDS", str(seconds)).replace("BROKEN", broken).replace("VERSION", version)
    return {"Dockerfile": f'FROM python:3.13-slim\n{more}COPY app.py /\nCMD ["python", "-u", "/app.py"]\n', "app.py": app,
            ".continuum.yml": f"deploy: {{port: 8000, drain: 0s, watch: {watch}}}\n"}


def pushed(stack, repo, version: str, **options) -> dict:
    for path, text in files(version, **options).items():
        repo.write(path, text)
    commit = repo.commit(version)
    repo.push()
    return stack.wait(repo.wait_for_push_run(commit)["id"])


def live(stack, version: str = "one", **options):
    repo = stack.repo_of(files(version, **options))
    ended = stack.wait(repo.run()["id"])
    assert ended["state"] == "success", ended["reason"]
    return repo


def container(repo) -> str:
    return answer(["docker", "ps", "--all", "--quiet", "--filter", f"label=continuum.repo={repo.id}",
                   "--filter", f"label=continuum.instance={repo.stack.instance.name}"]).split()[0]


def shown(repo) -> dict:
    return repo.stack.api.get(f"/repos/{repo.id}")["live"]


def text_of(repo) -> str | None:
    try:
        return repo.fetch("/").text
    except requests.RequestException:
        return None
