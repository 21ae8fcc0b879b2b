"""A run in the terminal: its stages as they go, its log lines as they come."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import click

from cli.api import Api, ApiError
from cli.errors import PlatformError
from cli.terminal import heading, safe, safe_lines
from common.wire.partial_database import CODE
from common.wire.stages import STATES, TERMINAL

EXIT = {"success": 0, "failure": 1, "canceled": 1, "error": 3}
COLOURS = {"success": "green", "failure": "red", "error": "magenta", "canceled": "yellow", "running": "blue"}
WITH_REASON = STATES.keys() - {"running", "success"}      # states whose heading says why
RETRY = 0.5      # seconds between looks at a run, and before a cut stream is opened again
TRIES = 60       # cut streams in a row without a line in between


def stream(api: Api, run: int, job: str, pause: threading.Event) -> Iterator[str]:
    """The log lines of `job` (`stage.attempt`) until it is over; a cut stream resumes after its last line.

    Raises PlatformError where the dashboard refuses, or stays away.
    """
    after, failed = 0, 0
    while True:
        try:
            for event, _, data in api.events(f"/runs/{run}/jobs/{job}/stream", after=after):
                if event == "end":
                    return
                for number, _, _, text, *_ in data.get("lines", []):
                    after, failed = number, 0
                    yield text
        except ApiError:
            raise
        except PlatformError:
            failed += 1
            if failed >= TRIES:
                raise
        pause.wait(RETRY)


class Follower:
    """Prints each job's lines from its own stream; `follow` returns the run once it is over."""

    def __init__(self, api: Api, run: int, raw: bool = False):
        self._api, self._run, self._raw = api, run, raw
        self._streams: dict[str, threading.Thread] = {}
        self._told: dict[str, tuple[str, str]] = {}
        self._pause = threading.Event()
        self._print = threading.Lock()

    def follow(self) -> dict:
        while True:
            run = self._api.run(self._run)
            for job in run["jobs"]:
                self._look_at(job)
            if run["state"] in TERMINAL:
                for thread in self._streams.values():
                    thread.join()
                return run
            self._pause.wait(RETRY)

    def _look_at(self, job: dict) -> None:
        name = f"{job['stage']}.{job['attempt']}"
        if job["state"] != "pending" and name not in self._streams and job["state"] != "skipped":
            self._streams[name] = threading.Thread(target=self._stream, args=(job["stage"], name), daemon=True)
            self._streams[name].start()
        reason = f": {job['reason']}" if job["reason"] and (job["state"] in WITH_REASON or job.get("code") == CODE) else ""
        if self._told.get(name) != (job["state"], reason):
            self._told[name] = job["state"], reason
            self._say_heading(f"{job['stage']}: {job['state']}{reason}", COLOURS.get(job["state"]))

    def _stream(self, stage: str, name: str) -> None:
        try:
            for text in stream(self._api, self._run, name, self._pause):
                with self._print:
                    print_line(stage, text, self._raw)
        except PlatformError as problem:
            self._say_heading(f"{stage}: its log can't be followed: {problem}", "yellow")

    def _say_heading(self, text: str, colour: str | None) -> None:
        with self._print:
            print_heading(text, colour)


def print_line(stage: str, text: str, raw: bool) -> None:
    """A log line under the name of its stage; `raw`: as the program wrote it."""
    click.echo(text if raw else click.style(f"{stage:>8} | ", dim=True) + safe(text))


def print_heading(text: str, colour: str | None = None) -> None:
    """A line of ours; further lines of `text` are indented."""
    click.echo(click.style(heading(safe_lines(text).replace("\n", "\n    ")), fg=colour))


def follow(api: Api, run: int, raw: bool = False) -> dict:
    """Print the run until it is over; returns it."""
    return Follower(api, run, raw).follow()


def wait(api: Api, run: int) -> dict:
    """Return the run once it is over, and print nothing."""
    pause = threading.Event()
    while (found := api.run(run))["state"] not in TERMINAL:
        pause.wait(RETRY)
    return found


def tell_end(run: dict) -> int:
    """Print how the run ended; returns the exit code."""
    reason = f": {run['reason']}" if run["state"] != "success" else ""
    print_heading(f"run {run['id']}: {run['state']}{reason}", COLOURS.get(run["state"]))
    return EXIT[run["state"]]
