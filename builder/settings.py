"""What the builder reads from its environment."""

from pathlib import Path

from pydantic import Field, SecretStr

from common.worker.app import WorkerSettings


class BuilderSettings(WorkerSettings):
    buildkit_address: str = "unix:///run/buildkit/buildkitd.sock"
    registry: str = "registry:5000"                 # host and port
    registry_ca: Path = Path("/etc/continuum/registry-ca.crt")              # of the authority of its certificate
    registry_logins: Path = Path("/etc/continuum/registry-logins.json")     # for base images; written by ./continuum up
    builder_seal_key: SecretStr                     # private half; people's build secrets are sealed to it
    local_repositories: Path = Path("/repositories")        # the local forge's folder, read only
    forge_url: str = "https://localhost"            # of the forge; where it is on plain http, code is fetched so, too
    builder_cache_gb: float = Field(default=20, gt=0)       # bound of the mirrors of repositories
    build_memory: str = "4g"                        # of all builds together; named in reasons, as is the next
    build_pids: int = 2048                          # processes of one step
    builder_state: Path = Path("/var/lib/continuum")        # mirrors and work trees, on one file system
