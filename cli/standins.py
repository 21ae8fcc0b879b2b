"""Stand-ins: our own images with the interface of the public ones, for machines
that reach no image registry. Tags carry the recipe's fingerprint, so nothing
is built twice and the engine's own store is the cache.
"""

from collections.abc import Callable
from pathlib import Path

from cli import gobuild, proc
from cli.cache import cache_dir
from cli.debian import make_debian
from cli.manifest import Manifest, Recipe
from cli.plan import Piece, run_plan
from cli.progress import Progress

LANES = {"compile": 1, "build": 2}
OnReady = Callable[[str, str], None]


def make_standins(manifest: Manifest, names: list[str], present: set[str], progress: Progress,
                  ca_bundle: Path | None = None, on_ready: OnReady = lambda name, reference: None) -> None:
    """Make each named stand-in that the engine lacks, and all that it stands on.

    `present` holds the references that the engine has. `on_ready(name,
    reference)` is called from a worker thread as each one is there.
    """
    missing = [r for r in manifest.with_needs(names) if manifest.reference(r.name) not in present]
    programs = sorted({b for r in missing for b in r.binaries if not gobuild.built(manifest.go[b])})
    pieces = [_compile_piece(manifest, name, progress) for name in programs]
    pieces += [_build_piece(manifest, recipe, {r.name for r in missing}, set(programs), progress,
                            ca_bundle, on_ready) for recipe in missing]
    run_plan(pieces, LANES)
    if programs:
        gobuild.clean()


def _compile_piece(manifest: Manifest, name: str, progress: Progress) -> Piece:
    program = manifest.go[name]

    def action() -> None:
        with progress.task(f"compile {name} {program.version}") as task:
            gobuild.build(program, gobuild.toolchain(manifest, task), task)

    return Piece(f"compile:{name}", "compile", action)


def _build_piece(manifest: Manifest, recipe: Recipe, missing: set[str], programs: set[str],
                 progress: Progress, ca_bundle: Path | None, on_ready: OnReady) -> Piece:
    def action() -> None:
        reference = manifest.reference(recipe.name)
        with progress.task(f"make {recipe.name}") as task:
            if recipe.name == "debian":
                make_debian(manifest.suite, manifest.include, recipe.folder / "root", reference, task)
            else:
                proc.run(build_argv(manifest, recipe, ca_bundle), task)
        on_ready(recipe.name, reference)

    needs = {f"make:{need}" for need in recipe.needs if need in missing}
    needs |= {f"compile:{binary}" for binary in recipe.binaries if binary in programs}
    return Piece(f"make:{recipe.name}", "build", action, frozenset(needs))


def build_argv(manifest: Manifest, recipe: Recipe, ca_bundle: Path | None) -> list[str]:
    """The `docker build` of one recipe; the CA reaches it as a secret, never as a layer."""
    argv = ["docker", "build", "--progress=plain",
            "-t", manifest.reference(recipe.name)]
    for need in recipe.needs:
        argv += ["--build-arg", f"{need.upper()}={manifest.reference(need)}"]
    for key, value in sorted(recipe.args.items()):
        argv += ["--build-arg", f"{key}={value}"]
    for binary in recipe.binaries:
        argv += ["--build-context", f"bin={gobuild.built(manifest.go[binary])}"]
    if ca_bundle:
        argv += ["--secret", f"id=ca,src={ca_bundle}", "--secret", f"id=apt,src={_apt_conf()}"]
    return [*argv, str(recipe.folder)]


def _apt_conf() -> Path:
    """An apt.conf that makes apt trust the secret, for mirrors that speak TLS."""
    path = cache_dir() / "apt-ca.conf"
    path.write_text('Acquire::https::CaInfo "/run/secrets/ca";\n')
    return path
