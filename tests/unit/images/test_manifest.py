"""images.toml: what it promises to the compose file, and when a stand-in is made anew."""

import re
import shutil

import pytest

from cli.images.manifest import IMAGES, Manifest


@pytest.fixture
def manifest():
    return Manifest.load()


def test_compose_defaults_are_the_pinned_public_references(manifest):
    compose = (IMAGES.parent / "docker-compose.yml").read_text()
    for image in manifest.images.values():
        defaults = set(re.findall(r"\$\{" + image.env + r":-([^}]+)\}", compose))
        assert defaults == {image.public}, image.name


def test_every_recipe_exists_and_stands_on_known_ones(manifest):
    for recipe in manifest.recipes.values():
        assert recipe.folder.is_dir(), recipe.name
        assert set(recipe.needs) <= set(manifest.recipes)
        assert set(recipe.binaries) <= set(manifest.go)


def test_what_is_needed_comes_first(manifest):
    names = [recipe.name for recipe in manifest.with_needs(["caddy", "debian"])]
    assert names == ["debian", "python", "caddy"]


def test_an_unknown_name_is_refused(manifest):
    with pytest.raises(KeyError):
        manifest.with_needs(["oracle"])


def test_the_key_follows_the_recipe_and_what_it_stands_on(tmp_path, manifest):
    shutil.copytree(IMAGES, tmp_path / "images")
    copy = Manifest.load(tmp_path / "images")
    assert copy.reference("caddy") == manifest.reference("caddy")
    script = tmp_path / "images" / "python" / "into-usr-local.sh"
    script.write_text(script.read_text() + "# changed\n")
    assert copy.reference("python") != manifest.reference("python")
    assert copy.reference("caddy") != manifest.reference("caddy")
    assert copy.reference("postgres") == manifest.reference("postgres")


def test_go_outputs_are_named_by_their_packages(manifest):
    assert manifest.go["buildkit"].outputs == ("buildkitd", "buildctl")


def test_a_digest_is_only_pinned_where_two_independent_projects_name_it(manifest):
    for image in manifest.images.values():
        assert image.found_in >= (2 if "@" in image.public else 1), image.name


def test_an_image_without_a_digest_says_why(manifest):
    for image in manifest.images.values():
        assert ("@sha256:" in image.public) != (len(image.no_digest) > 20), image.name


def test_no_recipe_names_an_image_of_others():
    """Each FROM is an argument that compose or the stand-ins' manifest gives, a stage, or scratch: no second list of pins."""
    root = IMAGES.parent
    for path in root.glob("*/Dockerfile"):
        text = path.read_text()
        assert set(re.findall(r"^FROM (\S+)", text, re.M)) <= {f"${{{name}}}" for name in re.findall(r"^ARG (\w+)$", text, re.M)}


def test_a_stand_in_gets_every_image_that_it_stands_on(manifest):
    for recipe in manifest.recipes.values():
        dockerfile = recipe.folder / "Dockerfile"
        text = dockerfile.read_text() if dockerfile.exists() else ""
        stages = set(re.findall(r"^FROM \S+ AS (\S+)", text, re.M))
        given = {f"${{{need.upper()}}}" for need in recipe.needs}
        assert set(re.findall(r"^FROM (\S+)", text, re.M)) <= given | stages | {"scratch"}, recipe.name


def test_every_public_image_is_published_for_both_platforms(manifest):
    for image in manifest.images.values():
        assert set(image.platforms) >= {"linux/amd64", "linux/arm64"}, image.name
