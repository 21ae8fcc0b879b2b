"""A forge is one folder: no other file of the product knows a forge by its name.

The registry names each forge once, and a forge's templates, examples of settings and documents are its own.
"""

import re

import pytest

from cli.instance import ROOT
from forges import FORGES
from forges.base import Forge

PRODUCT = ("builder", "cli", "common", "dashboard", "dbproxy", "deployer", "forges", "orchestrator", "scanner", "tester")
READ = {".py", ".html", ".js", ".css", ".sql", ".toml", ".in"}
REGISTRY = {"forges/__init__.py", "forges/settings.py"}
# What is no forge: where sources and advisories are published.
ELSEWHERE = re.compile(r"github\.com/|GitHub Advisory Database", re.IGNORECASE)
# These name the forge `local` still, and may only become fewer: its folder is read by builder and the command line, and
# dbproxy keeps the passwords of its people.
LEFT = {"local": {"builder/allowed.py", "cli/api.py", "dbproxy/accounts/invitations.py", "dbproxy/accounts/reset.py",
                  "dbproxy/accounts/routes.py", "dbproxy/accounts/store.py", "dbproxy/startup.py"},
        # the installation that tests begin; the word for advisories in Grype's database
        "github": {"cli/testing.py", "scanner/database/writer.py"}}
OTHER_MEANING = {"local": {"cli/images/ensure.py", "cli/images/gobuild.py", "cli/images/reference.py"}, "github": set()}


def sources():
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in READ and "node_modules" not in path.parts and path.is_file():
                yield path.relative_to(ROOT).as_posix(), path.read_text()


def names(forge: str, text: str) -> bool:
    """A common word such as `local` names the forge in quotes alone."""
    if forge == "local":
        return re.search(r"""["']local["']|LocalForge""", text) is not None
    return re.search(forge, ELSEWHERE.sub("", text), re.IGNORECASE) is not None


def own(forge: str, path: str) -> bool:
    return path.startswith((f"forges/{forge}/", f"forges/{forge}.py", f"dashboard/templates/forges/{forge}/"))


@pytest.mark.parametrize("forge", FORGES)
def test_no_file_outside_a_forges_folder_names_it(forge):
    found = {path for path, text in sources() if not own(forge, path) and path not in REGISTRY and names(forge, text)}
    assert found - OTHER_MEANING[forge] == LEFT[forge], "ask for a capability instead (docs/architecture.md); a file that names it no more leaves the list"


@pytest.mark.parametrize("forge", FORGES.values(), ids=FORGES)
def test_a_forge_does_what_its_capabilities_promise(forge):
    """What it does not promise is left to the interface, which says so in a sentence."""
    promised = {"signin": ("consent", "authorize_url", "exchange", "renew", "installations", "setup", "check_credentials", "registered"),
                "webhook": ("check_headers", "receive", "event_of", "add_webhook", "remove_webhook"),
                "rights": ("rights_of", "member"), "status": ("set_status",), "comment": ("upsert_comment",),
                "check": ("set_check",), "deployment": ("start_deployment", "set_deployment"), "pulls": ("pull", "pulls"),
                "folder": ("names", "git_folder")}
    for capability, methods in promised.items():
        kept = {name for name in methods if getattr(forge, name) is not getattr(Forge, name)}
        assert kept == (set(methods) if capability in forge.capabilities else set()), capability
    assert bool(forge.webhook_events) is ("webhook" in forge.capabilities)
