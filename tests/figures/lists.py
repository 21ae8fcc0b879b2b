"""Where the product's files list stages, kinds of run or states; common/wire/stages.py is to be the only place.

A list is a tuple, list, set, `Literal` or text such as `a, b` or `a|b`; for stages and kinds also a dict by their names. A dict
by states gives each a colour or a sign of the place's own, and is none.
"""

from __future__ import annotations

import ast
import re

from cli.instance import ROOT
from common.wire import stages

PRODUCT = ("bench", "builder", "cli", "common", "dashboard", "dbproxy", "deployer", "forges", "images", "orchestrator",
           "scanner", "tester", "continuum", "docker-compose.yml")
ENDINGS = (".py", ".html", ".js", ".css", ".sql", ".json", ".yml", ".toml", ".sh", ".conf", "continuum")
NOT_OURS = {"node_modules", "__pycache__", "package-lock.json"}
# What is applied already stays as it is: 0017 took the list of kinds back, and test_schema.py compares the states.
HISTORY = {"dbproxy/migrations/0001-repos-and-runs.sql", "dbproxy/migrations/0016-run-states.sql"}
# States of other things, which are spelled as ours.
OTHERS = {"forges/facts.py": "statuses, deployments and checks at a forge", "tester/report.py": "one test of an app"}

STAGES = {*stages.STAGES, *stages.KINDS}
STATES = set(stages.STATES)
PAIRS = [set(stages.UNFINISHED), set(stages.FAILED)]
CASES = {"success", "failure", "error", "skipped"}      # states of one test of an app, which are not those of a run
PLAIN = re.compile(r"""[a-z]+(?:['"`\s]*[,|]['"`\s]*[a-z]+)+""")      # a, b or a|b, each with or without quotes
COMMENT = re.compile(r"^\s*(#|//|--).*", re.MULTILINE)
STYLED = re.compile(r"\.stage-([a-z]+)")


def listed(names: list[str], mapped: bool = False) -> bool:
    """Do these names, which stand together, list two stages or three states? Not where most of them are of other things."""
    found = set(names)
    if 2 * len(found & STAGES) >= len(found) and len(found & STAGES) > 1:
        return True
    return not mapped and found != CASES and (
        found in PAIRS or (2 * len(found & STATES) >= len(found) and len(found & STATES) > 2))


def lists_of(path: str, text: str) -> list[str]:
    """What lists ours in a file of that name."""
    if path.endswith(".py"):
        return _in_python(ast.parse(text))
    found = [hit[0] for hit in PLAIN.finditer(COMMENT.sub("", text)) if listed(re.findall("[a-z]+", hit[0]))]
    styled = STYLED.findall(text) if path.endswith(".css") else []
    return found + ([", ".join(styled)] if listed(styled) else [])


def _in_python(tree: ast.AST) -> list[str]:
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        row = isinstance(node, (ast.Tuple, ast.List, ast.Set)) and listed(_strings(node.elts))
        if row or (isinstance(node, ast.Dict) and listed(_strings(node.keys), mapped=True)):
            found.append(ast.unparse(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            found += [hit[0] for hit in PLAIN.finditer(node.value) if listed(re.findall("[a-z]+", hit[0]))]
    return found


def _strings(nodes: list) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def product() -> list[str]:
    files = [path for name in PRODUCT for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))]
    return sorted(str(path.relative_to(ROOT)) for path in files
                  if path.is_file() and path.name.endswith(ENDINGS) and not NOT_OURS & set(path.parts))


def lists() -> dict[str, list[str]]:
    """File -> what it lists, of all the product's files that list any."""
    found = {path: lists_of(path, (ROOT / path).read_text()) for path in product()}
    return {path: those for path, those in found.items() if those and path not in HISTORY | OTHERS.keys()}
