"""What the command line may fail with.

Exception
└── PlatformError       exit code 3: the machine or the platform is in the way
    └── CommandFailed   a program that was called ended badly
"""

import shlex

SHOWN = 10      # lines of a failed program's output in its message; `tail` has more


class PlatformError(Exception):
    """`cause` in one sentence, `next_step` as what the reader should do about it."""

    exit_code = 3

    def __init__(self, cause: str, next_step: str = ""):
        super().__init__(cause)
        self.cause = cause
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.cause}\nNext: {self.next_step}" if self.next_step else self.cause


class CommandFailed(PlatformError):
    """A program exited with `code`; `tail` holds its last lines."""

    def __init__(self, argv: list[str], code: int, tail: list[str], next_step: str = ""):
        self.argv, self.code, self.tail = argv, code, tail
        said = "\n".join(f"    {line}" for line in tail[-SHOWN:])
        super().__init__(f"`{shlex.join(argv[:6])}` ended with code {code}:\n{said}", next_step)
