"""The exceptions that cross module borders.

    ContinuumError
    |-- Failure        the work said no: the stage ends as `failure`, its text is the reason
    |-- StageError     Continuum could not carry the stage out: it ends as `error`, its text is the reason
    |-- Canceled       somebody asked for the end: the stage ends as `canceled`
    |-- Problem        an HTTP answer: status, error (a word), detail (a sentence with the next step)
    |   |-- BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge, Unavailable
    `-- ServiceDown    another service did not answer; the caller may try again

Anything else that leaves a stage's function ends it as `error`, too: a mistake of ours that nobody foresaw.
"""

from typing import Any


class ContinuumError(Exception):
    """Root of the tree. `error` is a stable word for programs, `params` what else they need of the sentence; the words
    that end a job are listed in reasons.py."""

    error = "internal"
    params: dict[str, Any]

    def __init__(self, *sentence: str, error: str | None = None, params: dict[str, Any] | None = None):
        super().__init__(*sentence)
        self.error = error or self.error
        self.params = params or {}


class Failure(ContinuumError):
    """The work said no; `str()` is the human reason, told to the person who pushed."""

    error = "failure"


class StageError(ContinuumError):
    """Continuum failed, in a way that has a sentence for people."""

    error = "error"


class Canceled(ContinuumError):
    """The job was asked to end."""

    error = "canceled"


class ServiceDown(ContinuumError):
    """A service could not be reached, or answered 5xx, until the retries were used up."""

    error = "service_down"


class Problem(ContinuumError):
    """An HTTP error answer `{error, detail}`, with `fields` where some are wrong.

    `error` is a stable word for programs, `detail` a sentence for people that names the next step. `fields` says
    what is wrong with each field of the request; `detail` begins with the field's name where there is one `field`.
    """

    status = 500
    error = "internal"
    retry_after: float | None = None      # seconds until another try is heard, where the answer told

    def __init__(self, detail: str, *, error: str | None = None, status: int | None = None, field: str | None = None):
        self.detail = f"{field}: {detail}" if field else detail
        super().__init__(self.detail, error=error)
        self.fields = {field: detail} if field else {}
        self.status = status or self.status


class BadRequest(Problem):
    status, error = 400, "bad_request"


class Unauthorized(Problem):
    status, error = 401, "unauthorized"


class Forbidden(Problem):
    status, error = 403, "forbidden"


class NotFound(Problem):
    status, error = 404, "not_found"


class Conflict(Problem):
    status, error = 409, "conflict"


class TooLarge(Problem):
    status, error = 413, "too_large"


class Unavailable(Problem):
    status, error = 503, "unavailable"


BY_STATUS = {kind.status: kind for kind in (BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooLarge,
                                            Unavailable)}


LONGEST_NAME = 200          # characters of a name in a sentence; a branch may have 1,000


def shortened(name: str) -> str:
    """`name` as a sentence shows it: a long one without its middle."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[-half:]}"


def shown(name: str) -> str:
    """`name` as a sentence shows it without quotes: shortened, and with escapes for what has no shape of its own, such as
    the controls that git allows in a branch's name."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in shortened(name))


def in_words(problem: Exception) -> str:
    """The sentence of our own exceptions; the others have none, so that their kind is named, too."""
    return str(problem) if isinstance(problem, ContinuumError) else f"internal error ({type(problem).__name__}): {problem}"
