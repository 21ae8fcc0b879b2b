"""Which names of files are those of Dockerfiles."""

from __future__ import annotations

_OTHERS = (".dockerignore", ".md", ".j2", ".tmpl", ".template")        # Dockerfile.md describes one


def is_dockerfile(name: str) -> bool:
    """`name`: without its folder."""
    return name in ("Dockerfile", "Containerfile") or \
        ((name.startswith("Dockerfile.") or name.endswith(".Dockerfile")) and not name.endswith(_OTHERS))
