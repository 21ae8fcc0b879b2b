"""What is asked of BuildKit, as data: the argv of buildctl, the policy on sources, the name of the image.

The Dockerfile frontend is always the one inside BuildKit: with the option `cmdline` set, it looks at neither a
`# syntax=` line nor BUILDKIT_SYNTAX (frontend/dockerfile/builder/build.go, Build).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from common.wire.contracts import BuildConfig, BuildInputs
from common.wire.imagenames import NAMESPACE

from .dockerfile import Recipe

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")      # of our environment, from `.env`


@dataclass(frozen=True)
class Plan:
    """One build, whole. `environment` holds the secrets' values, and is no part of the argv."""

    address: str
    recipe: Recipe
    config: BuildConfig
    image: str                          # registry/repository:tag
    labels: dict[str, str]
    cache: str                          # name of the repo's own cache mounts and steps: repos do not share them
    metadata: Path                      # BuildKit writes the digest here
    policy: Path                        # holds `source_policy`
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    secrets: dict[str, str] = field(default_factory=dict)       # secret -> variable of `environment`
    proxies: Mapping[str, str] = field(default_factory=dict)    # HTTP_PROXY and the like, for the steps


def proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy settings for build steps; none where no proxy is set."""
    found = {name: environment[name] for name in PROXIES if environment.get(name)}
    return found if found.keys() - {"NO_PROXY"} else {}


def labels(inputs: BuildInputs, source: str | None) -> dict[str, str]:
    known = {"continuum.repo": str(inputs.repo.id), "continuum.run": str(inputs.run), "continuum.commit": inputs.commit,
             "org.opencontainers.image.revision": inputs.commit}
    return known | ({"org.opencontainers.image.source": source} if source else {})


def source_policy(registry: str) -> dict:
    """A build carries credentials of our registry: they push its image, and must not read other repos' images.

    Ours are reached by the registry's name, or through the mirror by Docker Hub's; base images are not touched.
    """
    ours = (f"docker-image://{registry}/*", f"docker-image://docker.io/{NAMESPACE}/*/*")
    return {"rules": [{"action": "DENY", "selector": {"identifier": name, "matchType": "WILDCARD"}} for name in ours]}


def secret_environment(values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(environment, secret -> its variable). The variables' names are ours, so that no secret's name reaches a tool."""
    named = {name: f"CONTINUUM_SECRET_{number}" for number, name in enumerate(values)}
    return {named[name]: value for name, value in values.items()}, named


def buildctl(plan: Plan) -> list[str]:
    recipe = plan.recipe
    return ["buildctl", "--addr", plan.address, "build", "--progress=rawjson", "--frontend=dockerfile.v0",
            f"--local=context={recipe.context}", f"--local=dockerfile={recipe.dockerfile.parent}",
            # Two words each: of one word, buildctl cuts the white space at its end off (urfave/cli, parseFlags).
            *(word for key, value in _options(plan).items() for word in ("--opt", f"{key}={value}")),
            *(f"--secret=id={name},env={variable}" for name, variable in plan.secrets.items()),
            f"--source-policy-file={plan.policy}", f"--metadata-file={plan.metadata}",
            f"--output={_output(plan.image)}"]


def _options(plan: Plan) -> dict[str, str]:
    config = plan.config
    # The host's name is part of a step's cache key, and a secret's value is not: without it, a copy of somebody's
    # Dockerfile would be given the layers that were made with their secrets.
    options = {"cmdline": "builtin", "filename": plan.recipe.dockerfile.name, "hostname": plan.cache,
               "build-arg:BUILDKIT_CACHE_MOUNT_NS": plan.cache}
    if config.target:
        options["target"] = config.target
    # BuildKit keeps these out of the image and out of the cache keys; an author's own value wins.
    options |= {f"build-arg:{name}": value for name, value in plan.proxies.items()}
    options |= {f"build-arg:{name}": value for name, value in config.args.items()}
    return options | {f"label:{name}": value for name, value in plan.labels.items()}


def _output(image: str) -> str:
    return f"type=image,name={image},push=true,oci-mediatypes=true,compression=zstd,compression-level=1"
