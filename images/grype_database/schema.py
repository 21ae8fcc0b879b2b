"""Tables and indexes of a Grype v6 vulnerability database (model 6.1.9).

Each statement is one line with back-quoted names: Grype's ORM reads `sqlite_master` again with a pattern
that ends at a line break. Columns and their order follow what Grype 0.115.0 creates for itself.
"""

from __future__ import annotations

from typing import NamedTuple

SCHEMA = (6, 1, 9)            # model, revision, addition
KEY = "integer PRIMARY KEY AUTOINCREMENT"


class Table(NamedTuple):
    columns: list[tuple[str, str]]                   # name, declaration
    key: tuple[str, ...] = ()                        # composite primary key
    references: tuple[tuple[str, str], ...] = ()     # column, table whose `id` it holds


class Index(NamedTuple):
    name: str
    table: str
    columns: str                                     # separated by blanks; a trailing ~ ignores case
    unique: bool = False


def _text(names: str) -> list[tuple[str, str]]:
    return [(name, "text") for name in names.split()]


def _dates(names: str) -> list[tuple[str, str]]:
    return [(name, "datetime") for name in names.split()]


_HANDLE = [("id", KEY), ("vulnerability_id", "integer NOT NULL")]
_PACKAGE_HANDLE = Table(
    [*_HANDLE, ("operating_system_id", "integer"), ("package_id", "integer"), ("blob_id", "integer")], (),
    (("operating_system_id", "operating_systems"), ("package_id", "packages"),
     ("vulnerability_id", "vulnerability_handles")))
_CPE_HANDLE = Table([*_HANDLE, ("cpe_id", "integer"), ("blob_id", "integer")], (),
                    (("cpe_id", "cpes"), ("vulnerability_id", "vulnerability_handles")))
_REPLACEMENTS = ("replacement replacement_major_version replacement_minor_version replacement_label_version "
                 "replacement_channel")

TABLES: dict[str, Table] = {
    "blobs": Table([("id", KEY), ("value", "text NOT NULL")]),
    "db_metadata": Table([("build_timestamp", "datetime NOT NULL"), ("model", "integer NOT NULL"),
                          ("revision", "integer NOT NULL"), ("addition", "integer NOT NULL")]),
    "providers": Table([*_text("id version processor"), *_dates("date_captured"), *_text("input_digest")], ("id",)),
    "vulnerability_handles": Table(
        [("id", KEY), ("name", "text NOT NULL"), ("status", "text NOT NULL"),
         *_dates("published_date modified_date withdrawn_date"), ("provider_id", "text NOT NULL"),
         ("blob_id", "integer")], (), (("provider_id", "providers"),)),
    "vulnerability_aliases": Table([("name", "text"), ("alias", "text NOT NULL")], ("name", "alias")),
    "operating_systems": Table(
        [("id", KEY), *_text("name release_id major_version minor_version label_version codename channel"),
         *_dates("eol_date eoas_date")]),
    "operating_system_specifier_overrides": Table(
        [*_text(f"alias version version_pattern codename channel {_REPLACEMENTS}"), ("rolling", "numeric"),
         *_text("applicable_client_db_schemas")],
        ("alias", "version", "version_pattern", *_REPLACEMENTS.split(), "rolling")),
    "packages": Table([("id", KEY), *_text("ecosystem name")]),
    "package_specifier_overrides": Table(_text("ecosystem replacement_ecosystem"),
                                         ("ecosystem", "replacement_ecosystem")),
    "architecture_aliases": Table([("alias", "text"), ("canonical", "text NOT NULL")], ("alias",)),
    "cpes": Table([("id", KEY), ("part", "text NOT NULL"), ("vendor", "text"), ("product", "text NOT NULL"),
                   *_text("edition language software_edition target_hardware target_software other")]),
    "package_cpes": Table([("cpe_id", "integer"), ("package_id", "integer")], ("cpe_id", "package_id"),
                          (("cpe_id", "cpes"), ("package_id", "packages"))),
    "affected_package_handles": _PACKAGE_HANDLE,
    "unaffected_package_handles": _PACKAGE_HANDLE,
    "affected_cpe_handles": _CPE_HANDLE,
    "unaffected_cpe_handles": _CPE_HANDLE,
    "known_exploited_vulnerability_handles": Table([("id", KEY), ("cve", "text NOT NULL"), ("blob_id", "integer")]),
    "epss_handles": Table([("id", KEY), ("cve", "text NOT NULL"), ("epss", "real NOT NULL"),
                           ("percentile", "real NOT NULL")]),
    "epss_metadata": Table([("date", "datetime NOT NULL")]),
    "cwe_handles": Table([("id", KEY), ("cve", "text NOT NULL"), ("cwe", "text NOT NULL"), *_text("source type")]),
}

# Grype makes on import whatever index is missing; only the unique ones must hold for what we write.
INDEXES = [
    Index("idx_package", "packages", "ecosystem~ name~", unique=True),
    Index("os_idx", "operating_systems", "name release_id major_version minor_version label_version channel",
          unique=True),
]


def create_table(name: str) -> str:
    """The CREATE TABLE statement of a table of `TABLES`."""
    table = TABLES[name]
    parts = [f"`{column}` {declaration}" for column, declaration in table.columns]
    if table.key:
        parts.append(f"PRIMARY KEY ({','.join(f'`{column}`' for column in table.key)})")
    parts += [f"CONSTRAINT `fk_{name}_{column.removesuffix('_id')}` FOREIGN KEY (`{column}`) REFERENCES `{other}`(`id`)"
              for column, other in table.references]
    return f"CREATE TABLE `{name}` ({','.join(parts)})"


def create_index(index: Index) -> str:
    """The CREATE INDEX statement of an index of `INDEXES`."""
    columns = ",".join(f"`{column.removesuffix('~')}`" + (" COLLATE NOCASE" if column.endswith("~") else "")
                       for column in index.columns.split())
    return f"CREATE {'UNIQUE ' * index.unique}INDEX `{index.name}` ON `{index.table}`({columns})"
