"""The requests that deployer makes: all of them, and nothing else. Paths are without the API's version.

`{container}`, `{network}`, `{volume}` and `{image}` stand for what the request concerns: its target.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .. import names

FLAG = r"(?i:true|false)|[01]"
NUMBER = r"[0-9]{1,10}"
NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,200}"
REPOSITORY = r"apps/[a-z0-9]+(?:[._/-]+[a-z0-9]+)*"
DIGEST = r"sha256:[0-9a-f]{64}"
TARGETS = {"container": NAME, "network": NAME, "volume": NAME, "image": rf"{DIGEST}|[A-Za-z0-9.:-]+/{REPOSITORY}@{DIGEST}"}

APP = frozenset({names.APP})
ONE_OFF = frozenset({names.ONE_OFF})
BOTH = APP | ONE_OFF


@dataclass(frozen=True)
class Call:
    """`query`: parameter -> what its value must match; beside it `filters`: a list of objects, narrowed by filters.py.
    `body`: method of Checks; without it the body must be empty. `roles`: of the container that the request may concern."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    filters: str | None = None
    body: str | None = None
    roles: frozenset[str] = frozenset()
    upgrade: bool = False           # the engine takes the connection over for a stream of bytes
    login: bool = False             # X-Registry-Auth is passed on, unread

    @property
    def pattern(self) -> re.Pattern[str]:
        fixed = re.split(r"\{(\w+)\}", self.path)
        return re.compile("".join(f"(?P<{part}>{TARGETS[part]})" if index % 2 else re.escape(part)
                                  for index, part in enumerate(fixed)))


CALLS = (
    Call("GET", "/_ping"),
    Call("GET", "/version"),
    Call("GET", "/info"),
    Call("GET", "/system/df", {"type": "volume"}),
    Call("GET", "/events", filters="events"),

    Call("GET", "/containers/json", {"all": FLAG, "limit": "-1", "size": FLAG, "trunc_cmd": "0"}, filters="containers"),
    Call("POST", "/containers/create", {"name": NAME}, body="create_container"),
    Call("GET", "/containers/{container}/json", roles=BOTH),
    Call("POST", "/containers/{container}/start", roles=BOTH),
    Call("POST", "/containers/{container}/attach",
         {"stdout": FLAG, "stderr": FLAG, "stream": FLAG, "logs": FLAG}, roles=BOTH, upgrade=True),
    Call("GET", "/containers/{container}/logs",
         {"stdout": FLAG, "stderr": FLAG, "follow": FLAG, "timestamps": FLAG, "tail": rf"{NUMBER}|all", "since": NUMBER},
         roles=BOTH),
    Call("GET", "/containers/{container}/stats", {"stream": r"(?i:false)|0", "one-shot": FLAG}, roles=APP),
    Call("POST", "/containers/{container}/update", body="update", roles=APP),
    Call("POST", "/containers/{container}/stop", {"t": NUMBER}, roles=APP),
    Call("POST", "/containers/{container}/kill", roles=ONE_OFF),
    Call("POST", "/containers/{container}/wait", roles=ONE_OFF),
    Call("GET", "/containers/{container}/archive", {"path": r"/[^\0]*"}, roles=ONE_OFF),
    Call("DELETE", "/containers/{container}", {"v": FLAG, "link": r"(?i:false)", "force": FLAG}, roles=BOTH),

    Call("GET", "/networks", filters="networks"),
    Call("POST", "/networks/create", body="create_network"),
    Call("GET", "/networks/{network}"),
    Call("POST", "/networks/{network}/connect", body="connect"),
    Call("POST", "/networks/{network}/disconnect", body="disconnect"),
    Call("DELETE", "/networks/{network}"),

    Call("GET", "/volumes", filters="volumes"),
    Call("DELETE", "/volumes/{volume}", {"force": FLAG}),

    Call("GET", "/images/json", {"all": FLAG, "only_ids": FLAG}),
    Call("POST", "/images/create", {"fromImage": rf"[A-Za-z0-9.:-]+/{REPOSITORY}", "tag": DIGEST}, login=True),
    Call("GET", "/images/{image}/json"),
    Call("DELETE", "/images/{image}", {"force": FLAG, "noprune": FLAG}),
)
