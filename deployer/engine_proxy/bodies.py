"""What the bodies of deployer's requests may hold. A field that is not listed here, or is of another type, is refused.

The models know what is the same everywhere; checks.py compares names and numbers with the installation.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

from .. import isolation


def _exactly(wanted: Any):
    """The value must equal `wanted`."""
    def check(value: Any) -> Any:
        if value != wanted:
            raise ValueError(f"must be {wanted!r}")
        return value
    return AfterValidator(check)


def _droppable(value: str) -> str:
    if value.removeprefix("CAP_") not in isolation.CAPABILITIES:      # engines differ in whether they write CAP_
        raise ValueError("this capability is not given to apps")
    return value


Capability = Annotated[str, AfterValidator(_droppable)]
AbsolutePath = Annotated[str, Field(pattern=r"^/")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_pascal)

    def sent(self) -> dict:
        """What is passed on: the fields that were given, by the engine's names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class RestartPolicy(Body):
    name: Literal["no", "unless-stopped"]
    maximum_retry_count: Literal[0] = 0


class VolumeOptions(Body):
    """No driver: the driver `local` would mount any folder of the host."""

    labels: dict[str, str]


class Mount(Body):
    """A volume; without `source` an anonymous one."""

    type: Literal["volume"]
    source: str | None = None
    target: AbsolutePath
    volume_options: VolumeOptions | None = None


class StorageOpt(Body):
    """The size of the writable layer in bytes."""

    size: str = Field(alias="size", pattern=r"^[1-9][0-9]{0,19}$")


class AppHost(Body):
    """HostConfig of an app and of a command beside it."""

    privileged: Literal[False]
    cap_drop: Annotated[list[str], _exactly(["ALL"])]
    cap_add: list[Capability]
    security_opt: Annotated[list[str], _exactly(isolation.NO_NEW_PRIVILEGES)]
    memory: int = Field(gt=0)
    memory_swap: int = Field(gt=0)
    nano_cpus: int = Field(gt=0)
    pids_limit: int = Field(gt=0, le=isolation.MOST_PIDS)
    log_config: Annotated[dict[str, Any], _exactly(isolation.LOGGING)]
    restart_policy: RestartPolicy
    ipc_mode: Literal["private"]
    cgroupns_mode: Literal["private"]
    publish_all_ports: Literal[False]
    init: bool
    network_mode: str
    mounts: list[Mount] = []
    storage_opt: StorageOpt | None = None


class Healthcheck(Body):
    test: list[str] = []
    interval: int = 0
    timeout: int = 0
    retries: int = 0
    start_period: int = 0
    start_interval: int = 0


class Endpoint(Body):
    """Nothing: no address, alias or driver option of the caller's choice."""


class Networking(Body):
    endpoints_config: dict[str, Endpoint]


class AppBody(Body):
    image: str
    env: list[str] = []
    labels: dict[str, str]
    host_config: AppHost
    networking_config: Networking
    hostname: str | None = None
    stop_timeout: int | None = None
    healthcheck: Healthcheck | None = None
    entrypoint: list[str] | None = None
    cmd: list[str] | None = None


class ProbeHost(Body):
    network_mode: str
    cap_drop: Annotated[list[str], _exactly(isolation.PROBE_HOST["CapDrop"])]
    readonly_rootfs: Literal[True]
    security_opt: Annotated[list[str], _exactly(isolation.PROBE_HOST["SecurityOpt"])]
    memory: Annotated[int, _exactly(isolation.PROBE_HOST["Memory"])]
    pids_limit: Annotated[int, _exactly(isolation.PROBE_HOST["PidsLimit"])]


class ProbeBody(Body):
    """The container that reads which ports an app listens on, in the app's network namespace."""

    image: str
    entrypoint: Annotated[list[str], _exactly(isolation.PROBE["Entrypoint"])]
    cmd: Annotated[list[str], _exactly(isolation.PROBE["Cmd"])]
    user: Annotated[str, _exactly(isolation.PROBE["User"])]
    healthcheck: Annotated[dict[str, Any], _exactly(isolation.PROBE["Healthcheck"])]
    labels: dict[str, str]
    host_config: ProbeHost


class Subnet(Body):
    subnet: str


class Ipam(Body):
    driver: Literal["default"]
    config: list[Subnet] = Field(min_length=1, max_length=1)


class NetworkBody(Body):
    name: str
    driver: Literal["bridge"]
    options: dict[str, str] = {}
    ipam: Ipam | None = Field(default=None, alias="IPAM")
    check_duplicate: bool = True
    labels: dict[str, str] = {}
    internal: bool = False


class ConnectBody(Body):
    container: str
    endpoint_config: Endpoint | None = None


class DisconnectBody(Body):
    container: str
    force: bool = False


class UpdateBody(Body):
    restart_policy: RestartPolicy
