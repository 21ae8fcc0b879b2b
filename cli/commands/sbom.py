"""sbom: what Continuum itself consists of, for a release."""

from __future__ import annotations

from pathlib import Path

import click

from cli import compose
from cli import sbom as made
from cli.instance import Instance
from cli.progress import Progress


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.pass_obj
def sbom(instance: Instance, folder: Path) -> None:
    """Write one CycloneDX file for each of our own images, and one for the lock files, into FOLDER.

    The images are those of the running installation. Examples are left out: they show what users write.
    """
    scanner = compose.container(instance, "scanner")
    folder.mkdir(parents=True, exist_ok=True)
    progress = Progress()
    for service in compose.OURS:
        with progress.task(f"SBOM of {service}"):
            document = made.of_image(scanner, compose.container(instance, service), f"continuum/{service}")
            (folder / f"{service}.cdx.json").write_bytes(document)
    with progress.task("SBOM of the lock files"):
        (folder / "lock-files.cdx.json").write_bytes(made.of_locks(scanner, instance.root))
    progress.close()
    click.echo(f"{len(compose.OURS) + 1} SBOMs are in {folder}. `grype sbom:FILE` looks for known vulnerabilities in one.")
