"""S17, S21: what a reader of our source must find, and must not. Slow paths to the same end are tested elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from cli.instance import ROOT

PRODUCT = ("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester", "common", "forges", "cli")
SECRET = re.compile(r"secret|token|password|signature|hmac|csrf|cookie|credential", re.IGNORECASE)
# What may be compared plainly: (file, the expression), and why.
PLAIN = {
    ("dashboard/api/accounts.py", "row.secret_hash == current().secret_hash"):
        "both come from the store; says which of your own sessions is this one",
    ("orchestrator/scm/local_watcher.py", "self._signatures.get((owner, name)) == seen"):
        "times and sizes of a repository's ref files, called its signature",
    ("orchestrator/credentials/tokens.py", "stored.token != token"):
        "both are ours: is the token that GitHub refused still the one that is kept",
    ("orchestrator/credentials/renewal.py", "now.token != before.token"):
        "both are ours: was the sign-in renewed by another meanwhile",
    ("orchestrator/credentials/renewal.py", "self._read(account).token == before.token"):
        "both are ours: did the person sign in anew meanwhile",
    ("forges/github/app.py", "kept == token"):
        "both are ours: which installation's token GitHub refused",
    ("orchestrator/credentials/tokens.py", "kept.token == token"):
        "both are ours: whose token GitHub refused",
}
# SQL that is put together from text: (file, the query), and why it may be.
SQL = {
    ("dbproxy/bells.py", "f'LISTEN \"{channel}\"'"): "a channel's name is ours, and LISTEN takes no parameters",
}
FORBIDDEN = {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "eval", "exec",
             "pickle.load", "pickle.loads", "marshal.loads", "yaml.load", "yaml.unsafe_load", "yaml.full_load",
             "tempfile.mktemp", "hashlib.md5"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in PRODUCT:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def nodes(kind: type) -> Iterator[tuple[str, ast.AST]]:
    return ((name, node) for name, tree in sources() for node in ast.walk(tree) if isinstance(node, kind))


def names_in(node: ast.AST) -> str:
    """The identifiers and keys of an expression, without its literal texts."""
    words = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    words += [part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    words += [part.slice.value for part in ast.walk(node) if isinstance(part, ast.Subscript)
              and isinstance(part.slice, ast.Constant) and isinstance(part.slice.value, str)]
    return " ".join(words)


def is_plain(side: ast.AST) -> bool:
    """Constants, lengths and counts give no secret away by how long they take."""
    return isinstance(side, (ast.Constant, ast.Tuple, ast.Set, ast.List)) or \
        (isinstance(side, ast.Call) and ast.unparse(side.func) in ("len", "type", "set", "sorted"))


def test_secrets_are_compared_in_constant_time():
    """Holds: no == or != between two values of which one is called a secret, token, password or signature."""
    found = {(name, ast.unparse(node)) for name, node in nodes(ast.Compare)
             if isinstance(node.ops[0], (ast.Eq, ast.NotEq)) and SECRET.search(names_in(node))
             and not any(is_plain(side) for side in (node.left, *node.comparators))}
    assert found - set(PLAIN) == set()


@pytest.mark.parametrize("path", ["dashboard/auth/csrf.py", "forges/github/signature.py", "dashboard/forge/states.py"])
def test_compare_digest_is_used_where_a_caller_brings_a_secret(path):
    """Holds: the CSRF token, a webhook's signature, a sign-in's state (S17). Passwords are argon2's to compare; session and token secrets are looked up by hash."""
    assert "hmac.compare_digest(" in (ROOT / path).read_text()


def test_the_scan_sees_a_plain_comparison():
    """The control: the rule above finds what it should."""
    node = ast.parse("given_token == kept.token").body[0].value
    assert SECRET.search(names_in(node)) and not is_plain(node.left)


def test_no_shell_and_no_code_from_data():
    """Holds: argv lists everywhere, YAML by the safe loader, no pickles."""
    calls = list(nodes(ast.Call))
    assert {(name, ast.unparse(node.func)) for name, node in calls if ast.unparse(node.func) in FORBIDDEN} == set()
    shells = {(name, ast.unparse(node)[:80]) for name, node in calls for keyword in node.keywords
              if keyword.arg == "shell" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)}
    assert shells == set()


def test_no_sql_is_put_together_from_text():
    """Holds: values reach Postgres as parameters, names as sql.Identifier; never by an f-string, % or format."""
    found = set()
    for name, node in nodes(ast.Call):
        if name.startswith("dbproxy/") and isinstance(node.func, ast.Attribute) \
                and node.func.attr in ("execute", "executemany") and node.args:
            query = node.args[0]
            if (isinstance(query, ast.JoinedStr) and any(isinstance(part, ast.FormattedValue) for part in query.values)) \
                    or (isinstance(query, ast.BinOp) and isinstance(query.op, ast.Mod)):
                found.add((name, ast.unparse(query)[:100]))
    assert found - set(SQL) == set()


def test_pages_never_switch_escaping_off():
    """Holds: Jinja escapes; no |safe, no autoescape off, no Markup of what people wrote, no innerHTML of data."""
    for path in sorted((ROOT / "dashboard" / "templates").glob("*.html")):
        text = path.read_text()
        assert not re.search(r"\|\s*safe\b|autoescape\s+false", text), path.name
        assert not re.search(r"<script(?![^>]*\bsrc=)|\bon(click|load|error|submit)\s*=|<style|\bstyle=", text), \
            f"{path.name} holds what the content security policy forbids"
    written = re.compile(r"\beval\(|new Function\(|document\.write\(|insertAdjacentHTML|(inner|outer)HTML\s*=")
    for path in sorted((ROOT / "dashboard" / "static" / "js").rglob("*.js")):
        assert not written.search(path.read_text()), path.name


@pytest.mark.parametrize("path", sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("*/requirements.txt")))
def test_every_package_is_pinned(path):
    """Holds: an exact version each, with the hashes of its files; what is installed today is what was tested."""
    entries = [line for line in (ROOT / path).read_text().replace("\\\n", " ").splitlines() if not line.startswith("#")]
    assert entries and [line for line in entries if "==" not in line or "--hash=sha256:" not in line] == []
