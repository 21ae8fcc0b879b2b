"""Which Dockerfile, which context; nothing outside the repository."""

import pytest

from builder.dockerfile import MAX_BYTES, find, unset_arguments
from common.wire.contracts import BuildConfig
from common.wire.errors import Failure


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "repo"
    root.mkdir()
    return root


def write(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("FROM scratch\n")


@pytest.mark.parametrize("files, config, dockerfile, context", [
    (["Dockerfile"], {}, "Dockerfile", "."),
    (["Dockerfile", "docker/Dockerfile"], {}, "Dockerfile", "."),
    (["docker/Dockerfile"], {}, "docker/Dockerfile", "."),
    (["build/web.Dockerfile"], {}, "build/web.Dockerfile", "."),
    (["Dockerfile.prod"], {}, "Dockerfile.prod", "."),
    (["app/Dockerfile", "Dockerfile"], {"context": "app"}, "app/Dockerfile", "app"),
    (["app/main.py", "Dockerfile"], {"context": "app"}, "Dockerfile", "app"),
    (["Dockerfile", "ops/Dockerfile.slim"], {"dockerfile": "ops/Dockerfile.slim"}, "ops/Dockerfile.slim", "."),
    (["Dockerfile.prod", "Dockerfile.prod.dockerignore", "Dockerfile.md", "node_modules/x/Dockerfile"], {},
     "Dockerfile.prod", "."),
    (["Containerfile"], {}, "Containerfile", "."), (["Containerfile", "Dockerfile"], {}, "Dockerfile", "."),
    (["app/Containerfile", "x"], {"context": "app"}, "app/Containerfile", "app"),
    (["docker/Dockerfile", "tests/test_dockerfile.py", "generate_dockerfile.sh", "dockerfile.py"], {}, "docker/Dockerfile", "."),
])
def test_the_dockerfile_that_is_meant(root, files, config, dockerfile, context):
    write(root, *files)
    recipe = find(root, BuildConfig(**config))
    assert (recipe.name, recipe.context_name) == (dockerfile, context)


@pytest.mark.parametrize("files, config, reason", [
    (["README"], {}, "no Dockerfile in the repository; add one"),
    (["generate_dockerfile.sh"], {}, "no Dockerfile in the repository; add one"),
    (["Dockerfile"], {"dockerfile": "x" * 300}, "which is no file of the repository"),
    (["a/Dockerfile", "b/Dockerfile"], {}, "there are a/Dockerfile, b/Dockerfile; say which with build.dockerfile"),
    (["a/Dockerfile"], {"dockerfile": "Dockerfile"}, "no file of the repository; there are a/Dockerfile"),
    (["Dockerfile"], {"context": "app"}, "build.context is `app`, which is no folder"),
    (["Dockerfile"], {"context": "Dockerfile"}, "which is no folder"),
])
def test_what_is_not_there_is_told(root, files, config, reason):
    write(root, *files)
    with pytest.raises(Failure) as caught:
        find(root, BuildConfig(**config))
    assert reason in str(caught.value)


def monorepo(root, copy):
    write(root, "a/package.json", "b/package.json", "shared.txt")
    for name in ("a", "b"):
        (root / name / "Dockerfile").write_text(f"FROM scratch\n{copy}\n")


@pytest.mark.parametrize("copy, first", [
    ("COPY package.json ./", "set build.context in .continuum.yml to the folder of one, such as build.context: a, or name"),
    ('COPY --chown=1:1 ["pack*.json", "/app/"]', "such as build.context: a, or name"),
    ("ADD \\\n  package.json x", "such as build.context: a, or name"),
    ("COPY shared.txt ./", "say which with build.dockerfile in .continuum.yml, such as build.dockerfile: a/Dockerfile"),
    ("COPY --from=build /package.json ./", "say which with build.dockerfile"),
    ("COPY a/package.json ./", "say which with build.dockerfile")])
def test_case_48_the_option_that_fits_is_named_first(root, copy, first):
    monorepo(root, copy)
    with pytest.raises(Failure) as caught:
        find(root, BuildConfig())
    assert first in str(caught.value) and "build.context" in str(caught.value) and "build.dockerfile" in str(caught.value)
    assert find(root, BuildConfig(dockerfile="a/Dockerfile")).beside == ("a" if "build.context: a" in first else "")
    assert find(root, BuildConfig(context="a")).beside == ""


def test_nothing_leads_out_of_the_repository(root):
    (root.parent / "Dockerfile").write_text("FROM scratch\n")
    (root / "out").symlink_to(root.parent)
    (root / "Link").symlink_to("/etc/passwd")
    write(root, ".git/Dockerfile", "Dockerfile")
    for config in ({"dockerfile": "out/Dockerfile"}, {"dockerfile": "Link"}, {"context": "out"}, {"context": "../"},
                   {"dockerfile": "/etc/passwd"}, {"context": ".git"}, {"dockerfile": ".git/Dockerfile"}):
        with pytest.raises(Failure, match="leads out of the repository"):
            find(root, BuildConfig(**config))


def test_a_default_dockerfile_that_is_a_link_outside_is_refused(root):
    (root / "Dockerfile").symlink_to("/etc/passwd")
    with pytest.raises(Failure, match="leads out"):
        find(root, BuildConfig())


def test_a_link_inside_the_repository_is_followed(root):
    write(root, "docker/Dockerfile")
    (root / "Dockerfile").symlink_to("docker/Dockerfile")
    assert find(root, BuildConfig()).name == "docker/Dockerfile"


def test_arguments_without_a_value():
    text = "ARG BASE\nFROM x:${BASE}\nARG A B=1 \\\n  C=2\nARG TARGETARCH\narg  D\nARG BASE=later\nARG HTTP_PROXY\nARG E\n"
    assert unset_arguments(text, {"E"}) == ["A", "D"]


def test_a_dockerfile_has_a_size_that_is_enough(root):
    write(root, "Dockerfile")
    (root / "Dockerfile").write_text("FROM scratch\n" + "#" * MAX_BYTES)
    with pytest.raises(Failure, match="Dockerfile is larger than 1024 KiB"):
        find(root, BuildConfig())


def test_patterns_of_a_stranger_walk_no_tree(root, monkeypatch):
    """`COPY */*/x*` a thousand times over a large tree took hours; the first part of each decides, and of 100 at most."""
    asked = []
    monkeypatch.setattr("builder.dockerfile.glob.glob", lambda pattern, root_dir: asked.append(pattern) or [])
    write(root, "docker/Dockerfile")
    (root / "docker" / "Dockerfile").write_text("".join(f"COPY {n}*/*/*/x* .\n" for n in range(1000)))
    assert find(root, BuildConfig()).beside == ""
    assert len(asked) == 100 and not any("/" in pattern for pattern in asked)


def test_a_pattern_still_tells_the_folder_it_is_meant_for(root):
    write(root, "docker/Dockerfile", "docker/src/app.py")
    (root / "docker" / "Dockerfile").write_text("FROM scratch\nCOPY sr*/*.py .\n")
    assert find(root, BuildConfig()).beside == "docker"
