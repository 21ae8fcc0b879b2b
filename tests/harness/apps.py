"""Small repositories made of a few files, for tests that need a stage to last, or to say something certain."""

from __future__ import annotations

import uuid

SERVER = '''\
import http.server, os, sys, time

VERSION = "one"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"version {VERSION}\\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Quiet: the tests count lines."""


for number in range(int(os.environ.get("START_TICKS", "0"))):
    print(f"starting {number}", flush=True)
    time.sleep(0.1)
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
'''

TICK = '''\
import hashlib, sys, time

HASHES = 1
count, pause = int(sys.argv[1]), float(sys.argv[2])
for number in range(1, count + 1):
    print(number, hashlib.sha256(str(number).encode()).hexdigest() * HASHES, flush=pause > 0)
    if pause:
        time.sleep(pause)
'''


def steady(*, build_ticks: int = 0, start_ticks: int = 0, test_ticks: int = 0, lines: int = 0,
           hashes: int = 1) -> dict[str, str]:
    """Files of an app whose stages last: each tick is a numbered, hashed line and 0.1 s.

    `lines`: printed by the build as fast as it can, each with its hash (64 characters) so many times. No two calls
    share a cached build step.
    """
    salt = uuid.uuid4().hex
    runs = [f"RUN python tick.py {count} {pause} {salt}" for count, pause in ((build_ticks, 0.1), (lines, 0)) if count]
    dockerfile = ["FROM python:3.13-slim", "WORKDIR /app", "COPY tick.py .", *runs, "COPY app.py .",
                  "EXPOSE 8000", 'CMD ["python", "app.py"]', ""]
    config = ["deploy:", "  port: 8000", f'  env: {{START_TICKS: "{start_ticks}"}}',
              "  health: {path: /, successes: 2, timeout: 60s}", "  drain: 1s", "  watch: 2s",
              "test:", "  http: [{path: /, contains: version}]"]
    if test_ticks:
        config.append(f'  commands: [{{run: [python, tick.py, "{test_ticks}", "0.1"]}}]')
    return {"Dockerfile": "\n".join(dockerfile), "app.py": SERVER, "tick.py": TICK.replace("HASHES = 1", f"HASHES = {hashes}"),
            ".continuum.yml": "\n".join(config) + "\n"}


PACKAGES = 20_000      # a scan of these takes some tens of seconds
CROWD = f'''\
import pathlib

for number in range({PACKAGES}):
    folder = pathlib.Path(f"/usr/local/lib/python3.13/site-packages/crowd{{number}}-1.0.dist-info")
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\\nName: crowd{{number}}\\nVersion: 1.0\\n")
    (folder / "RECORD").write_text("")
'''


def crowded(files: dict[str, str]) -> dict[str, str]:
    """The same app in an image that is long to scan, since it has so many packages."""
    dockerfile = files["Dockerfile"].replace("COPY app.py .", "COPY crowd.py .\nRUN python crowd.py\nCOPY app.py .")
    return {**files, "Dockerfile": dockerfile, "crowd.py": CROWD + f"# {uuid.uuid4()}\n"}
