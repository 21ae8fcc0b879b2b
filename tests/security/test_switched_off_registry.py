"""The registry's protections: each is switched off in a copy, and a unit test must notice."""

from __future__ import annotations

import pytest

from tests.security.switched import assert_passed, check, run

RIGHTS, TOKENS = "orchestrator/credentials/registry_rights.py", "orchestrator/credentials/registry_tokens.py"
BUILD, STAGE, MADE = "builder/build_tokens.py", "builder/stage.py", "cli/certificates.py"
ORCHESTRATOR, BUILDER = "unit/orchestrator/test_registry_rights.py", "unit/builder/test_build_tokens.py"
CLASSES, CERTIFICATES = "unit/builder/test_stage.py", "unit/cli/test_certificates.py"

# name -> (the tests that hold it, file, what stands there, what stands there instead)
CHECKS = {
    "another repository's image": (ORCHESTRATOR, RIGHTS, "else set() if built else", "else"),
    "base images are written by set-up alone": (ORCHESTRATOR, RIGHTS, 'if built else {"pull"}',
                                                'if built else {"pull", "push"}'),
    "readers read what we built": (ORCHESTRATOR, RIGHTS, "if caller in READERS and built:", "if caller in READERS:"),
    "a build that is over": (ORCHESTRATOR, RIGHTS, 'jobs[-1].state not in TERMINAL', "True"),
    "who gets a token": (ORCHESTRATOR, RIGHTS, "if g.caller not in CALLERS:", "if False:"),
    "what else those may ask": (ORCHESTRATOR, RIGHTS, 'and request.endpoint != "registry_token"', "and False"),
    "five minutes": (ORCHESTRATOR, TOKENS, "LIFETIME = 300 ", "LIFETIME = 300_000 "),
    "what is a name": (ORCHESTRATOR, TOKENS, "pattern=NAME, ", ""),
    "the password of a build that is over": (BUILDER, BUILD, "del self._runs[password]", "self._runs.get(password)"),
    "a password of no build": (BUILDER, BUILD, "if run is None:", "if False:"),
    "forks apart": (CLASSES, STAGE, "{'-forks' if inputs.foreign else ''}", ""),
    "contexts apart": (CLASSES, STAGE, "            tell_apart(place)\n", ""),
    "modes of keys": (CERTIFICATES, MADE, "NoEncryption()), 0o600)", "NoEncryption()), 0o644)"),
    "what set-up speaks to": ("unit/images/test_mirror.py", "cli/images/mirror.py",
                              "ssl.create_default_context(cafile=str(self.ca))", "ssl._create_unverified_context()"),
    "what BuildKit speaks to": ("unit/images/test_buildkit_settings.py", "builder/buildkit/buildkitd.toml",
                                'ca = ["/etc/continuum/registry-ca.crt"]', "insecure = true"),
    "what builder speaks to": ("unit/builder/test_registry_tls.py", "builder/registry.py", "verify = str(ca)",
                               "verify = False"),
    "what scanner speaks to": ("unit/scanner/test_registry_tls.py", "scanner/registry.py", "ca_certs=ca)",
                               'cert_reqs="CERT_NONE")'),
}


def test_with_every_check_on_they_pass(tree):
    """The control: in a copy as such nothing fails."""
    assert_passed(run(tree, *dict.fromkeys(tests for tests, *_ in CHECKS.values())))


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_that_is_off_is_noticed(tree, name):
    tests, file, on, off = CHECKS[name]
    check(tree, file, on, off, tests)
