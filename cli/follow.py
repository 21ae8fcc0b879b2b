"""A run in the terminal: its stages as they go, its log lines as they come."""

from __future__ import annotations

import threading

import click

from cli.api import Api
from cli.errors import PlatformError

OVER = {"success", "failure", "error", "canceled"}
EXIT = {"success": 0, "failure": 1, "canceled": 1, "error": 3}
RETRY = 0.5      # seconds between looks at a run, and before a cut stream is opened again


class Follower:
    """Prints each job's lines from its own stream; `follow` returns the run once it is over."""

    def __init__(self, api: Api, run: int):
        self._api, self._run = api, run
        self._streams: dict[str, threading.Thread] = {}
        self._told: dict[str, str] = {}
        self._pause = threading.Event()
        self._print = threading.Lock()

    def follow(self) -> dict:
        while True:
            run = self._api.get(f"/runs/{self._run}")
            for job in run["jobs"]:
                self._look_at(job)
            if run["state"] in OVER:
                for stream in self._streams.values():
                    stream.join()
                return run
            self._pause.wait(RETRY)

    def _look_at(self, job: dict) -> None:
        name = f"{job['stage']}.{job['attempt']}"
        if job["state"] != "pending" and name not in self._streams and job["state"] != "skipped":
            self._streams[name] = threading.Thread(target=self._stream, args=(job["stage"], name), daemon=True)
            self._streams[name].start()
        if self._told.get(name) != job["state"]:
            self._told[name] = job["state"]
            reason = f": {job['reason']}" if job["state"] in ("failure", "error", "canceled", "skipped") else ""
            self._say(job["stage"], f"-- {job['state']}{reason}", fg=COLOURS.get(job["state"]))

    def _stream(self, stage: str, name: str) -> None:
        after, path = 0, f"/runs/{self._run}/jobs/{name}/stream"
        while True:
            try:
                for event, _, data in self._api.events(path, after=after):
                    if event == "end":
                        return
                    for number, _, _, text, *_ in data.get("lines", []):
                        self._say(stage, text)
                        after = number
            except PlatformError as problem:
                self._say(stage, f"-- log stream: {problem}; trying again", fg="yellow")
            self._pause.wait(RETRY)

    def _say(self, stage: str, text: str, fg: str | None = None) -> None:
        with self._print:
            click.echo(click.style(f"{stage:>8} | ", dim=True) + click.style(text, fg=fg))


COLOURS = {"success": "green", "failure": "red", "error": "magenta", "canceled": "yellow", "running": "blue"}


def follow(api: Api, run: int) -> dict:
    """Print the run until it is over; returns it."""
    return Follower(api, run).follow()


def tell_end(run: dict) -> int:
    """One line about how the run ended; returns the exit code."""
    click.echo(click.style(f"run {run['id']}: {run['state']}", fg=COLOURS.get(run["state"]))
               + (f": {run['reason']}" if run["state"] != "success" else ""))
    return EXIT[run["state"]]
