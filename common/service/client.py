"""Calls from one service to another: signed, bounded in time, retried where that is safe."""

from __future__ import annotations

import threading

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from ..secrets.tokens import Signer
from ..wire.errors import BY_STATUS, Problem, ServiceDown

CONNECT_TIMEOUT = 3      # seconds
RETRYABLE = {502, 503, 504}


class ServiceClient:
    """A service seen from another: `get`, `put`, `post`, `patch`, `delete` answer the JSON, or raise.

    Error answers come back as the `Problem` of their status (404 is NotFound, 409 Conflict, …); ServiceDown
    where there was no answer or a 5xx for `patience` seconds. All calls are retried: each endpoint of ours is
    idempotent, or carries a key that makes it so. Safe for several threads.
    """

    def __init__(self, signer: Signer, name: str, url: str | None = None, *, patience: float = 10):
        self.name = name
        self.url = (url or f"http://{name}:8000").rstrip("/")
        self._signer = signer
        self._patience = patience
        self._local = threading.local()

    def at(self, url: str) -> ServiceClient:
        """The same service, one certain instance of it."""
        return ServiceClient(self._signer, self.name, url, patience=self._patience)

    def get(self, path: str, **options):
        return self.call("GET", path, **options)

    def put(self, path: str, json=None, **options):
        return self.call("PUT", path, json=json, **options)

    def post(self, path: str, json=None, **options):
        return self.call("POST", path, json=json, **options)

    def patch(self, path: str, json=None, **options):
        return self.call("PATCH", path, json=json, **options)

    def delete(self, path: str, **options):
        return self.call("DELETE", path, **options)

    def call(self, method: str, path: str, *, timeout: float = 10, patience: float | None = None, **options):
        """`timeout`: seconds between bytes of the answer; `patience`: seconds that retries go on."""
        response = self.send(method, path, timeout=timeout, patience=patience, **options)
        return response.json() if response.content else None

    def send(self, method: str, path: str, *, timeout: float = 10, patience: float | None = None,
             **options) -> requests.Response:
        """As `call`, but the response itself: for streams and bodies that are not JSON."""
        limit = self._patience if patience is None else patience
        retrying = Retrying(retry=retry_if_exception_type(ServiceDown), stop=stop_after_delay(limit),
                            wait=wait_random_exponential(multiplier=0.1, max=2), reraise=True)
        return retrying(self._once, method, path, timeout, options)

    def _once(self, method: str, path: str, timeout: float, options: dict) -> requests.Response:
        headers = {**options.get("headers", {}), "Authorization": f"Bearer {self._signer.token(self.name)}"}
        try:
            response = self._session().request(method, self.url + path, timeout=(CONNECT_TIMEOUT, timeout),
                                               **{**options, "headers": headers})
        except requests.RequestException as problem:
            raise ServiceDown(f"{self.name} does not answer ({type(problem).__name__})") from problem
        if response.status_code in RETRYABLE:
            raise ServiceDown(f"{self.name} answered {response.status_code}: {_detail(response)}")
        if response.status_code >= 400:
            raise _problem(response)
        return response

    def _session(self) -> requests.Session:
        """One for each thread: requests does not promise that a session may be shared."""
        if not hasattr(self._local, "session"):
            session = self._local.session = requests.Session()
            session.trust_env = False      # a proxy of the environment is for the outside, not for our services
        return self._local.session


def _detail(response: requests.Response) -> str:
    try:
        return response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return response.text[:200]


def _problem(response: requests.Response) -> Problem:
    kind = BY_STATUS.get(response.status_code, Problem)
    try:
        answer = response.json()
        error, fields = answer["error"], answer.get("fields", {})
    except (ValueError, KeyError, TypeError):
        error, fields = None, {}
    problem = kind(_detail(response), error=error, status=response.status_code)
    problem.fields = fields
    wait = response.headers.get("Retry-After", "")
    problem.retry_after = int(wait) if wait.isdecimal() else None
    return problem
