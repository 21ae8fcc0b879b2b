"""Looks around from where it runs, a build step or an app, and tells what it can reach. Standard library alone.

    probe.py look            sockets and mounts of this container, as JSON
    probe.py ask FILE        FILE holds [[host, port], …]; what each answers, as JSON
    probe.py serve           the same two over HTTP: GET /look, POST /ask, GET /environ
"""

import http.client
import http.server
import json
import os
import socket
import stat
import sys
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 3      # seconds for each address
SKIP = {"proc", "sys"}


def reach(target):
    """"host:port" -> open with the HTTP status it gave, or why not."""
    host, port = target
    try:
        socket.create_connection((host, port), PATIENCE).close()
    except TimeoutError:
        return f"{host}:{port}", "timeout"
    except socket.gaierror:
        return f"{host}:{port}", "unknown name"
    except ConnectionRefusedError:
        return f"{host}:{port}", "refused"
    except OSError as problem:
        return f"{host}:{port}", f"unreachable ({problem.strerror})"
    return f"{host}:{port}", f"open {status(host, port)}"


def status(host, port):
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/v2/_catalog")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return "no http"
    finally:
        connection.close()


def ask(targets):
    with ThreadPoolExecutor(16) as pool:
        return dict(pool.map(reach, targets))


def look():
    return {"sockets": sorted(unix_sockets("/")), "abstract": abstract(), "mounts": open("/proc/self/mounts").read(),
            "capabilities": capabilities(), "uid": os.getuid()}


def unix_sockets(folder):
    for entry in os.scandir(folder):
        if folder == "/" and entry.name in SKIP:
            continue
        try:
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISSOCK(mode):
                yield entry.path
            elif stat.S_ISDIR(mode):
                yield from unix_sockets(entry.path)
        except PermissionError as problem:
            print(f"not looked into: {problem}", file=sys.stderr)


def abstract():
    """Sockets that are a name in the network namespace, and no file."""
    words = (line.split() for line in open("/proc/net/unix").read().splitlines()[1:])
    return sorted(parts[7] for parts in words if len(parts) > 7 and parts[7].startswith("@"))


def capabilities():
    line = next(line for line in open("/proc/self/status") if line.startswith("CapEff"))
    return int(line.split()[1], 16)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/look":
            self.answer(look())
        elif self.path == "/environ":
            self.answer(dict(os.environ))
        else:
            self.answer({"probe": "ready"})

    def do_POST(self):
        self.answer(ask(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    if sys.argv[1] == "look":
        print("PROBE look", json.dumps(look()))
    elif sys.argv[1] == "ask":
        print("PROBE ask", json.dumps(ask(json.load(open(sys.argv[2])))))
    else:
        http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
