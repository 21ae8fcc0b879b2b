"""Who may import whom: services know the seam, never each other."""

import ast
from pathlib import Path

import pytest

from cli.instance import ROOT

SERVICES = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester")
OURS = {*SERVICES, "common", "forges", "cli", "tests", "bench"}
MAY_IMPORT = {
    **{service: {service, "common"} for service in SERVICES},
    "dashboard": {"dashboard", "common", "forges"},      # sign-in, webhooks, what a forge can
    "orchestrator": {"orchestrator", "common", "forges"},
    "common": {"common"},
    "forges": {"forges", "common"},
    "cli": {"cli"},
}


def imported(path: Path) -> set[str]:
    """Top-level packages of ours that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found & OURS


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_it_may(folder):
    wrong = {str(path.relative_to(ROOT)): sorted(imported(path) - MAY_IMPORT[folder])
             for path in (ROOT / folder).rglob("*.py")
             if "node_modules" not in path.parts and imported(path) - MAY_IMPORT[folder]}
    assert wrong == {}
