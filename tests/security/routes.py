"""Every route of the dashboard that runs, with the right that it declares: asked of the app itself, so none is missed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from werkzeug.routing import Map, Rule

from tests.security import engine

ON_REPO = {"repo", "owner", "run", "deployment", "waiver", "digest"}      # arguments by which an address names a repository
DIGEST = "sha256:" + "0" * 64
HUB = re.compile("<hub:([a-z]+)>")      # a forge at which people sign in; other names are no address
LIST = """
import json
from dashboard.app import app
print(json.dumps([[method, rule.rule, rule.endpoint, getattr(app.view_functions[rule.endpoint], "right", None),
                   sorted(rule.arguments)] for rule in app.url_map.iter_rules()
                  for method in sorted(rule.methods - {"HEAD", "OPTIONS"})]))
"""


@dataclass(frozen=True)
class Route:
    method: str
    rule: str
    endpoint: str
    right: str | None
    names: frozenset[str]

    @property
    def on_repo(self) -> bool:
        return self.right in ("read", "write", "admin")

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"

    def address(self, values: dict) -> str:
        """The route's address with `values` for its arguments."""
        known = {"secret": "A_KEY", "kind": "sbom", "digest": DIGEST, "token": 1, "session": 1, "invitation": 1,
                 "stage": "build", "attempt": 1, "wanted": "x", "path": "x", "number": 1,
                 "delivery": 1, **values}
        if "owner" not in self.names:
            known["name"] = "A_KEY"
        known |= dict.fromkeys(HUB.findall(self.rule), "github")
        plain = "".join(part.partition(":")[2] if ":" in part else part for part in _parts(self.rule))
        adapter = Map([Rule(plain, endpoint="it")]).bind("localhost")
        return adapter.build("it", {name: known[name] for name in self.names})


def _parts(rule: str) -> list[str]:
    """`/runs/<id:run>` -> the same without the app's own converters, which only the app has."""
    pieces = []
    for piece in rule.split("<"):
        inside, closed, rest = piece.partition(">")
        pieces += [f":<{inside.rpartition(':')[2]}>", rest] if closed else [piece]
    return pieces


def of(platform: dict[str, dict]) -> list[Route]:
    told = engine.docker("exec", platform["dashboard"]["Id"], "python", "-c", LIST).splitlines()[-1]
    return sorted((Route(method, rule, endpoint, right, frozenset(names))
                   for method, rule, endpoint, right, names in json.loads(told)), key=str)
