"""Registry tokens for buildctl, for as long as one build lasts.

The registry's challenge names this service's own address, `realm` in docker-compose.yml: buildctl, which runs beside us
and asks there on behalf of BuildKit, is the only client that follows it. It proves which build it is of with a password
that we made for that build; orchestrator then decides what the build may do. We are asked, and not orchestrator itself,
because we can wait while orchestrator starts again.
"""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask, jsonify, request

from common.wire.errors import BadRequest, ServiceDown, Unauthorized
from common.worker.registry_access import Access, RegistryAccess

PATH = "/v1/registry/token"
USER = "build"      # any name: the password says which build


class BuildTokens:
    """`others`: a Docker config.json with logins for base images; none of them replaces that of our registry."""

    def __init__(self, access: RegistryAccess, registry: str, others: Path | None = None):
        self._access, self._registry, self._others = access, registry, others
        self._runs: dict[str, int] = {}      # password -> the run that builds
        self._lock = threading.Lock()

    @contextmanager
    def of(self, run: int) -> Iterator[Path]:
        """A DOCKER_CONFIG folder in memory (/tmp is a tmpfs) for this user alone; worth nothing once it is left.

        A folder for each build: BuildKit shares the tokens of builds whose folders hold the same seed. The other logins
        are read for each, since `./continuum up` may replace them at any time. Raises ServiceDown where they are not JSON.
        """
        password = secrets.token_urlsafe(32)
        auths = {**_logins(self._others), self._registry: {"auth": _basic(password)}}
        folder = Path(tempfile.mkdtemp(prefix="registry-"))        # mode 700
        try:
            with self._lock:
                self._runs[password] = run
            (folder / "config.json").write_text(json.dumps({"auths": auths}))
            yield folder
        finally:
            with self._lock:
                del self._runs[password]
            shutil.rmtree(folder)

    def answer(self, password: str, scopes: list[str]) -> dict:
        """`{token, expires_in}`; raises Unauthorized where the password is of no build that goes on, and as
        RegistryAccess.ask does."""
        with self._lock:
            run = self._runs.get(password)
        if run is None:
            raise Unauthorized("no build with this password goes on")
        return self._access.ask([access for scope in scopes if (access := parse(scope))], run)


def _basic(password: str) -> str:
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


def _logins(path: Path | None) -> dict[str, dict[str, str]]:
    try:
        return json.loads(path.read_text())["auths"] if path and path.is_file() else {}
    except ValueError:      # its text holds passwords
        raise ServiceDown("the logins for base images can't be read: run ./continuum up, which writes them") from None


def parse(scope: str) -> Access | None:
    """`repository:apps/ada/shop:pull,push` as distribution writes it; None where it names no image."""
    kind, _, rest = scope.partition(":")
    name, colon, actions = rest.rpartition(":")
    return (name, actions.split(",")) if kind == "repository" and name and colon else None


def add_token_route(app: Flask, tokens: BuildTokens) -> None:
    """Answer buildctl, which signs no calls as our services do: the password of its build identifies it."""
    app.open_paths.add(PATH)

    @app.get(PATH)
    def registry_token():
        """For buildctl, by the password of its build (Basic); 401 once the build is over."""
        login, scopes = request.authorization, " ".join(request.args.getlist("scope")).split()
        if login is None or login.type != "basic" or not login.password:
            raise Unauthorized("the call carries no password of a build")
        if len(scopes) > 20:
            raise BadRequest("too many scopes")
        found = tokens.answer(login.password, scopes)
        return jsonify({**found, "access_token": found["token"]})
