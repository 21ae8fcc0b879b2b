"""REGISTRY_LOGINS: what `docker login` stored, given to builds for people's FROM lines.

The host user's logins are never taken without being asked for: every repository's Dockerfile can pull with them.
"""

import json
import os
from pathlib import Path

from cli.errors import PlatformError

KEPT = ("auth", "identitytoken")


def write_logins(setting: str, target: Path) -> None:
    """Write the credentials of the file named by `setting` to `target`, and none where it is empty.

    `target` is read by the builder's user: it needs mode 644, inside a folder that only its owner can enter. It is
    replaced in place, since a container has it mounted. Raises PlatformError, never with a credential in it.
    """
    text = json.dumps({"auths": _read(Path(setting).expanduser()) if setting else {}})
    if target.exists() and target.read_text() == text:
        return
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w") as file:
        file.write(text)
    target.chmod(0o644)     # whatever the umask


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        config = json.loads(path.read_text())
        auths = {host: {key: entry[key] for key in KEPT if key in entry}
                 for host, entry in config.get("auths", {}).items()}
    except OSError as error:
        raise PlatformError(f"REGISTRY_LOGINS: {path} cannot be read: {error.strerror}",
                            "name a readable Docker config.json, or leave REGISTRY_LOGINS empty") from error
    except (ValueError, AttributeError, TypeError):
        raise PlatformError(f"REGISTRY_LOGINS: {path} is not a Docker config.json",
                            "create one with `docker --config FOLDER login`, and name FOLDER/config.json") from None
    if helper := config.get("credsStore") or config.get("credHelpers"):
        raise PlatformError(f"REGISTRY_LOGINS: {path} keeps its logins in a credential helper ({_names(helper)}), "
                            "which containers cannot call",
                            "create a file of its own: in a new folder write {\"auths\": {}} to config.json, then "
                            "run `docker --config FOLDER login`")
    return {host: entry for host, entry in auths.items() if entry}


def _names(helper: str | dict[str, str]) -> str:
    return helper if isinstance(helper, str) else ", ".join(sorted(set(helper.values())))
