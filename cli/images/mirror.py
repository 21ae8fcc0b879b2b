"""The local registry as a mirror of Docker Hub: stand-ins for people's FROM lines."""

import base64
import json
import tempfile
import urllib.error
import urllib.request

from cli import proc
from cli.images.ensure import present_references
from cli.images.manifest import Base, Manifest
from cli.progress import Progress

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))      # the registry is on loopback: no proxy
MANIFEST_TYPES = ("application/vnd.docker.distribution.manifest.v2+json, "
                  "application/vnd.oci.image.manifest.v1+json")


def push_base_images(progress: Progress, *, registry: str, user: str, password: str) -> int:
    """Put every stand-in base that the engine has into `registry` (host:port) as
    library/<name>:<tag>; what is there already is skipped. Returns how many tags
    were pushed: 0 on machines that reach an image registry, where none exist.
    Raises PlatformError.
    """
    manifest = Manifest.load()
    present = present_references()
    pushed = 0
    for base in manifest.bases.values():
        reference = manifest.reference(base.recipe.name)
        if reference not in present:
            continue
        digests = _digests(reference)
        missing = [tag for tag in base.tags
                   if _digest_there(registry, base.name, tag, user, password) not in digests]
        if missing:
            pushed += _push(registry, base, missing, reference, user, password, progress)
    return pushed


def _digests(reference: str) -> set[str]:
    listed = proc.answer(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", reference])
    return {name.split("@")[1] for name in json.loads(listed or "[]")}


def _digest_there(registry: str, name: str, tag: str, user: str, password: str) -> str | None:
    """The digest that the registry has under the tag, or None."""
    request = urllib.request.Request(f"http://{registry}/v2/library/{name}/manifests/{tag}", method="HEAD",
                                     headers={"Accept": MANIFEST_TYPES, "Authorization": _basic(user, password)})
    try:
        with DIRECT.open(request, timeout=10) as reply:
            return reply.headers["Docker-Content-Digest"]
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _push(registry: str, base: Base, tags: list[str], reference: str,
          user: str, password: str, progress: Progress) -> int:
    with tempfile.TemporaryDirectory() as config, progress.task(f"mirror {base.name}") as task:
        auth = base64.b64encode(f"{user}:{password}".encode()).decode()
        with open(f"{config}/config.json", "w") as file:
            json.dump({"auths": {registry: {"auth": auth}}}, file)
        for tag in tags:
            target = f"{registry}/library/{base.name}:{tag}"
            proc.run(["docker", "tag", reference, target])
            proc.run(["docker", "push", target], task, env={"DOCKER_CONFIG": config})
    return len(tags)
