"""Grype's database commands as data: argv lists and environments, and the one function that runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

PASSED_ON = ("PATH", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
             "SSL_CERT_FILE", "SSL_CERT_DIR", "GRYPE_DB_UPDATE_URL", "GRYPE_DB_CA_CERT")
UPDATE_AVAILABLE = 100        # exit code of `grype db check`
LISTING_TIMEOUT = 30          # seconds for the listing of an update
TEMPORARY = "tmp"             # folder of a fresh cache folder, for what Grype unpacks and downloads
GRACE = 5                     # seconds between a command's own time limit and ours


@dataclass(frozen=True)
class Result:
    """How a command ended. `code` is None where it was ended for taking too long."""

    code: int | None
    out: str = ""
    errors: str = ""

    @property
    def reason(self) -> str:
        """Grype's last message on one line, without its `[0000] ERROR`."""
        starts = [start.end() for start in re.finditer(r"^\[\d+\] +[A-Z]+ ", self.errors, re.MULTILINE)]
        message = " ".join(self.errors[starts[-1] if starts else 0:].split())
        silent = "took too long" if self.code is None else f"ended with exit code {self.code}, saying nothing"
        return message or silent

    def document(self) -> dict:
        """The JSON that was written; empty where it was none."""
        try:
            found = json.loads(self.out)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


Run = Callable[[list[str], dict[str, str], float], Result]


def import_argv(grype: str, archive: Path) -> list[str]:
    return [grype, "db", "import", str(archive)]


def status_argv(grype: str) -> list[str]:
    return [grype, "db", "status", "-o", "json"]


def check_argv(grype: str) -> list[str]:
    return [grype, "db", "check", "-o", "json"]


def update_argv(grype: str) -> list[str]:
    return [grype, "db", "update"]


def scan_env(cache: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Environment of a scan on the database in `cache`: no update, no phoning home, no hashing of 1.6 GB.

    The hash was checked when the database came in, and its age is judged by `Store.status`.
    """
    return {key: base[key] for key in PASSED_ON if base.get(key)} | {
        "HOME": str(cache), "NO_COLOR": "1",
        "GRYPE_DB_CACHE_DIR": str(cache),
        "GRYPE_DB_AUTO_UPDATE": "false",
        "GRYPE_CHECK_FOR_APP_UPDATE": "false",
        "GRYPE_DB_VALIDATE_BY_HASH_ON_START": "false",
        "GRYPE_DB_VALIDATE_AGE": "false",
    }


def import_env(cache: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Environment of `db import` into `cache`. Large temporary files go where the database goes: /tmp is memory."""
    return scan_env(cache, base) | {"TMPDIR": str(cache / TEMPORARY)}


def verify_env(cache: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Environment in which `db status` compares the whole database with its hash."""
    return scan_env(cache, base) | {"GRYPE_DB_VALIDATE_BY_HASH_ON_START": "true"}


def check_env(cache: Path, base: Mapping[str, str]) -> dict[str, str]:
    """Environment of `db check`: ask each time, and say so if nobody answers."""
    return scan_env(cache, base) | {
        "GRYPE_DB_MAX_UPDATE_CHECK_FREQUENCY": "0",
        "GRYPE_DB_REQUIRE_UPDATE_CHECK": "true",
        "GRYPE_DB_UPDATE_AVAILABLE_TIMEOUT": f"{LISTING_TIMEOUT}s",
    }


def update_env(cache: Path, base: Mapping[str, str], download: float) -> dict[str, str]:
    """Environment of `db update` into `cache`, with at most `download` seconds for the archive."""
    return check_env(cache, base) | import_env(cache, base) | {
        "GRYPE_DB_UPDATE_DOWNLOAD_TIMEOUT": f"{int(download)}s"}


def run(argv: list[str], env: dict[str, str], timeout: float) -> Result:
    """Run to its end, or kill it after `timeout` seconds. Its folder is `/`: no .grype.yaml of anybody is read."""
    try:
        done = subprocess.run(argv, env=env, cwd=os.sep, timeout=timeout, capture_output=True, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return Result(None)
    except OSError as problem:
        return Result(127, errors=f"{argv[0]} cannot be started: {problem.strerror}")
    return Result(done.returncode, done.stdout, done.stderr)
