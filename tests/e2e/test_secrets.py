"""Secrets reach the build and the app, and nothing else."""

import uuid

from cli.proc import answer, run
from tests.harness.apps import steady

SHOW = '''\
import http.server, os
print("the secret is", os.environ["API_KEY"], flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ["API_KEY"][-4:].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.HTTPServer(("", 8000), Handler).serve_forever()
'''


def test_a_secret_reaches_build_and_app_and_shows_nowhere(stack):
    canary = f"canary-{uuid.uuid4().hex}"
    files = steady()
    files["app.py"] = SHOW
    files["Dockerfile"] = files["Dockerfile"].replace(
        "EXPOSE", 'RUN --mount=type=secret,id=BUILD_KEY echo "got $(cat /run/secrets/BUILD_KEY)" && '
                  "test -s /run/secrets/BUILD_KEY\nEXPOSE")
    files[".continuum.yml"] = ("build: {secrets: [BUILD_KEY]}\n"
                               "deploy: {port: 8000, secrets: [API_KEY], watch: 1s}\n"
                               f"test: {{http: [{{path: /, contains: {canary[-4:]}}}]}}\n")
    repo = stack.repo_of(files)
    for name, use in (("BUILD_KEY", "build"), ("API_KEY", "deploy")):
        stack.api.put(f"/repos/{repo.id}/secrets/{name}", {"value": canary, "use": [use]})
    ended = stack.wait(repo.run()["id"])
    assert ended["state"] == "success", ended["reason"]
    logs = "\n".join(stack.text(ended["id"], f"{job['stage']}.{job['attempt']}") for job in ended["jobs"])
    assert "got ***" in logs
    assert "the secret is ***" in logs
    assert canary not in logs
    assert canary not in str(stack.api.get(f"/repos/{repo.id}/secrets"))
    assert canary not in answer(["docker", "history", "--no-trunc", *image_of(stack, repo)])
    dump = run(["docker", "exec", stack.container("postgres"), "sh", "-c",
                f"pg_dump -U continuum continuum | grep -c {canary} || true"])
    assert dump == ["0"]


def image_of(stack, repo) -> list[str]:
    container = answer(["docker", "ps", "--quiet", "--filter", f"label=continuum.repo={repo.id}",
                        "--filter", f"label=continuum.instance={stack.instance.name}"]).split()[0]
    return [answer(["docker", "inspect", "--format", "{{.Image}}", container])]


def test_a_declared_secret_that_is_not_set_is_told(stack):
    files = steady()
    files[".continuum.yml"] = "build: {secrets: [MISSING_KEY]}\n"
    ended = stack.wait(stack.repo_of(files).run()["id"])
    assert ended["state"] == "failure"
    assert "MISSING_KEY" in ended["reason"]
