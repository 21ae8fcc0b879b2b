"""No assignment ends a shell script by the exit status of a test that it substitutes.

`name="… $(test -s FILE && echo …)" && next`, and the same under `set -e`, stops without a word where the test is false:
the exit status of an assignment is that of its last command substitution.
"""

import re
import subprocess

import pytest

from cli.instance import ROOT

FAULT = re.compile(r"""(?<![\w-])[A-Za-z_]\w*=(?:"[^"]*?|[^\s"']*?)\$\([^)|]*&&[^)|]*\)""")
SHELL = (".sh", ".md", ".yml", ".yaml")


def faults(text: str) -> list[str]:
    """The assignments of `text` whose command substitution holds `&&` without a `||` after it."""
    return FAULT.findall(text.replace("\\\n", " "))


def scripts() -> list[str]:
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"],
                            check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file() and (name.endswith(SHELL) or _is_shell(name))]


def _is_shell(name: str) -> bool:
    if name.rsplit("/", 1)[-1].endswith("Dockerfile"):
        return True
    with open(ROOT / name, "rb") as file:
        return re.match(rb"#!.*\b(sh|bash)\b", file.readline()) is not None


@pytest.mark.parametrize("text", [
    'RUN apt="apt-get -q $(test -s /run/secrets/ca && echo -o CaInfo=/run/secrets/ca)" \\\n && $apt update',
    "set -e\noptions=$([ -n \"$x\" ] && echo yes)\n",
    'export words="$(command -v git && echo there)"',
])
def test_the_fault_is_recognised(text):
    assert faults(text)


@pytest.mark.parametrize("text", [
    "pip install $(test -s ca && echo --cert ca) -r requirements.txt",      # an argument's status counts for nothing
    'name="$(test -s ca && echo --cert || true)"',
    "if [ -s ca ]; then export PIP_CERT=ca; fi",
    'digest="$(sha256sum file)" && echo "$digest"',
])
def test_what_is_right_passes(text):
    assert faults(text) == []


def test_no_script_and_no_dockerfile_has_it():
    names = scripts()
    assert "builder/Dockerfile" in names and "common/build/with-ca" in names
    found = {name: faults((ROOT / name).read_text(errors="replace")) for name in names}
    assert {name: lines for name, lines in found.items() if lines} == {}
