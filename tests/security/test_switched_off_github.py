"""The attacks on GitHub's side of Continuum and on what all services share (S1 to S43, where their tests need no
installation): each protection is switched off in a copy, and a test must notice. `test_switched_off.py` does the same for what a route asks of people.
"""

from __future__ import annotations

import pytest

from tests.security.switched import assert_passed, check, run

SIGNIN, PEOPLE, HOOKS = (f"unit/dashboard/test_{name}.py" for name in ("github_signin", "signin", "webhooks"))
NAMES, SOURCE, LOOKS = "unit/forges/test_names.py", "unit/builder/test_source.py", "unit/orchestrator/test_processor.py"
MASKING = "unit/common/test_masking.py"
ADDRESSES, FILE, BUILD = "security/test_forge_addresses.py", "unit/repofile/test_repofile.py", "unit/builder/test_dockerfile.py"

# attack and protection -> (the tests that hold it, file, what stands there, what stands there instead)
CHECKS = {
    "S1 a state of another browser": (SIGNIN, "dashboard/forge/states.py",
                                      "hmac.compare_digest(begun.state.encode(), state.encode())", "True"),
    "S1 S3 a code without its verifier": (SIGNIN, "forges/github/signin.py", ', "code_verifier": attempt.verifier', ""),
    "S2 a state that was used": (SIGNIN, "dashboard/forge/states.py", "[begun for begun in kept if begun is not found]", "kept"),
    "S2 a state without end": (SIGNIN, "dashboard/forge/states.py", "if time.time() - begun.at < MINUTES * 60", ""),
    "S3 the least scope": (SIGNIN, "forges/github/scopes.py",
                           'orgs = ["read:org"] if registration.kind == "oauth" and organisations else []', 'orgs = ["repo"]'),
    "S4 away to another site": (PEOPLE, "dashboard/auth/sessions.py", 'return wanted if plain and "\\\\" not in wanted and '
                                "wanted.isprintable() else \"/\"", "return wanted"),
    "S6 a session after the sign-out": (PEOPLE, "dashboard/auth/sessions.py", "    db.sessions.remove(secret_hash)\n", ""),
    "S14 a wrong signature": (HOOKS, "forges/github/signature.py",
                              "if not key or not hmac.compare_digest(expected.encode(), given.encode()):", "if not key:"),
    "S14 an empty secret": (HOOKS, "forges/github/signature.py", "if not key or not hmac", "if not hmac"),
    "S14 another form of signature": (HOOKS, "forges/github/signature.py", "if not _FORM.fullmatch(given):", "if False:"),
    "S46 how deep a delivery is": (HOOKS, "forges/github/receive.py", "except (ValueError, RecursionError):", "except ValueError:"),
    "S16 a delivery under a new id": (LOOKS, "orchestrator/scm/ref_sync.py",
                                      "heads.moves({name: value for name, value in last.items() if name == ref}, {ref: commit.sha})",
                                      "heads.moves({}, {ref: commit.sha})"),
    "S17 a plain comparison": ("security/test_source.py", "forges/github/signature.py",
                               "not hmac.compare_digest(expected.encode(), given.encode())", "expected != given"),
    "S19 S21 a ref": (NAMES, "forges/names.py", "if why := why_not(ref):", "if False:"),
    "S19 S21 an owner": (NAMES, "forges/names.py", 'if not _OWNER.fullmatch(owner) or ".." in owner:', "if False:"),
    "S19 S21 a repository": (NAMES, "forges/names.py", "if not _NAME.fullmatch(name) or _NAME_NEVER.fullmatch(name):", "if False:"),
    "S19 S21 a delivery's ref": ("unit/orchestrator/test_rules.py", "forges/github/events.py",
                                 "    check_ref(short)\n", ""),
    "S19 S21 a delivery's repository": ("unit/orchestrator/test_rules.py", "forges/github/events.py",
                                        "    check_repo(owner, name)\n", ""),
    "S8 a fork's commit by its hash": ("unit/orchestrator/test_pulls.py", "orchestrator/runs/launch.py",
                                       "if by_hash and not forge.holds(*path, branch, found.sha):", "if False:"),
    "S20 where a submodule is": (SOURCE, "builder/allowed.py", "        if not self._remote(url):\n", "        if False:\n"),
    "S20 where the code is": (SOURCE, "builder/allowed.py",
                             "self.repo.forge == localforge.NAME or self._remote(url):", "self.repo.forge == localforge.NAME or True:"),
    "S20 git's protocols": (SOURCE, "builder/git.py", "[protocol]\n\\tallow = never\n", "[protocol]\n\\tallow = always\n"),
    "S24 a path that leads out": (BUILD, "builder/dockerfile.py", 'if not real.is_relative_to(root) or real.is_relative_to(root / ".git"):',
                                  "if False:"),
    "S24 a link that leads out": (BUILD, "builder/dockerfile.py", "real = Path(os.path.realpath(root / path))",
                                  "real = Path(os.path.abspath(root / path))"),
    "S25 a key that nobody knows": (FILE, "common/wire/contracts.py", 'model_config = ConfigDict(extra="forbid")',
                                    'model_config = ConfigDict(extra="ignore")'),
    "S25 a volume of the host": (FILE, "common/wire/repofile.py", "if isinstance(path, str) and not _is_volume(path):", "if False:"),
    "S26 a variable's name": (FILE, "common/wire/contracts.py", 'VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]',
                              "VariableName = str"),
    "S26 a tool's own variable": ("unit/builder/test_buildkit.py", "builder/buildkit.py",
                                  '{name: f"CONTINUUM_SECRET_{number}" for number, name in enumerate(values)}',
                                  "{name: name for name in values}"),
    "S39 a name that leads inside": (ADDRESSES, "forges/github/guard.py", "if self._public and not all(map(is_outside, found)):", "if False:"),
    "S39 an answer that leads elsewhere": (ADDRESSES, "forges/github/client.py", "if not self.urls.in_api(url):", "if False:"),
    "S39 an address in another": (ADDRESSES, "common/wire/addresses.py", "address = _unwrapped(ipaddress.ip_address(text.partition(\"%\")[0]))",
                                  "address = ipaddress.ip_address(text.partition(\"%\")[0])"),
    "S41 a pattern's own letters": ("unit/dbproxy/test_small_rules.py", "dbproxy/like.py",
                                    'return text.replace("\\\\", "\\\\\\\\").replace("%", "\\\\%").replace("_", "\\\\_")',
                                    "return text"),
    "S42 a secret as it is": (MASKING, "common/secrets/masking.py", "        if not spans:\n", "        if True:\n"),
    "S42 secrets that overlap": (MASKING, "common/secrets/masking.py", "if start >= last:", "if True:"),
    "S42 what a candidate answers": ("unit/tester/test_http_checks.py", "tester/masking.py",
                                     "return self.deployer.post(", "return texts or self.deployer.post("),
    "S42 a secret inside base64": (MASKING, "common/secrets/masking.py", "for before in range(3):", "for before in range(1):"),
    "S42 a secret in an address": (MASKING, "common/secrets/masking.py", ', quote(value, safe=""), quote_plus(value)}', "}"),
    "S42 a secret of several lines": (MASKING, "common/secrets/masking.py", "*value.splitlines(), *_json", "*_json"),
    "S39 a submodule that leads inside": (SOURCE, "builder/allowed.py", "        if not all(map(is_outside, found)):\n", "        if False:\n"),
    "S39 a name that is asked twice": ("unit/builder/test_https.py", "builder/git.py", '"http.curloptResolve"', '"http.other"'),
    "S39 a submodule that redirects": ("unit/builder/test_https.py", "builder/git.py", '("http.followRedirects", "false")', '("http.other", "false")'),
    "S43 a person's token": (SIGNIN, "dashboard/auth/accounts_of_forge.py", "seal(person.sign_in.text, key)", "person.sign_in.text"),
    "S43 the registration's secrets": ("unit/orchestrator/test_forge_registry.py", "forges/registrations.py",
                                       "seal(json.dumps(value), self._public(name))", "json.dumps(value)"),
    "S43 the token that fetches": ("unit/orchestrator/test_connect.py", "orchestrator/runs/inputs.py",
                                   "seal(grant.token.get_secret_value(), self._builder_key)", "grant.token.get_secret_value()"),
    "S43 a token in git's arguments": ("unit/builder/test_https.py", "builder/git.py", 'done = run(["git", command, *arguments]',
                                       'done = run(["git", "-c", f"x.y={token}", command, *arguments]'),
}


def test_with_every_protection_on_they_pass(tree):
    """The control."""
    assert_passed(run(tree, *sorted({tests for tests, *_ in CHECKS.values()})))


@pytest.mark.parametrize("name", CHECKS)
def test_a_protection_that_is_off_is_noticed(tree, name):
    tests, file, on, off = CHECKS[name]
    check(tree, file, on, off, tests)
