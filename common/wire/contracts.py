"""What travels between the services: the inputs and outputs of every stage, and the parts of `.continuum.yml`.

Durations are seconds (written "200ms", "30s", "10m", "2h"), sizes are bytes (written "512m", "1g").
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from . import machine, stages

# What authors write into a commit: bytes of the whole object, then characters of what is stored of it.
MAX_COMMIT, SUBJECT, AUTHOR = 256 * 1024, 1000, 200
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
LARGEST = 2**53         # of bytes and seconds; beyond it JSON's numbers lose digits, and the database's end
_SIZES = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def _duration(value):
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", value) if isinstance(value, str) else None
    if match:
        return float(match[1]) * _UNITS[match[2]]
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST:
        return float(value)      # Python has integers that no float can hold
    raise ValueError('a duration is written like "200ms", "30s", "10m" or "2h"')


def _size(value):
    match = re.fullmatch(r"(\d{1,20})([bkmg]?)", value.lower()) if isinstance(value, str) else None
    if match:
        return int(match[1]) * _SIZES[match[2]]
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError('a size is written like "512m" or "1g"')


Duration = Annotated[float, BeforeValidator(_duration), Field(ge=0, le=86400 * 7)]
Size = Annotated[int, BeforeValidator(_size), Field(ge=4 * 1024**2, le=LARGEST)]
Port = Annotated[int, Field(ge=1, le=65535)]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")]
Severity = Literal["critical", "high", "medium", "low", "negligible", "unknown"]
Kind = Literal[tuple(stages.KINDS)]
State = Literal[tuple(stages.STATES)]


class Part(BaseModel):
    """A part of `.continuum.yml`: what is not declared is refused."""

    model_config = ConfigDict(extra="forbid")


# ---- .continuum.yml ----

class BuildConfig(Part):
    dockerfile: str | None = None           # relative to the repository; None: `Dockerfile`, else the only one found
    context: str = "."
    target: str | None = None
    args: dict[VariableName, str] = {}
    secrets: list[SecretName] = []
    submodules: bool = True
    timeout: Duration = 1800


class WaiverConfig(Part):
    id: str
    reason: str = Field(min_length=3)
    until: date


class ScanConfig(Part):
    fail_on: Severity | Literal["never"] = "critical"
    only_fixed: bool = True                 # findings without a fixed version do not fail the gate
    first: bool = False                     # deploy waits for the scan
    waivers: list[WaiverConfig] = []
    timeout: Duration = 900


class HealthConfig(Part):
    path: str | None = None                 # None: the image's own HEALTHCHECK, else any HTTP answer
    interval: Duration = 0.2
    successes: int = Field(default=3, ge=1, le=100)
    timeout: Duration = 60


Protocol = Literal["http", "h2c", "tcp"]      # of an app's port; tcp: anything else, which gets no address


class DeployConfig(Part):
    port: Port | None = None                # None: found out (EXPOSE, $PORT, what listens)
    protocol: Protocol | None = None        # None: found out
    env: dict[VariableName, str] = {}
    secrets: list[SecretName] = []
    health: HealthConfig = HealthConfig()
    memory: Size = 512 * 1024**2
    cpus: float = Field(default=1, gt=0, le=64)
    pids: int = Field(default=512, ge=16, le=32768)
    volumes: list[str] = []                 # absolute paths in the container; a named volume each
    drain: Duration = 30
    grace: Duration = 10                    # from SIGTERM (or STOPSIGNAL) to SIGKILL
    keep: int = Field(default=5, ge=1, le=50)
    watch: Duration = 60


class HttpCheck(Part):
    path: str = "/"
    method: Literal["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"] = "GET"
    status: int = Field(default=200, ge=100, le=599)
    contains: str | None = None
    within: Duration = 10
    headers: dict[str, str] = {}
    body: str | None = None


class CommandCheck(Part):
    run: list[str] = Field(min_length=1)    # argv; nothing of ours adds a shell
    junit: str | None = None                # glob in the container, relative to its working directory
    env: dict[VariableName, str] = {}
    timeout: Duration | None = None


class TestConfig(Part):
    __test__ = False                        # pytest: not a test class
    http: list[HttpCheck] = []
    commands: list[CommandCheck] = []
    timeout: Duration = 600


class OnConfig(Part):
    push: list[str] | None = None           # branch globs; None: the default branch alone, []: never
    pull_request: bool = False
    tag: list[str] = []
    paths: list[str] = []


class RepoConfig(Part):
    """`.continuum.yml`, whole; every part is optional. `deploy: none` builds and scans a tool that serves nothing."""

    build: BuildConfig = BuildConfig()
    scan: ScanConfig = ScanConfig()
    deploy: DeployConfig | Literal["none"] = DeployConfig()
    test: TestConfig = TestConfig()
    on: OnConfig = OnConfig()


# ---- what owners of the installation limit ----

MemoryLimit = Size
CpuLimit = Annotated[float, Field(gt=0, le=64)]
PidsLimit = Annotated[int, Field(ge=16, le=32768)]
TimeLimit = Annotated[float, BeforeValidator(_duration), Field(ge=60, le=86400 * 7)]
KeepLimit = Annotated[int, Field(ge=1, le=50)]
DiskLimit = Annotated[int, BeforeValidator(_size), Field(ge=64 * 1024**2, le=LARGEST)]
GateLimit = Severity | Literal["never"]
WaiverLimit = Annotated[int, Field(ge=1, le=3650)]


class Limits(Part):
    """What a repository can request. `Limits()` is what holds on this machine where owners set nothing."""

    memory: MemoryLimit = Field(default_factory=lambda: min(machine.memory(), max(machine.memory() // 2, 512 * 1024**2)))
    cpus: CpuLimit = Field(default_factory=lambda: min(float(machine.cpus()), 64.0))
    pids: PidsLimit = 4096
    timeout: TimeLimit = 6 * 3600           # of each stage, command, check, drain and grace
    keep: KeepLimit = 20
    disk: DiskLimit = Field(default_factory=lambda: min(20 * 1024**3, machine.disk() // 4))
    fail_on: GateLimit = "never"            # the weakest gate: `high` refuses `critical` and `never`
    waiver_days: WaiverLimit = 365          # from today to the last day of a waiver


class LimitsChange(Part):
    """What an owner sets of them; None: the default again, or for a repository the installation's."""

    memory: MemoryLimit | None = None
    cpus: CpuLimit | None = None
    pids: PidsLimit | None = None
    timeout: TimeLimit | None = None
    keep: KeepLimit | None = None
    disk: DiskLimit | None = None
    fail_on: GateLimit | None = None
    waiver_days: WaiverLimit | None = None


# ---- shared by the stages ----

class RepoRef(BaseModel):
    id: int
    forge: str
    owner: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.owner}/{self.name}"


class ImageRef(BaseModel):
    """An image in the local registry; never by tag."""

    repository: str                         # "apps/owner/name", lower case, without the registry's host
    digest: Digest


class SealedSecret(BaseModel):
    name: SecretName
    sealed: str                             # base64, sealed to the service that gets it


class Clone(BaseModel):
    """How to fetch the code. `sealed_token`, where there is one, is sealed to builder and sent as a header."""

    url: str                                # https://… or an absolute path below the local forge's folder
    sealed_token: str | None = None


class StageInputs(BaseModel):
    """Common to all stages. `run` is also in the job's id; labels and file names are made from it."""

    run: int
    attempt: int = 1
    repo: RepoRef
    ref: str                                # branch or tag, as people know it
    commit: Commit
    event: str = "manual"
    limits: Limits = Field(default_factory=Limits)


class ResultsInputs(StageInputs):
    """Of a stage that the table gives no inputs of its own."""

    results: dict[str, dict] = {}           # stage -> outputs, of all stages before it


class BuildInputs(StageInputs):
    clone: Clone
    secrets: list[SealedSecret] = []        # all the repo's build secrets; the config says which are used
    foreign: bool = False                   # of a fork: no secrets, and nothing shared with the repo's own builds
    submodules: bool = True                 # False: the repo's settings leave them out, whatever the config says
    private_submodules: bool = False        # the token goes to submodules of the same host too
    shared: list[str] = []                  # "owner/name" on the local forge: other owners' that may be submodules here
    lfs: bool = False                       # fetch the contents behind LFS's pointer files


class BuildOutputs(BaseModel):
    image: ImageRef
    size: int                               # bytes of the compressed layers
    config: dict                            # RepoConfig as JSON, defaults filled in
    config_found: bool                      # was there a .continuum.yml
    exposed: list[int] = []                 # TCP ports that the image EXPOSEs
    healthcheck: bool = False
    message: str = ""                       # the commit's subject, at most SUBJECT characters
    author: str = ""                        # at most AUTHOR
    cached_steps: int = 0
    steps: int = 0


class WaiverRule(BaseModel):
    id: str                                 # vulnerability
    package: str | None = None
    reason: str
    until: date
    source: Literal["person", "file"] = "person"


class ScanInputs(StageInputs):
    image: ImageRef
    gate: ScanConfig
    waivers: list[WaiverRule] = []          # of people; the file's own are in `gate`
    baseline_run: int | None = None         # the live deployment's run: new and gone are told against it


class ScanOutputs(BaseModel):
    counts: dict[str, int]                  # severity -> findings, waived ones not counted
    fixable: int
    waived: int
    new: int | None = None                  # None: nothing to compare with
    gone: int | None = None
    against: int | None = None              # the run whose findings these were compared with
    packages: int                           # 0 is told as "nothing to scan was recognised", not as clean
    gate: dict                              # {passed, reason, notes, code: "no_full_database" or None, caveat: its words,
                                            # failing: [{vulnerability, severity, package, version, fixed_in}], failing_total}
    database: dict                          # {source, full, built, age_hours, notice}
    sbom_reused: bool = False


class DeployInputs(StageInputs):
    deployment: int
    app: str | None = None                  # first label of the host name that it will answer to
    environment: str = "production"
    image: ImageRef
    config: DeployConfig
    exposed: list[int] = []
    healthcheck: bool = False
    secrets: list[SealedSecret] = []


class DeployOutputs(BaseModel):
    container: str                          # id
    host: str                               # where tester reaches it, on the repo's network
    port: int | None                        # None: nothing listens (a HEALTHCHECK vouches for a worker process)
    protocol: Protocol | None
    answered: str                           # "HTTP 200 on /", "HEALTHCHECK healthy", "port 6379 speaks …"
    healthy_ms: int                         # from start to healthy


class TestInputs(StageInputs):
    __test__ = False
    deployment: int | None                  # None with `deploy: none`: commands only, in a container of the image
    image: ImageRef
    host: str | None = None
    port: int | None = None
    protocol: str | None = None
    config: TestConfig
    deploy: DeployConfig | None = None


class TestCase(BaseModel):
    __test__ = False
    suite: str                              # "http", or the command
    name: str
    state: Literal["success", "failure", "error", "skipped"]
    seconds: float | None = None
    message: str | None = None
    detail: str | None = None
    file: str | None = None
    line: int | None = None                 # of the source file
    log_line: int | None = None             # number in the test job's log


class TestOutputs(BaseModel):
    __test__ = False
    passed: int
    failed: int
    skipped: int
    declared: bool                          # False: only the default check ran
    notice: str | None = None


class PromoteInputs(StageInputs):
    deployment: int
    container: str
    port: int | None
    protocol: Protocol | None               # as deploy found it, or test proved it: http and h2c are routed
    config: DeployConfig
    app: str                                # first label of the host name: <app>.localhost
    rollback: bool = False


class PromoteOutputs(BaseModel):
    app: str
    url: str | None                         # None: no HTTP, nothing to route
    previous: int | None                    # the deployment that served before, kept for rollback


def inputs_of(stage: str) -> type[StageInputs]:
    """The model that the table of stages names."""
    return globals()[stages.STAGES[stage].inputs]
