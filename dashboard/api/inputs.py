"""What callers of the API may say. What is not declared is refused by name."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from common.wire import refnames
from common.wire.contracts import Digest, SecretName, Severity, State
from common.wire.stages import KINDS, STARTABLE, WITH_SECRETS
from forges import FORGES

LONGEST_SECRET = 64 * 1024      # bytes of UTF-8; one variable of a process has at most 128 KiB with its name


def _plain(value: str) -> str:
    if any(ord(letter) < 32 or ord(letter) == 127 or 0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        raise ValueError("holds control characters")
    return value


def _unicode(value: str) -> str:
    if "\0" in value or any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        raise ValueError("holds NUL or a lone surrogate, which nothing can store")
    return value


def _ref(value: str) -> str:
    if why := refnames.why_not(value):
        raise ValueError(f"can't be a branch or tag: it has {why}")
    return value


def _no_step(value: str) -> str:
    """`.` and `..` would be steps in the path of a call."""
    if value in (".", ".."):
        raise ValueError("is no name")
    return value


Line = Annotated[str, Field(max_length=200), AfterValidator(_plain)]
Reason = Annotated[str, Field(min_length=3, max_length=1000), AfterValidator(_plain)]
Ref = Annotated[str, Field(min_length=1, max_length=refnames.LONGEST), AfterValidator(_ref)]
Login = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")]
Password = Annotated[str, Field(min_length=1, max_length=1024), AfterValidator(_unicode)]
NewPassword = Annotated[str, Field(min_length=12, max_length=1024), AfterValidator(_unicode)]
PathName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$"), AfterValidator(_no_step)]
Right = Literal["read", "write", "admin"]
Start = Literal[STARTABLE]
Number = Annotated[int, Field(ge=0, le=2**53)]


class Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Paging(Input):
    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(30, ge=1, le=100)

    def filters(self) -> dict[str, Any]:
        """Return what dbproxy is asked for: the fields that are set, without `format`, which is ours."""
        return {name: value for name, value in self.model_dump(exclude={"format"}).items() if value not in (None, "")}


class RepoQuery(Paging):
    q: Line = ""
    state: Literal["", "live", "failing"] = ""
    forge: Line = ""


class ForgeQuery(Input):
    q: Line = ""
    page: int = Field(1, ge=1, le=1_000_000)


class ForgeSearch(ForgeQuery):
    per_page: int = Field(30, ge=1, le=100)


class AppRequest(Input):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)      # what was copied brings some along

    client_id: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_plain)]
    client_secret: Annotated[str, Field(max_length=500), AfterValidator(_plain)] = ""


class DeliveryQuery(Paging):
    state: Literal["", "queued", "working", "done", "failed"] = ""
    event: Line = ""


class PullQuery(Paging):
    state: Literal["", "open", "closed"] = "open"


class ApproveRequest(Input):
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$",
                                 description="the head that you looked at; another one by now is a 409")]


class RepoAdd(Input):
    forge: PathName = next(iter(FORGES))
    owner: PathName
    name: PathName


class StatsQuery(Input):
    days: int = Field(30, ge=1, le=365)


class RefQuery(Input):
    ref: Ref | None = None


class RunRequest(Input):
    kind: Start = "full"
    ref: Ref | None = Field(None, description="branch or tag; without it the default branch")
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")] | None = None


class RunQuery(Paging):
    state: State | Literal["", "waiting", "failed"] = ""
    kind: Start | Literal[("", *(kind for kind in KINDS if kind not in STARTABLE))] = ""
    ref: Line = ""
    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{40}([0-9a-f]{24})?)?$")] = ""
    event: Line = ""


class AllRunsQuery(Paging):
    repo: int | None = Field(None, ge=1, le=2**53)
    state: State | Literal[""] = ""
    active: bool | None = None


class LinesQuery(Input):
    from_: int = Field(1, ge=1, le=2**53, alias="from")
    count: int = Field(1000, ge=1, le=5000)
    find: Annotated[str, Field(max_length=500), AfterValidator(_unicode)] | None = None
    step: Annotated[int, Field(ge=1, le=32767)] | None = None


class TextQuery(Input):
    time: Literal["off", "elapsed", "clock"] = "off"
    download: bool = False
    upto: int = Field(0, ge=0, le=2**31 - 1, description="a line that was printed: waits some seconds until it is stored")


class StreamQuery(Input):
    after: Number = Field(0, description="the last line number seen; the header Last-Event-ID goes first")


class RuntimeQuery(Input):
    after: Annotated[int, Field(ge=0, le=2**62)] = Field(0, description="the stamp of the last line seen, in nanoseconds "
                                                         "since 1970; the header Last-Event-ID goes first")


class EventQuery(Input):
    topics: Annotated[str, Field(min_length=1, max_length=8000, pattern=r"^[a-z]+(:\d{1,18})?(,([a-z]+(:\d{1,18})?|\d{1,18}))*$")]
    after: Number | None = None


class FindingsQuery(Paging):
    severity: Severity | Literal[""] = ""
    package: Line = ""
    fixable: bool | None = None
    new: bool | None = None
    waived: bool | None = None
    format: Literal["json", "csv", "sarif", "cyclonedx", "grype"] = "json"


class TestsQuery(Input):
    __test__ = False
    format: Literal["json", "junit"] = "json"


class WaiverRequest(Input):
    vulnerability: Annotated[str, Field(min_length=3, max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
    package: Line | None = None
    reason: Reason
    until: date


class DeploymentQuery(Paging):
    state: Literal["", "candidate", "live", "kept", "stopped", "failed", "removed"] = ""
    digest: Digest | None = None


class RollbackRequest(Input):
    digest: Digest | None = Field(None, description="an image that served before; without it the newest kept one")


def _not_too_long(value: str) -> str:
    size = len(value.encode())
    if size > LONGEST_SECRET:
        raise ValueError(f"it has {size:,} bytes; a secret has at most {LONGEST_SECRET:,}, since the kernel starts no "
                         "program with a longer variable. Put larger data in a file or a volume")
    return value


class SecretRequest(Input):
    value: Annotated[str, Field(min_length=1), AfterValidator(_unicode), AfterValidator(_not_too_long)]
    use: list[Literal[tuple(WITH_SECRETS)]] = Field(["deploy"], min_length=1, max_length=len(WITH_SECRETS))


class SecretPath(Input):
    name: SecretName


class Feedback(Input):
    """Which reports of runs the forge receives. Each is on until it is turned off."""

    statuses: bool | None = Field(None, description="a commit status for each stage, and one in all")
    deployments: bool | None = Field(None, description="deployments and environments")
    comment: bool | None = Field(None, description="one comment on a pull request, updated in place")
    checks: bool | None = Field(None, description="check runs with annotations, where the App is installed")


# An owner, or one repository of theirs.
Taker = Annotated[str, Field(max_length=201, pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9._][A-Za-z0-9._-]*)?$")]


class SettingsPatch(Input):
    supersede: bool | None = Field(None, description="a newer run of the same branch and kind ends a waiting one")
    feedback: Feedback | None = None
    shared_with: list[Taker] | None = Field(None, max_length=100, description="other owners, or repositories of theirs "
                                            "(owner/name), that may have this one as a submodule; on the local forge")
    submodules: bool | None = Field(None, description="fetch submodules of the same forge with the code")
    lfs: bool | None = Field(None, description="fetch files of Git LFS with the code")


class MemberRequest(Input):
    right: Right


class SigninRequest(Input):
    login: Login
    password: Password
    token_name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_plain)] = "command line"
    scope: Right = "admin"


class TokenRequest(Input):
    name: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_plain)]
    scope: Right = "read"
    ends: date | None = Field(None, description="the last day; without it the token ends when it is deleted")


class PasswordChange(Input):
    current: Password
    new: NewPassword
    keep_tokens: bool = Field(False, description="without it your tokens end, too")


class OwnDeletion(Input):
    password: Password | None = Field(None, description="of an account that has one here")
    confirm: Line = Field("", description="the login of an account that its forge signs in")


class AccountDeletion(Input):
    confirm: Line = Field("", description="the account's login")


class AccountRequest(Input):
    login: Login
    name: Line = ""
    password: NewPassword
    role: Literal["owner", "user"] = "user"


class AccountPatch(Input):
    name: Line | None = None
    role: Literal["owner", "user"] | None = None
    disabled: bool | None = None
    password: NewPassword | None = None
    keep_tokens: bool = Field(False, description="without it a new password ends the account's tokens, too")


class AccountEffect(Input):
    """A change of an account that a page asks about first."""

    role: Literal["owner", "user"] | None = None
    disabled: bool | None = None


class InvitationRequest(Input):
    login: Login | None = Field(None, description="without it the invited chooses")
    role: Literal["owner", "user"] = "user"
    days: int = Field(7, ge=1, le=30, description="until the link ends")


class InvitationAnswer(Input):
    login: Login
    name: Line = ""
    password: NewPassword


class RepoRemoval(Input):
    confirm: Annotated[str, Field(max_length=300), AfterValidator(_plain)] = Field("", description="owner/name")


class AuditQuery(Paging):
    actor: Line = ""
    action: Line = ""
    object: Line = ""
    format: Literal["json", "csv"] = "json"
