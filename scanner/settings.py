"""What the scanner reads from its environment."""

from __future__ import annotations

from pydantic import Field

from common.worker.app import WorkerSettings


class ScannerSettings(WorkerSettings):
    worker_slots: int = Field(default=2, ge=1)               # a scan takes about 300 MB and a core
    registry: str = "registry:5000"
    registry_ca: str = "/etc/continuum/registry-ca.crt"      # of the authority of its certificate
    scanner_db_max_age_hours: float = Field(default=120, gt=0)
    scanner_db_update: bool = True                           # fetch newer databases in the background
    scanner_db_standin: str = "/etc/continuum/vulnerabilities/standin.tar.gz"      # where no source can be reached
    grype_db_update_url: str | None = None                   # None: Grype's public source
    scanner_state: str = "/var/lib/continuum"
    scanner_layout_gb: float = Field(default=10, gt=0)       # unpacked layers kept between scans
    scanner_image_gb: float = Field(default=20, gt=0)        # an image that unpacks to more is refused
