"""One request against the list of calls: it is refused, or made again from what was checked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode

from pydantic import ValidationError

from .. import isolation
from . import filters
from .calls import CALLS, Call
from .checks import Checks, Installation
from .lookups import Ask, Lookups
from .refused import Refused

VERSION = re.compile(r"/v1\.([0-9]{1,3})(?=/)")
UNVERSIONED = {"/_ping", "/version"}
PATTERNS = [(call, call.pattern) for call in CALLS]


@dataclass(frozen=True)
class Request:
    """As deployer sent it. `target`: path and query; `login`: X-Registry-Auth."""

    method: str
    target: str
    body: bytes = b""
    login: bytes | None = None


@dataclass(frozen=True)
class Passed:
    """As the engine gets it. `body` None: without one; `upgrade`: the connection may become a stream of bytes."""

    method: str
    target: str
    body: bytes | None
    login: bytes | None
    upgrade: bool


class Gate:
    def __init__(self, ours: Installation, ask: Ask):
        """`ask`: GET at the engine, with the API's version in the path."""
        self._ours = ours
        self._ask = ask
        self._lookups: dict[str, Lookups] = {}

    async def admit(self, request: Request) -> Passed:
        """Raises Refused with the reason; Answered where the engine does not know what the request concerns."""
        path, _, query = request.target.partition("?")
        version, path = _version(_text(path))
        call, target = _call(request.method, path)
        lookups = self._of_version(version)
        checks = Checks(self._ours, lookups)
        try:
            parameters = await self._query(call, query, lookups)
            target, body = await self._aim(call, target, _object(request.body) if call.body else {}, checks)
        except ValidationError as problem:
            raise Refused(_first(problem)) from None
        if not call.body and request.body:
            raise Refused("this request has no body")
        target = version + call.path.format(**{kind: quote(name, safe="/:@") for kind, name in target.items()})
        return Passed(request.method, target + (f"?{urlencode(parameters)}" if parameters else ""),
                      None if body is None else json.dumps(body).encode(), request.login if call.login else None,
                      call.upgrade)

    def _of_version(self, version: str) -> Lookups:
        """Look-ups speak the version that deployer agreed on with the engine."""
        if version not in self._lookups:
            self._lookups[version] = Lookups(lambda path: self._ask(version + path), self._ours.instance,
                                             self._ours.registry)
        return self._lookups[version]

    async def _query(self, call: Call, query: str, lookups: Lookups) -> dict[str, str]:
        given = _parameters(query)
        for name, value in given.items():
            if name == "filters" and call.filters:
                continue
            if not re.fullmatch(call.query.get(name, r"(?!)"), value):
                raise Refused(f"parameter {name}={value!r} is not one that deployer uses")
        if call.filters:
            checked = await filters.check(call.filters, _json(given.get("filters", "{}").encode()),
                                          self._ours.instance, lookups)
            given["filters"] = json.dumps(checked)
        image = given.get("fromImage")
        if call.login and not (image and image.startswith(f"{self._ours.registry}/") and "tag" in given):
            raise Refused(f"an image of {self._ours.registry} by its digest is needed")
        return given

    async def _aim(self, call: Call, target: dict[str, str], body: dict, checks: Checks) -> tuple[dict, dict | None]:
        """(what the request concerns, by id; the body): both checked together, since a body may name a second container."""
        if call.body in ("connect", "disconnect"):
            network, body = await getattr(checks, call.body)(target["network"], body)
            return {"network": network}, body
        if "container" in target:
            target = {"container": await _container(call, target["container"], checks.lookups)}
        elif "network" in target:
            find = checks.read_network if call.method == "GET" else checks.network_of_ours
            target = {"network": (await find(target["network"]))["Id"]}
        elif "volume" in target:
            await checks.removable_volume(target["volume"])
        elif "image" in target:
            target = {"image": await self._image(call, target["image"], checks.lookups)}
        return target, await getattr(checks, call.body)(body) if call.body else None

    async def _image(self, call: Call, name: str, lookups: Lookups) -> str:
        if name.startswith(f"{self._ours.registry}/") and call.method == "GET":
            return name
        return (await lookups.image_of_ours(name, only=call.method == "DELETE"))["Id"]


async def _container(call: Call, name: str, lookups: Lookups) -> str:
    found = await lookups.container(name)
    if found.role not in call.roles:
        wanted = " or ".join(sorted(call.roles))
        raise Refused(f"container {name} is not a container of this instance with the role {wanted}")
    return found.id


def _text(path: str) -> str:
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError:
        raise Refused("the path is not UTF-8") from None


def _version(path: str) -> tuple[str, str]:
    """("/v1.47", the rest); ("", the path) for the two that say which versions there are."""
    if path in UNVERSIONED:
        return "", path
    found = VERSION.match(path)
    if not found or (1, int(found[1])) < isolation.OLDEST_API:
        raise Refused(f"API version 1.{isolation.OLDEST_API[1]} or newer must be named")
    return found[0], path[found.end():]


def _call(method: str, path: str) -> tuple[Call, dict[str, str]]:
    for call, pattern in PATTERNS:
        found = pattern.fullmatch(path) if call.method == method else None
        if found:
            return call, found.groupdict()
    raise Refused("deployer makes no such request")


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError as problem:
        raise Refused(f"the query cannot be read: {problem}") from None
    if len({name for name, _ in pairs}) < len(pairs):
        raise Refused("a parameter stands in the query twice")
    return dict(pairs)


def _object(text: bytes) -> dict:
    found = _json(text)
    if not isinstance(found, dict):
        raise Refused("the body must be an object")
    return found


def _json(text: bytes) -> object:
    """A name that stands twice is refused, since the engine would heed both."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as problem:
        raise Refused(f"the JSON cannot be read: {problem}") from None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a name stands in an object twice")
    return dict(pairs)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number")


def _first(problem: ValidationError) -> str:
    """The first wrong field; never its value, which may be an app's secret."""
    item = problem.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, item['loc'])) or 'the body'}: {item['msg']}"
