"""The dashboard's REST API (`/api/v1`), seen from the command line."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from cli import envfile
from cli.errors import PlatformError
from cli.instance import Instance
from cli.terminal import safe_lines
from common.wire import localforge

DISCOVERY, LOOK = 30, 0.5                  # seconds until a repository in the local folder is found, and between looks
CONNECT_TIMEOUT, READ_TIMEOUT = 5, 60      # seconds
# A dashboard that restarts is away for some seconds; what may be repeated safely is, for about six of them.
PATIENCE = Retry(total=5, backoff_factor=0.2, status_forcelist=(502, 503, 504), raise_on_status=False)


class ApiError(PlatformError):
    """The API refused: `status` and the sentence that it gave."""

    def __init__(self, status: int, detail: str):
        super().__init__(detail)
        self.status = status
        self.exit_code = 2 if status in (400, 404, 409, 422) else 3


class Api:
    """Calls with the token of this machine's owner, made at the first use and kept with mode 600."""

    def __init__(self, instance: Instance):
        self.instance = instance
        if not instance.env_file.exists():
            raise PlatformError("Continuum is not set up here", "run ./continuum up")
        self.settings = envfile.read(instance.env_file)
        self.url = f"http://127.0.0.1:{self.settings['DASHBOARD_PORT']}"
        self._http = requests.Session()
        self._http.trust_env = False      # the dashboard is on this machine: no proxy, no ~/.netrc
        self._http.trust_env = False       # a proxy of the environment is for the outside
        self._http.mount("http://", HTTPAdapter(max_retries=PATIENCE))

    def get(self, path: str, **query):
        return self.call("GET", path, params={k: v for k, v in query.items() if v is not None})

    def post(self, path: str, body: dict | None = None):
        return self.call("POST", path, json=body or {})

    def put(self, path: str, body: dict | None = None):
        return self.call("PUT", path, json=body or {})

    def delete(self, path: str):
        return self.call("DELETE", path)

    def call(self, method: str, path: str, **options):
        """The JSON of the answer; raises ApiError for a refusal, PlatformError where nothing answers."""
        response = self._send(method, path, **options)
        if response.status_code == 401:
            self.instance.token_file.unlink(missing_ok=True)      # revoked, or from before a new installation
            response = self._send(method, path, **options)
        _check(response)
        return response.json() if response.content else None

    def events(self, path: str, **query) -> Iterator[tuple[str, str, dict]]:
        """Server-sent events as (event, id, data), until the stream ends; raises PlatformError where it is cut."""
        try:
            yield from self._events(path, query)
        except requests.RequestException as problem:
            raise PlatformError(f"the stream {path} was cut ({type(problem).__name__})") from problem

    def _events(self, path: str, query: dict) -> Iterator[tuple[str, str, dict]]:
        with self._send("GET", path, params=query, stream=True) as response:
            _check(response)
            event, number, data = "message", "", []
            for line in response.iter_lines(decode_unicode=True):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if not line:
                    if data:
                        yield event, number, json.loads("\n".join(data))
                    event, data = "message", []
                elif name == "event":
                    event = value
                elif name == "id":
                    number = value
                elif name == "data":
                    data.append(value)

    def repo(self, name: str) -> dict:
        """By `owner/name`, `forge/owner/name` or number; raises ApiError that names what does not exist."""
        if name.isdecimal():
            return self._named(f"/repos/{name}", f"Repository {name}")
        parts = name.split("/")
        if len(parts) == 2:
            parts = [localforge.NAME, *parts]
        if len(parts) != 3 or not all(parts):
            raise ApiError(400, f"{name!r} is no repository: write owner/name")
        return self._named("/repos/" + "/".join(parts), f"Repository {name}", self._is_new(parts))

    def run(self, number: int) -> dict:
        """Raises ApiError that names the run where it does not exist."""
        return self._named(f"/runs/{number}", f"Run {number}")

    def _named(self, path: str, name: str, expected: bool = False) -> dict:
        """GET `path`; waits for what is `expected` to appear within seconds."""
        deadline = time.monotonic() + (DISCOVERY if expected else 0)
        while True:
            try:
                return self.get(path)
            except ApiError as problem:
                if problem.status != 404:
                    raise
                if time.monotonic() >= deadline:
                    raise ApiError(404, f"{name} does not exist, or you don't have access to it") from problem
            time.sleep(LOOK)

    def _is_new(self, parts: list[str]) -> bool:
        """Is it in the local forge's folder, where Continuum finds it at its next look?"""
        forge, owner, name = parts
        folder = (self.instance.root / self.settings["LOCAL_REPOSITORIES"]).resolve()
        return forge == localforge.NAME and localforge.git_folder(folder, owner, name) is not None

    def _send(self, method: str, path: str, **options) -> requests.Response:
        headers = {**options.pop("headers", {}), "Authorization": f"Bearer {self._token()}"}
        return self._request(method, path, headers=headers, **options)

    def _request(self, method: str, path: str, **options) -> requests.Response:
        try:
            return self._http.request(method, f"{self.url}/api/v1{path}", timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                                      **options)
        except requests.ConnectionError as problem:
            raise PlatformError(f"the dashboard does not answer at {self.url}",
                                "./continuum status says what is wrong, ./continuum up starts it") from problem
        except requests.Timeout as problem:
            raise PlatformError(f"the dashboard at {self.url} took longer than {READ_TIMEOUT} s",
                                "./continuum status says what is wrong") from problem

    def _token(self) -> str:
        path = self.instance.token_file
        if path.exists():
            return path.read_text().strip()
        body = {"login": self.settings["OWNER_LOGIN"], "password": self.settings["OWNER_PASSWORD"],
                "token_name": "command line", "scope": "admin"}
        response = self._request("POST", "/signin", json=body)
        if response.status_code == 401:
            raise PlatformError(f"the dashboard refuses {body['login']} with the password in .env",
                                "write the current one into .env as OWNER_PASSWORD; if nobody knows it, "
                                f"`./continuum users reset {body['login']}` sets a new one")
        _check(response)
        token = response.json()["token"]
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(token)
        return token


def _check(response: requests.Response) -> None:
    if response.status_code < 400:
        return
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = f"{response.request.method} {response.request.path_url} answered {response.status_code}"
    raise ApiError(response.status_code, safe_lines(str(detail)))
