"""A forge is one folder: no other file of the product knows a forge by its name.

The registry names each forge once, and a forge's templates, examples of settings and documents are its own.
"""

import pytest

from forges import FORGES
from forges.base import Forge
from tests.figures import forges


def test_no_file_outside_a_forges_folder_names_it():
    assert forges.named_elsewhere() == [], "ask for a capability instead (docs/where.md)"


def test_every_forge_is_looked_for():
    assert set(forges.FORGES) == set(FORGES)


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
