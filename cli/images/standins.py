"""Stand-ins: our own images with the interface of the public ones, for machines
that reach no image registry. Tags carry the recipe's fingerprint, so nothing
is built twice and the engine's own store is the cache.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from cli import proc, proxy
from cli.building import build
from cli.cache import cache_dir
from cli.images import gobuild
from cli.images.debian import make_debian
from cli.images.manifest import Manifest, Recipe
from cli.plan import Piece, run_plan
from cli.progress import Progress

# Compiling fills every core by itself; downloading and unpacking do not.
LANES = {"fetch": 1, "compile": 1, "build": 2, "after": 1}
After = Mapping[str, Callable[[str], None]]


def make_standins(manifest: Manifest, names: list[str], present: set[str], progress: Progress,
                  ca_bundle: Path | None = None, after: After = MappingProxyType({})) -> None:
    """Make each named stand-in that the engine lacks, and all that it stands on.

    `present` holds the references that the engine has. `after[name](reference)`
    runs as soon as that stand-in is there, beside the making of the others.
    """
    missing = [r for r in manifest.with_needs(names) if manifest.reference(r.name) not in present]
    programs = sorted({b for r in missing for b in r.binaries if not gobuild.built(manifest.go[b])})
    pieces = [piece for name in programs for piece in _program_pieces(manifest, name, progress)]
    pieces += [_build_piece(manifest, recipe, progress, ca_bundle) for recipe in missing]
    pieces += [_after_piece(manifest, name, action) for name, action in after.items()]
    run_plan(_only_known_needs(pieces), LANES)
    if programs:
        with progress.task("remove what only compiling needed"):
            gobuild.clean()


def _program_pieces(manifest: Manifest, name: str, progress: Progress) -> list[Piece]:
    program = manifest.go[name]

    def fetch() -> None:
        with progress.task(f"fetch the modules of {name} {program.version}") as task:
            gobuild.fetch(program, gobuild.toolchain(manifest, task), task)

    def compile_it() -> None:
        with progress.task(f"compile {name} {program.version}") as task:
            gobuild.compile_program(program, gobuild.toolchain(manifest, task), task)

    return [Piece(f"fetch:{name}", "fetch", fetch),
            Piece(f"compile:{name}", "compile", compile_it, frozenset({f"fetch:{name}"}))]


def _build_piece(manifest: Manifest, recipe: Recipe, progress: Progress, ca_bundle: Path | None) -> Piece:
    def action() -> None:
        with progress.task(f"make {recipe.name}") as task:
            if recipe.name == "debian":
                make_debian(manifest.suite, manifest.include, recipe.folder / "root",
                            manifest.reference("debian"), task)
            else:
                build(partial(proc.run, build_argv(manifest, recipe, ca_bundle), task))

    needs = {f"make:{need}" for need in recipe.needs} | {f"compile:{binary}" for binary in recipe.binaries}
    return Piece(f"make:{recipe.name}", "build", action, frozenset(needs))


def _after_piece(manifest: Manifest, name: str, action: Callable[[str], None]) -> Piece:
    return Piece(f"after:{name}", "after", lambda: action(manifest.reference(name)), frozenset({f"make:{name}"}))


def _only_known_needs(pieces: list[Piece]) -> list[Piece]:
    """What is there already is no piece, and nobody need wait for it."""
    names = {piece.name for piece in pieces}
    return [replace(piece, needs=piece.needs & names) for piece in pieces]


def build_argv(manifest: Manifest, recipe: Recipe, ca_bundle: Path | None) -> list[str]:
    """The `docker build` of one recipe; the CA reaches it as a secret, never as a layer."""
    argv = ["docker", "build", "--progress=plain",
            "-t", manifest.reference(recipe.name)]
    for need in recipe.needs:
        argv += ["--build-arg", f"{need.upper()}={manifest.reference(need)}"]
    argv += proxy.build_args()
    for key, value in sorted(recipe.args.items()):
        argv += ["--build-arg", f"{key}={value}"]
    for binary in recipe.binaries:
        argv += ["--build-context", f"bin={gobuild.built(manifest.go[binary])}"]
    if ca_bundle:
        argv += ["--secret", f"id=ca,src={ca_bundle}", "--secret", f"id=apt,src={apt_conf()}"]
    return [*argv, str(recipe.folder)]


def apt_conf() -> Path:
    """An apt.conf that makes apt trust the secret, for mirrors that speak TLS."""
    path = cache_dir() / "apt-ca.conf"
    path.write_text('Acquire::https::CaInfo "/run/secrets/ca";\n')
    return path
