"""From a container's output to a subscriber of the dashboard's stream, at 100 lines a second."""

from __future__ import annotations

import time

from bench.measures import Measure, percentile
from tests.harness.stack import Stack

LINES = 1500
JOINING = 1.0      # seconds: a new viewer waits for the store to have what was printed before it came
SHOW = "import time\nfor number in range(%d):\n    print(f'at {time.time():.4f}', flush=True)\n    time.sleep(0.01)\n"


def measure(stack: Stack) -> list[Measure]:
    """A build that prints the time, 100 lines/s; what arrives is compared with the clock of the same machine."""
    repo = stack.repo_of({"Dockerfile": "FROM python:3.13-slim\nCOPY show.py .\nRUN python show.py\n",
                          "show.py": SHOW % LINES, ".continuum.yml": "deploy: none\n"})
    started = repo.run("build")
    stack.wait_stage(started["id"], "build")
    delays, joining, subscribed = [], [], time.time()
    for event, _, data in stack.api.events(f"/runs/{started['id']}/jobs/build.1/stream", after=0):
        now = time.time()
        if event == "end":
            break
        printed = [float(text.split()[-1]) for _, _, _, text, *_ in data.get("lines", []) if text.startswith("at ")]
        delays += [(now - at) * 1000 for at in printed if at > subscribed + JOINING]
        joining += [(now - at) * 1000 for at in printed if subscribed < at <= subscribed + JOINING]
    detail = f"{len(delays)} lines of a build" + _joined(joining)
    return [Measure("log line to the browser's stream, median", percentile(delays, 0.5), 100, "ms", detail),
            Measure("log line to the browser's stream, 99th percentile", percentile(delays, 0.99), 250, "ms", detail)]


def _joined(joining: list[float]) -> str:
    """How long the lines of the first moments took, in ms; none may have been printed in them."""
    if not joining:
        return f"; none was printed in the first {JOINING:g} s after joining"
    return (f"; {len(joining)} more of the first {JOINING:g} s after joining took {percentile(joining, 0.5):.0f} ms (median) "
            f"and {max(joining):.0f} ms at most")
