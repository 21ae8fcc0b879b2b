"""S24, S25, S26: what a repository may not ask for, in `.continuum.yml` and in its Dockerfile; each a real build."""

from __future__ import annotations

import os
import uuid

import pytest

from tests.harness.apps import steady
from tests.harness.stack import git

PLAIN = "FROM python:3.13-slim\nCMD [\"python\"]\n"
CONFIGS = {      # what is asked: (the file, a word of the reason)
    "a Dockerfile elsewhere": ("build: {dockerfile: ../../etc/shadow}", "dockerfile"),
    "a Dockerfile of the host": ("build: {dockerfile: /etc/shadow}", "dockerfile"),
    "a context elsewhere": ("build: {context: ../..}", "context"),
    "privileges": ("deploy: {privileged: true}", "privileged"),
    "capabilities": ("deploy: {cap_add: [SYS_ADMIN]}", "cap_add"),
    "the host's network": ("deploy: {network_mode: host}", "network_mode"),
    "the host's processes": ("deploy: {pid: host}", "pid"),
    "a device": ("deploy: {devices: [/dev/kmsg]}", "devices"),
    "a mount of the host": ("deploy: {volumes: [\"/:/host\"]}", "volumes"),
    "the engine's socket": ("deploy: {volumes: [\"/var/run/docker.sock:/var/run/docker.sock\"]}", "volumes"),
    "the kernel's files": ("deploy: {volumes: [/proc]}", "volumes"),
    "no new security": ("deploy: {security_opt: [seccomp=unconfined]}", "security_opt"),
    "an entitlement": ("build: {allow: [security.insecure]}", "allow"),
    "a frontend of its own": ("build: {args: {BUILDKIT_SYNTAX: evil/frontend}}", "BUILDKIT_"),
    "another's cache": ("build: {args: {BUILDKIT_CACHE_MOUNT_NS: continuum-1}}", "BUILDKIT_"),
    "an option by a build arg": ("build: {args: {\"X=Y --privileged\": a}}", "args"),
    "a newline in a build arg": ('build: {args: {"A\\nB": a}}', "args"),
    "an option by a variable": ("deploy: {env: {\"X=Y --privileged\": a}}", "env"),
    "an endless file": ("a: &a [x]\nb: *a\n", "anchors"),
    "code": ("build: !!python/object/apply:os.system [id]", "build"),
}


@pytest.mark.parametrize("asked", CONFIGS)
def test_the_configuration_cannot_ask_for(stack, asked):
    """Holds: RepoConfig refuses what it does not know, and common.wire.repofile._unsafe what leads outside."""
    config, word = CONFIGS[asked]
    files = {**steady(), ".continuum.yml": config + "\n"}
    run = stack.repo_of(files).run("full")
    ended = stack.wait(run["id"])
    assert ended["state"] == "failure", ended["reason"]
    assert word in ended["reason"], ended["reason"]
    assert {job["stage"] for job in ended["jobs"] if job["state"] == "success"} <= {"build"}


DOCKERFILES = {
    "insecure steps": "FROM python:3.13-slim\nRUN --security=insecure id\n",
    "the host's network": "FROM python:3.13-slim\nRUN --network=host id\n",
    "a host's file": "FROM python:3.13-slim\nCOPY ../../../etc/shadow /stolen\n",
    "a host's folder": "FROM python:3.13-slim\nRUN --mount=type=bind,source=/etc,target=/host,from=host cat /host/shadow\n",
    "a device": "FROM python:3.13-slim\nRUN --device=/dev/kmsg test -e /dev/kmsg\n",
    "an agent": "FROM python:3.13-slim\nRUN --mount=type=ssh,required=true id\n",
    "an undeclared secret": "FROM python:3.13-slim\nRUN --mount=type=secret,id=NOT_DECLARED,required=true id\n",
}


@pytest.mark.parametrize("asked", DOCKERFILES)
def test_a_dockerfile_cannot_ask_for(stack, asked):
    """Holds: BuildKit's entitlements (none is given), its context, and secrets only as `build.secrets` declares."""
    repo = stack.repo_of({"Dockerfile": DOCKERFILES[asked]})
    stack.api.put(f"/repos/{repo.id}/secrets/NOT_DECLARED", {"value": f"v{uuid.uuid4().hex}", "use": ["build"]})
    ended = stack.wait(repo.run("build")["id"])
    # `host` is an image like any other; without Docker Hub it can't be known whether there is one.
    away = "base image `host:latest` could not be fetched" in ended["reason"]
    assert ended["state"] == ("error" if away else "failure"), ended["reason"]


LINKS = {
    "the Dockerfile": {"Dockerfile": "/etc/passwd"},
    "the Dockerfile, upwards": {"Dockerfile": "../../../../../../etc/passwd"},
    "the configuration": {".continuum.yml": "/etc/passwd"},
    "the context": {"sub": "/etc", ".continuum.yml": None},
    "the Dockerfile's folder": {"sub": "/", ".continuum.yml": None},
}


@pytest.mark.parametrize("what", LINKS)
def test_links_that_lead_out_are_not_followed(stack, what):
    """Holds: builder.dockerfile.inside, after realpath; and what lies there is in no log and no reason."""
    repo = stack.repo_of({"Dockerfile": PLAIN, "note.txt": "x"})
    for name, target in LINKS[what].items():
        path = repo.work / name
        if target is None:
            key = "context: sub" if what == "the context" else "dockerfile: sub/etc/passwd"
            path.write_text(f"build: {{{key}}}\n")
        else:
            path.unlink(missing_ok=True)
            os.symlink(target, path)
    repo.commit("Link")
    repo.push()
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "failure", ended["reason"]
    assert "leads out of the repository" in ended["reason"], ended["reason"]
    assert "root:" not in "\n".join(stack.lines(ended["id"], "build.1")) + ended["reason"]


def test_a_link_inside_the_context_brings_no_file_of_the_builder(stack):
    """Holds: the context is sent as it is: a link stays a link, and dangles or points into the image itself."""
    look = "readlink /app/shadow; cat /app/environ || true"
    repo = stack.repo_of({"Dockerfile": f"FROM python:3.13-slim\nCOPY . /app\nRUN {look}\n"})
    os.symlink("/etc/shadow", repo.work / "shadow")
    os.symlink("/proc/1/environ", repo.work / "environ")
    repo.commit("Link")
    repo.push()
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "success", ended["reason"]
    lines = stack.lines(ended["id"], "build.1")
    assert "/etc/shadow" in lines
    assert not [line for line in lines if "REGISTRY" in line or "SERVICE_KEY" in line]


SUBMODULES = ["ext::sh -c id", "EXT::sh -c id", "file:///etc", "/etc", "../../../../../etc", "git://127.0.0.1/x",
              "ssh://-oProxyCommand=id/x", "http://127.0.0.1/x", "--upload-pack=id"]


@pytest.mark.parametrize("url", SUBMODULES)
def test_a_submodule_fetches_by_https_and_from_the_forge_alone(stack, url):
    """Holds: builder.source.Source._module and git's own protocol list (S19, S20)."""
    repo = stack.repo_of({"Dockerfile": PLAIN})
    commit = git(repo.work, "rev-parse", "HEAD")
    (repo.work / ".gitmodules").write_text(f'[submodule "m"]\n\tpath = m\n\turl = {url}\n')
    git(repo.work, "update-index", "--add", "--cacheinfo", f"160000,{commit},m")
    git(repo.work, "add", ".gitmodules")
    git(repo.work, "commit", "--quiet", "--message", "Module")
    repo.push()
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "failure", ended["reason"]
    assert "submodule" in ended["reason"], ended["reason"]


def test_a_secret_named_like_a_linkers_variable_reaches_no_tool_of_ours(stack):
    """Holds: buildkit.secret_environment (S26): the tool's variables have our names, the step's file has theirs."""
    repo = stack.repo_of({"Dockerfile": f"FROM python:3.13-slim\nRUN --mount=type=secret,id=LD_PRELOAD : {uuid.uuid4().hex}; "
                                        "wc -c /run/secrets/LD_PRELOAD\n",
                          ".continuum.yml": "build: {secrets: [LD_PRELOAD]}\n"})
    stack.api.put(f"/repos/{repo.id}/secrets/LD_PRELOAD", {"value": "/nonexistent/evil.so", "use": ["build"]})
    ended = stack.wait(repo.run("build")["id"])
    assert ended["state"] == "success", ended["reason"]
    lines = stack.lines(ended["id"], "build.1")
    assert "20 /run/secrets/LD_PRELOAD" in lines
    assert not [line for line in lines if "ld.so" in line]
