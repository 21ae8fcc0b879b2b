"""The pages' scripts and their tests follow eslint.config.mjs."""

import json
import os
import subprocess

import pytest
import yaml

from cli.instance import ROOT
from tests.harness.npm import NODE, program

SOURCE = ROOT / "tests" / "harness" / "eslint"
CHECKED = ("dashboard/static/js", "tests", "eslint.config.mjs")
# Each planted fault, by the rule that has to find it.
PLANTED = {
    "eqeqeq": "export const same = (a, b) => a == b;",
    "no-var": "export var x = 1;",
    "prefer-const": "export function one() { let x = 1; return x; }",
    "no-unused-vars": "const unused = 1;",
    "no-undef": "export const y = missing;",
    "no-restricted-properties": "document.body.innerHTML = location.hash;",
    "no-eval": "eval(location.hash);",
}


@pytest.fixture(scope="module")
def eslint():
    """Return a call of ESLint: options and paths, and the text of its standard input, to the finished process."""
    packages = program(SOURCE) / "node_modules"

    def call(*args: str, text: str = "") -> subprocess.CompletedProcess:
        return subprocess.run([str(NODE), str(packages / "eslint" / "bin" / "eslint.js"), *args], cwd=ROOT, input=text,
                              env={**os.environ, "NODE_PATH": str(packages)}, capture_output=True, text=True, timeout=120)
    return call


def test_the_scripts_are_clean(eslint):
    done = eslint("--max-warnings", "0", *CHECKED)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_planted_fault_is_found(eslint):
    done = eslint("--format", "json", "--stdin", "--stdin-filename", "dashboard/static/js/planted.js",
                  text="\n".join(PLANTED.values()))
    assert done.returncode == 1, done.stderr
    [result] = json.loads(done.stdout)
    assert {message["ruleId"] for message in result["messages"]} >= set(PLANTED)


def test_the_hook_takes_the_same_versions():
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]}
    pinned = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    assert set(hooks["eslint"]["additional_dependencies"]) == {f"{name}@{version}" for name, version in pinned.items()}
