"""The archive of the stand-in, as `up` writes it into the installation's folder, which the scanner mounts."""

import os
import stat

from images.grype_database.archive import write_standin


def test_the_scanner_can_read_it_under_any_umask(tmp_path):
    archive = tmp_path / "vulnerabilities" / "standin.tar.gz"
    before = os.umask(0o077)
    try:
        write_standin(archive)
        write_standin(archive)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (archive.parent, archive)] == [0o755, 0o644]
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
