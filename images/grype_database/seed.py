"""Rows that Grype looks up at match time and that an import does not add: who reads whose data.

A CentOS image is matched against RHEL's advisories, `pypi` in a package URL means the ecosystem `python`,
and so on. Without them Grype finds less and says nothing.
"""

from __future__ import annotations

RHEL_LIKE = ("centos", "rocky", "rockylinux", "alma", "almalinux", "scientific", "sl")
ROLLING = ("wolfi", "chainguard", "archlinux", "minimos")

SYSTEMS: list[dict] = [
    *({"alias": alias, "replacement": "rhel"} for alias in RHEL_LIKE),
    {"alias": "raspbian", "replacement": "debian"},
    {"alias": "debian", "codename": "forky", "replacement_label_version": "unstable", "rolling": 1},
    {"alias": "alpine", "version_pattern": ".*_alpha.*", "replacement_label_version": "edge", "rolling": 1},
    *({"alias": alias, "rolling": 1} for alias in ROLLING),
]

ECOSYSTEMS: dict[str, str] = {
    "pypi": "python", "golang": "go-module", "go": "go-module", "maven": "java-archive", "java": "java-archive",
    "javascript": "npm", "ruby": "gem", "dpkg": "deb", "apkg": "apk", "jenkins-plugin": "java-archive",
}

ARCHITECTURES: dict[str, str] = {
    "x86_64": "amd64", "x64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386", "x86": "386",
    "ppc64el": "ppc64le",
}

OVERRIDE_COLUMNS = {"alias": "", "version": "", "version_pattern": "", "codename": "", "channel": "",
                    "replacement": None, "replacement_major_version": None, "replacement_minor_version": None,
                    "replacement_label_version": None, "replacement_channel": None, "rolling": 0,
                    "applicable_client_db_schemas": ""}


def rows() -> list[tuple[str, dict]]:
    """Pairs of table and row."""
    return [
        *(("operating_system_specifier_overrides", OVERRIDE_COLUMNS | system) for system in SYSTEMS),
        *(("package_specifier_overrides", {"ecosystem": old, "replacement_ecosystem": new})
          for old, new in ECOSYSTEMS.items()),
        *(("architecture_aliases", {"alias": alias, "canonical": name}) for alias, name in ARCHITECTURES.items()),
    ]
