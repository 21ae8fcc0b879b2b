"""The templates follow the rules that pyproject.toml chooses of djlint's."""

import re
import subprocess
import sys

import yaml

from cli.instance import ROOT

CONFIG = ROOT / "pyproject.toml"
# Each planted fault, by the rule that has to find it.
PLANTED = {
    "H013": '<img src="/x.png">',
    "H019": '<a href="javascript:alert(1)">x</a>',
    "H021": '<p style="color: red">x</p>',
    "H025": "<div>",
    "H037": '<p class="a" class="b">x</p>',
    "H046": '<a href="/x" tabindex="3">x</a>',
    "H048": '<p aria-labell="x">x</p>',
    "H053": '<p id="one">x</p><p id="one">y</p>',
    "T001": "{{ name}}",
    "T038": "{% if name %}",
}


def djlint(*args: str, text: str = "") -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "djlint", "--lint", "--configuration", str(CONFIG), *args], cwd=ROOT,
                          input=text, capture_output=True, text=True, timeout=120)


def found(text: str) -> set[str]:
    """Return the rules of djlint that the text breaks."""
    return set(re.findall(r"^([A-Z]\d{3}) ", djlint("-", text=text).stdout, re.MULTILINE))


def test_the_templates_are_clean():
    done = djlint("dashboard/templates")
    assert done.returncode == 0, done.stdout + done.stderr
    templates = len(list((ROOT / "dashboard" / "templates").rglob("*.html")))
    assert f"Linted {templates} files" in done.stdout + done.stderr


def test_a_planted_fault_is_found():
    assert found("\n".join(PLANTED.values())) >= set(PLANTED)


def test_the_hook_takes_the_same_version():
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]}
    pinned = re.search(r"^djlint==\S+", (ROOT / "tests" / "requirements.in").read_text(), re.MULTILINE)[0]
    assert hooks["djlint"]["additional_dependencies"] == [pinned]
