"""The users of RabbitMQ: dbproxy/rabbitmq/definitions.json has their rights, .env their passwords. In the file `{stages}`
stands for the stages of the worker that has the right; the table of stages has their names.

RabbitMQ reads both at its start. It keeps users that the file does not name, and replaces the others.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cli.instance import Instance
from common.wire import stages

SOURCE = Path("dbproxy/rabbitmq")      # below the repository's root
CONFIGURATION, DEFINITIONS = "continuum.conf", "definitions.json"
ALGORITHM = "rabbit_password_hashing_sha512"
SALT = 4      # bytes, as RabbitMQ has it


def write(instance: Instance, values: Mapping[str, str]) -> str:
    """Write what RabbitMQ reads at its start, without a password in clear; returns a digest of it, which is the same
    while the rights and the passwords are."""
    folder = instance.state_dir / "rabbitmq"
    folder.mkdir(exist_ok=True)
    written, source = folder / DEFINITIONS, instance.root / SOURCE
    text = json.dumps(definitions(json.loads((source / DEFINITIONS).read_text()), values, _known(written)), indent=1)
    configuration = (source / CONFIGURATION).read_text()
    _write(written, text)
    _write(folder / CONFIGURATION, configuration)
    return hashlib.sha256((configuration + text).encode()).hexdigest()[:16]


def definitions(rights: dict, values: Mapping[str, str], known: Mapping[str, str]) -> dict:
    """`rights` with each worker's stages and the hash of each user's password; a `known` hash (user -> hash) is kept while
    it fits."""
    users = [{"name": user["name"], "tags": user["tags"], "hashing_algorithm": ALGORITHM,
              "password_hash": hashed(values[user["password_from"]], known.get(user["name"], ""))}
             for user in rights["users"]]
    topics = [{**topic, "write": topic["write"].replace("{stages}", _pattern(topic["user"]))}
              for topic in rights["topic_permissions"]]
    return {**rights, "users": users, "topic_permissions": topics}


def _pattern(worker: str) -> str:
    """Of the routing keys' last part."""
    names = stages.of_worker(worker)
    return names[0] if len(names) == 1 else f"({'|'.join(names)})"


def hashed(password: str, known: str = "") -> str:
    """As RabbitMQ has it: base64 of the salt and the SHA-512 of salt and password."""
    salt = base64.b64decode(known)[:SALT] or os.urandom(SALT)
    return base64.b64encode(salt + hashlib.sha512(salt + password.encode()).digest()).decode()


def _known(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    return {user["name"]: user["password_hash"] for user in json.loads(path.read_text())["users"]}


def _write(path: Path, text: str) -> None:
    """Replaced in one step. The container's user reads it, whatever the umask."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text)
    fresh.chmod(0o644)
    fresh.replace(path)
