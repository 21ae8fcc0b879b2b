"""A thousand people who look at once: half follow a log while it is printed, half have the events of its repository,
and pages for others are measured meanwhile. All on loopback, from one process beside the dashboard.
"""

from __future__ import annotations

import math
import resource
import selectors
import socket
import threading
import time

from bench.measures import Measure, percentile
from bench.page_times import signed_in
from tests.harness.apps import steady
from tests.harness.stack import Stack
from tests.security import people

VIEWERS = 1000
AN_ACCOUNT = 60          # streams; the cap is 64
TICKS = 300              # lines of the log, ten a second
ENOUGH = 200             # pages, at least
OPENING = 60             # seconds that all streams may take to open
ENDING = 60              # seconds in which the last lines and events reach everybody; who has them not then, is told
PAGES = ("/repos", "/account", "/status")
END, MOVED = b"event: end", b"event: run.updated"


class Crowd:
    """So many streams, read by one thread; what came is kept as it came. Each awaits some last words."""

    def __init__(self, port: int):
        self._port = port
        self._waiting = selectors.DefaultSelector()
        self.came: dict[socket.socket, bytearray] = {}
        self._awaited: dict[socket.socket, bytes] = {}      # of those that have not come
        self._all_came = threading.Event()
        self._stop = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)

    def join(self, path: str, token: str, awaited: bytes) -> socket.socket:
        viewer = socket.create_connection(("127.0.0.1", self._port), 30)
        viewer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        self.came[viewer], self._awaited[viewer] = bytearray(), awaited
        self._waiting.register(viewer, selectors.EVENT_READ)
        return viewer

    def read(self) -> None:
        self._reader.start()

    def wait_for_all(self, seconds: float) -> None:
        """Until every stream had its last words, or for so long."""
        self._all_came.wait(seconds)

    def leave(self) -> None:
        self._stop.set()
        self._reader.join()
        for viewer in self.came:
            viewer.close()

    def _read(self) -> None:
        while not self._stop.is_set():
            for key, _ in self._waiting.select(0.2):
                self._take(key.fileobj, key.fileobj.recv(65536))

    def _take(self, viewer: socket.socket, chunk: bytes) -> None:
        came, awaited = self.came[viewer], self._awaited.get(viewer)
        came += chunk
        if awaited and awaited in came[-len(chunk) - len(awaited):]:
            del self._awaited[viewer]
            if not self._awaited:
                self._all_came.set()
        if not chunk:
            self._waiting.unregister(viewer)


def measure(stack: Stack) -> list[Measure]:
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    repo = stack.repo_of({**steady(build_ticks=TICKS), ".continuum.yml": "deploy: none\n"}, "watched")
    tokens = readers(stack, repo.id)
    run = repo.run("build")["id"]
    stack.wait_stage(run, "build")
    crowd = Crowd(int(stack.api.settings["DASHBOARD_PORT"]))
    crowd.read()
    logs = [crowd.join(f"/api/v1/runs/{run}/jobs/build.1/stream?after=0", tokens[number // AN_ACCOUNT], END)
            for number in range(VIEWERS // 2)]
    events = [crowd.join(f"/api/v1/events?topics=repo:{repo.id}", tokens[number // AN_ACCOUNT], MOVED)
              for number in range(VIEWERS // 2, VIEWERS)]
    all_open(crowd)
    taken = ask_pages(stack, run)
    stack.wait(run)
    crowd.wait_for_all(ENDING)
    crowd.leave()
    return [told(taken, [bytes(crowd.came[viewer]) for viewer in logs], [bytes(crowd.came[viewer]) for viewer in events])]


def readers(stack: Stack, repo: int) -> list[str]:
    """Tokens of as many accounts as the cap of streams asks for, each of which may read the repository."""
    found = [people.sign_up(stack) for _ in range(math.ceil(VIEWERS / AN_ACCOUNT))]
    for person in found:
        stack.api.put(f"/repos/{repo}/members/{person.id}", {"right": "read"})
    return [person.token for person in found]


def all_open(crowd: Crowd) -> None:
    """Every stream answered 200."""
    deadline = time.monotonic() + OPENING
    while any(not came for came in crowd.came.values()):
        assert time.monotonic() < deadline, f"{sum(not came for came in crowd.came.values())} streams did not open"
        time.sleep(0.1)
    refused = [bytes(came[:60]) for came in crowd.came.values() if not came.startswith(b"HTTP/1.1 200")]
    assert not refused, f"{len(refused)} streams were refused: {refused[0]}"


def ask_pages(stack: Stack, run: int) -> list[float]:
    """ms of each page that somebody else asks for, one after another, until the run is over."""
    taken: list[float] = []
    with signed_in(stack) as browser:
        while len(taken) < ENOUGH or stack.api.get(f"/runs/{run}")["state"] == "running":
            for path in (*PAGES, f"/runs/{run}"):
                began = time.perf_counter()
                answer = browser.get(stack.api.url + path, timeout=60)
                taken.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return taken


def told(taken: list[float], logs: list[bytes], events: list[bytes]) -> Measure:
    whole = sum(END in log and log.count(b"\nid: ") > 0 for log in logs)
    moved = sum(MOVED in stream for stream in events)
    return Measure(f"page for others beside {VIEWERS:,} viewers, 99th percentile", percentile(taken, 0.99), 300, "ms",
                   f"{len(taken)} pages, median {percentile(taken, 0.5):.0f} ms; {whole} of {len(logs)} read the log to its "
                   f"end, {moved} of {len(events)} got the events")
