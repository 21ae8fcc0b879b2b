"""Calls git: argv lists, no prompt, no hooks, no filters, and only the protocols that are allowed.

A token travels in the environment of the one process that needs it, bound to the URL's host: never in an argv, a URL
or a file.

    GitFailed              git said no; `.errors` is what it printed
    `-- Unreachable        the other side did not answer; worth a second try
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from common.wire.errors import ContinuumError
from common.worker.jobs import Cancel
from common.worker.lines import LineReader

from .process import run

PROTOCOLS = ("https", "file")
# Of our environment, what programs need to find the world: nothing with a secret in it.
PASSED_ON = ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "GIT_SSL_CAINFO", "SSL_CERT_FILE",
             "SSL_CERT_DIR")
_UNREACHABLE = re.compile(r"could not resolve|couldn't resolve|timed? ?out|connection (refused|reset)|"
                          r"unable to access .*(5\d\d|ssl|tls|certificate|operation too slow)|early eof|hung up unexpectedly|"
                          r"failed to connect|network is unreachable|too many requests|returned error: 429", re.IGNORECASE)


# What this machine lacks, whoever wrote the repository.
_OURS = re.compile(r"no space left|disk quota exceeded|cannot allocate memory|out of memory|cannot fork|unable to fork|"
                   r"too many open files|read-only file system|input/output error", re.IGNORECASE)


class GitFailed(ContinuumError):
    def __init__(self, command: str, errors: str, signaled: bool = False):
        self.errors = errors.strip()
        self._signaled = signaled
        last = self.errors.splitlines()[-1] if self.errors else "no message"
        super().__init__(f"git {command}: {last}")

    @property
    def ours(self) -> bool:
        """Did this machine fail, and not what git was given to read?"""
        return self._signaled or bool(_OURS.search(self.errors))

    @property
    def said(self) -> str:
        """git's own last sentence, without its label."""
        lines = [line for line in self.errors.splitlines() if line.startswith(("fatal: ", "error: "))]
        return lines[-1].partition(": ")[2] if lines else self.errors.rpartition("\n")[2] or "git gave no reason"


class Unreachable(GitFailed):
    pass


class Git:
    """git with one configuration file of ours in place of the system's and the user's."""

    def __init__(self, folder: Path, protocols: tuple[str, ...] = PROTOCOLS):
        self._configuration = folder / "gitconfig"
        self._configuration.write_text(configuration(protocols))
        self._folder = folder

    def __call__(self, command: str, *arguments: str, cwd: Path, cancel: Cancel, url: str = "",
                 token: str | None = None, address: str | None = None, stdin: str = "",
                 on_line: Callable[[str], None] | None = None) -> str:
        """What git printed; raises GitFailed. `token` is sent to the host of `url` alone; with `address` that host is
        there and nowhere else, and leads to no other."""
        reader = LineReader()
        errors: list[str] = []

        def take(data: bytes) -> None:
            for line, _ in reader.feed(data.replace(b"\r", b"\n")):
                errors.append(line)
                del errors[:-50]
                if on_line:
                    on_line(line)

        done = run(["git", command, *arguments], env=self._environment(url, token, address), cwd=cwd, cancel=cancel,
                   on_errors=take, stdin=stdin.encode())
        if done.code:
            text = "\n".join([*errors, *(line for line, _ in reader.end())])
            raise (Unreachable if _UNREACHABLE.search(text) else GitFailed)(command, text, done.code < 0)
        return done.output

    def _environment(self, url: str, token: str | None, address: str | None) -> dict[str, str]:
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        env |= {"HOME": str(self._folder), "GIT_CONFIG_GLOBAL": str(self._configuration), "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C", "GIT_ATTR_NOSYSTEM": "1"}
        settings = [*(authorization(url, token) if token else []), *(pinned(url, address) if address else [])]
        for number, (key, value) in enumerate(settings):
            env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return env | {"GIT_CONFIG_COUNT": str(len(settings))}


def authorization(url: str, token: str) -> list[tuple[str, str]]:
    """Settings that make git send `token` to the host of `url`, and to no other."""
    place = urlsplit(url)
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return [(f"http.{place.scheme}://{place.netloc}/.extraHeader", f"Authorization: Basic {basic}")]


def pinned(url: str, address: str) -> list[tuple[str, str]]:
    """Settings that make git connect to `address` for the host of `url`, and follow it to no other host."""
    place = urlsplit(url)
    where = f"[{address}]" if ":" in address else address
    return [("http.curloptResolve", f"{place.hostname}:{place.port or 443}:{where}"), ("http.followRedirects", "false")]


def configuration(protocols: tuple[str, ...]) -> str:
    """Git's configuration. The folder of the local forge belongs to another user: that is what `safe` allows. `pack`: the
    same objects become the same pack, quickly, out of what was compressed before."""
    allowed = "".join(f'[protocol "{name}"]\n\tallow = always\n' for name in protocols)
    return f"""[safe]
\tdirectory = *
[core]
\thooksPath = /dev/null
\tlogAllRefUpdates = false
\tsymlinks = true
[gc]
\tautoDetach = false
[maintenance]
\tautoDetach = false
[http]
\tlowSpeedLimit = 1000
\tlowSpeedTime = 60
[pack]
	window = 0
	threads = 1
[advice]
\tdetachedHead = false
[protocol]
\tallow = never
{allowed}"""
