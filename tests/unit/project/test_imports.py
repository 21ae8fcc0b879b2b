"""Who may import whom: services know the seam, never each other."""

import ast
import sys
from pathlib import Path

import grimp
import pytest

from cli.instance import ROOT

SERVICES = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester")
OURS = {*SERVICES, "common", "forges", "cli", "images", "tests", "bench"}
MAY_IMPORT = {
    **{service: {service, "common"} for service in SERVICES},
    "dashboard": {"dashboard", "common", "forges"},      # sign-in, webhooks, what a forge can
    "orchestrator": {"orchestrator", "common", "forges"},
    "common": {"common"},
    "forges": {"forges", "common"},
    "cli": {"cli", "images"},      # the stand-in for the vulnerability database
    "images": {"images"},
}
LAYERS = ("wire", "secrets", "service", "api", "worker")      # of common/: each imports only those before it
# The command line has an environment of its own: of the others' code it reads the tables that import nothing.
MODULES = {"cli": {"common.wire.localforge", "common.wire.partial_database", "common.wire.stages"},
           "images": {"common.wire.partial_database"}}


def imported(path: Path) -> set[str]:
    """Modules, or what is imported from a package, of all that is ours: `common.wire.stages` for both ways to write it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {_module(node.module, alias.name) for alias in node.names}
    return {name for name in found if name.partition(".")[0] in OURS}


def _between(graph: grimp.ImportGraph, package: str, other: str) -> list[tuple[str, str]]:
    """(module, what it imports) of all imports from `package` to `other`."""
    return [(module, name) for module in graph.modules if f"{module}.".startswith(f"{package}.")
            for name in graph.find_modules_directly_imported_by(module) if f"{name}.".startswith(f"{other}.")]


def _module(package: str, name: str) -> str:
    """What is imported may be a module or a name of one."""
    below = f"{package}.{name}"
    return below if (ROOT / f"{below.replace('.', '/')}.py").exists() else package


def forbidden(path: Path, folder: str) -> list[str]:
    return sorted(name for name in imported(path) if name.partition(".")[0] not in MAY_IMPORT[folder]
                  and name not in MODULES.get(folder, ()))


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_it_may(folder):
    wrong = {str(path.relative_to(ROOT)): forbidden(path, folder) for path in (ROOT / folder).rglob("*.py")
             if "node_modules" not in path.parts and forbidden(path, folder)}
    assert wrong == {}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_package_of_common_imports_only_those_before_it(layer):
    graph = grimp.build_graph("common", cache_dir=None)
    later = LAYERS[LAYERS.index(layer) + 1:]
    assert {path.name for path in (ROOT / "common").iterdir() if path.is_dir()} - {"build", "__pycache__"} == set(LAYERS)
    assert [(importer, imported) for other in later
            for importer, imported in _between(graph, f"common.{layer}", f"common.{other}")] == []


@pytest.mark.parametrize("name", sorted({name for names in MODULES.values() for name in names}))
def test_a_module_that_others_may_import_imports_nothing_of_ours(name):
    path = ROOT / f"{name.replace('.', '/')}.py"
    others = {node.module for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)} | {
        alias.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import) for alias in node.names}
    assert others <= sys.stdlib_module_names


@pytest.mark.parametrize("folder", ["common", "dashboard", "orchestrator", "dbproxy"])
def test_the_diagram_of_the_packages_has_each_of_them(folder):
    diagram = (ROOT / "docs" / "architecture.md").read_text().partition("## Packages")[2].partition("## ")[0]
    packages = {path.parent.name for path in (ROOT / folder).glob("*/__init__.py")}
    assert packages and {name for name in packages if f" {name}/ " not in diagram} == set()
