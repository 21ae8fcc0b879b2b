"""The machine's own package sources: where it gets Debian from, we get the rest."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

APT = Path("/etc/apt")


@dataclass(frozen=True)
class Source:
    """One `deb` source as apt reads it."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]


def read_sources(apt: Path = APT) -> list[Source]:
    """Every enabled binary source of the machine, both of apt's formats."""
    found: list[Source] = []
    for path in sorted([apt / "sources.list", *(apt / "sources.list.d").glob("*")]):
        if not path.is_file():
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".list":
            found += parse_one_line(text)
        elif path.suffix == ".sources":
            found += parse_deb822(text)
    return found


def parse_one_line(text: str) -> list[Source]:
    """`deb [options] URI suite component...`, a source a line."""
    found = []
    for line in text.splitlines():
        words = shlex.split(line, comments=True)
        if not words or words[0] != "deb":
            continue
        words = words[1:]
        if words and words[0].startswith("["):
            end = next(i for i, word in enumerate(words) if word.endswith("]"))
            words = words[end + 1:]
        if len(words) >= 2:
            found.append(Source(words[0].rstrip("/"), (words[1],), tuple(words[2:])))
    return found


def parse_deb822(text: str) -> list[Source]:
    """Stanzas of `Types`, `URIs`, `Suites` and `Components`, parted by empty lines."""
    found = []
    for stanza in _stanzas(text.splitlines()):
        if "deb" not in stanza.get("types", "").split() or stanza.get("enabled", "yes") == "no":
            continue
        found += [Source(uri.rstrip("/"), tuple(stanza.get("suites", "").split()),
                         tuple(stanza.get("components", "").split()))
                  for uri in stanza.get("uris", "").split()]
    return found


def _stanzas(lines: Iterable[str]) -> list[dict[str, str]]:
    stanzas: list[dict[str, str]] = [{}]
    key = ""
    for line in lines:
        if line.startswith("#"):
            continue
        if not line.strip():
            stanzas.append({})
        elif line[0] in " \t":
            stanzas[-1][key] += " " + line.strip()
        else:
            key, _, value = line.partition(":")
            key = key.strip().lower()
            stanzas[-1][key] = value.strip()
    return [stanza for stanza in stanzas if stanza]


def mirror_of(sources: list[Source], codename: str) -> str | None:
    """The URI that serves the release `codename` itself, or None."""
    return next((s.uri for s in sources if codename in s.suites and "main" in s.components), None)


def security_mirror_of(sources: list[Source], codename: str) -> str | None:
    """The URI of the release's security updates, or None."""
    return next((s.uri for s in sources if f"{codename}-security" in s.suites and "main" in s.components), None)
