"""What can go wrong in a scan that is no verdict on the image: the job ends as `error`, never as a pass.

    ScannerError
    |-- RegistryError    an image cannot be fetched, or is not what its digest says
    `-- ToolError        Syft or Grype ended badly, or wrote what cannot be read

`scanner.database.NoDatabase` belongs to these too.
"""

from __future__ import annotations

from common.wire.errors import ContinuumError

TOO_LARGE = ("the image unpacks to more than the scanner keeps (SCANNER_IMAGE_GB in .env): make the image smaller, or raise "
             "the limit")


class ScannerError(ContinuumError):
    """Root of the tree; `str()` is a sentence for people."""


class RegistryError(ScannerError):
    pass


class ToolError(ScannerError):
    pass
