"""The local registry as a mirror of Docker Hub: stand-ins for people's FROM lines."""

import json
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cli import proc
from cli.images.ensure import present_references
from cli.images.manifest import Base, Manifest
from cli.progress import Progress

MANIFEST_TYPES = ("application/vnd.docker.distribution.manifest.v2+json, "
                  "application/vnd.oci.image.manifest.v1+json")


@dataclass(frozen=True)
class Target:
    """Our registry: `address` is host:port on loopback, `ca` the file with the certificate of its authority."""

    address: str
    ca: Path

    @property
    def opener(self) -> urllib.request.OpenerDirector:
        context = ssl.create_default_context(cafile=str(self.ca))
        return urllib.request.build_opener(urllib.request.ProxyHandler({}),      # on loopback: no proxy
                                           urllib.request.HTTPSHandler(context=context))


def push_base_images(progress: Progress, target: Target, token: Callable[[list[str]], str]) -> int:
    """Put every stand-in base that the engine has into the registry as library/<name>:<tag>.

    `token(names)` gives a token that may write these. What is there already is skipped. Returns how many tags were
    pushed: 0 on machines that reach an image registry, where no stand-ins exist. Raises PlatformError.
    """
    manifest = Manifest.load()
    present = present_references()
    bases = [base for base in manifest.bases.values() if manifest.reference(base.recipe.name) in present]
    if not bases:
        return 0
    bearer, opener, pushed = token([base.name for base in bases]), target.opener, 0
    for base in bases:
        reference = manifest.reference(base.recipe.name)
        digests = _digests(reference)
        missing = [tag for tag in base.tags
                   if _digest_there(opener, f"https://{target.address}", base.name, tag, bearer) not in digests]
        if missing:
            pushed += _push(target.address, base, missing, reference, bearer, progress)
    return pushed


def _digests(reference: str) -> set[str]:
    listed = proc.answer(["docker", "image", "inspect", "--format", "{{json .RepoDigests}}", reference])
    return {name.split("@")[1] for name in json.loads(listed or "[]")}


def _digest_there(opener: urllib.request.OpenerDirector, url: str, name: str, tag: str, bearer: str) -> str | None:
    """The digest that the registry has under the tag, or None."""
    request = urllib.request.Request(f"{url}/v2/library/{name}/manifests/{tag}", method="HEAD",
                                     headers={"Accept": MANIFEST_TYPES, "Authorization": f"Bearer {bearer}"})
    try:
        with opener.open(request, timeout=10) as reply:
            return reply.headers["Docker-Content-Digest"]
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


def _push(registry: str, base: Base, tags: list[str], reference: str, bearer: str, progress: Progress) -> int:
    with tempfile.TemporaryDirectory() as config, progress.task(f"mirror {base.name}") as task:
        with open(f"{config}/config.json", "w") as file:
            json.dump({"auths": {registry: {"registrytoken": bearer}}}, file)
        for tag in tags:
            target = f"{registry}/library/{base.name}:{tag}"
            proc.run(["docker", "tag", reference, target])
            proc.run(["docker", "push", target], task, env={"DOCKER_CONFIG": config})
    return len(tags)
