"""What a container is made from: compared as data, without an engine."""

import pytest

from common.wire.contracts import DeployConfig, DeployInputs
from common.wire.errors import Failure
from deployer import container_spec, volumes
from deployer.container_spec import ImageFacts, Place

PLACE = Place("inst", "inst-repo-7", "shield", cpus=4)
IMAGE = ImageFacts("sha256:abc")


def inputs(deployment=1, **config):
    return DeployInputs(run=3, repo={"id": 7, "forge": "local", "owner": "me", "name": "App"}, ref="main",
                        commit="a" * 40, deployment=deployment, config=DeployConfig(**config),
                        image={"repository": "me/app", "digest": "sha256:" + "1" * 64})


def body(image=IMAGE, deployment=1, env=None, name="inst-app-1", **config):
    return container_spec.app_body(inputs(deployment, **config), image, PLACE, env or {}, name)


def test_the_limits_are_those_of_the_config_and_no_more_than_the_machine():
    host = body(memory="64m", cpus=16, pids=99)["HostConfig"]
    assert (host["Memory"], host["MemorySwap"], host["PidsLimit"]) == (2**26, 2**26, 99)
    assert host["NanoCpus"] == 4 * 10**9


def test_nothing_dangerous_is_in_the_body():
    host = body()["HostConfig"]
    assert host["CapDrop"] == ["ALL"] and "NET_RAW" not in host["CapAdd"] and "SYS_ADMIN" not in host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges"] and host["Privileged"] is False
    assert host["NetworkMode"] == "inst-repo-7" and "Binds" not in host and "Devices" not in host
    assert not any(mount["Type"] != "volume" for mount in host["Mounts"])


def test_both_networks_from_the_start():
    assert body()["NetworkingConfig"]["EndpointsConfig"] == {"inst-repo-7": {}, "shield": {}}


def test_an_image_can_neither_claim_our_labels_nor_composes():
    claims = ImageFacts("x", labels={"com.docker.compose.project": "continuum", "continuum.role": "caddy",
                                     "continuum.deployment": "9", "org.label": "stays the image's"})
    labels = body(claims)["Labels"]
    assert labels["com.docker.compose.project"] == "" and labels["continuum.role"] == "app"
    assert labels["continuum.deployment"] == "1" and "org.label" not in labels


@pytest.mark.parametrize(("entry", "ours"), [
    ((), True), (("python", "app.py"), True), (("/usr/bin/tini", "--", "x"), False), (("/init",), False),
    (("/sbin/init",), False), (("dumb-init", "x"), False), (("/docker-entrypoint.sh",), True)])
def test_an_init_of_ours_only_before_what_brings_none(entry, ours):
    assert body(ImageFacts("x", entry=entry))["HostConfig"]["Init"] is ours


def test_a_healthcheck_is_asked_often_and_may_fail_until_our_timeout():
    check = body(ImageFacts("x", healthcheck={"Test": ["CMD", "x"], "StartPeriod": 60 * 10**9}))["Healthcheck"]
    assert check == {"StartPeriod": 60 * 10**9, "StartInterval": 500_000_000}
    assert body(ImageFacts("x", healthcheck={"Test": ["CMD", "x"]}), health={"timeout": 90})["Healthcheck"][
        "StartPeriod"] == 90 * 10**9
    assert "Healthcheck" not in body()


def test_the_fingerprint_knows_what_matters_and_not_whose_it_is():
    def print_of(**more):
        return body(**more)["Labels"]["continuum.spec"]
    assert print_of() == print_of(deployment=2, name="inst-app-2", drain="1s", watch="1s")
    assert len({print_of(), print_of(memory="64m"), print_of(env={"A": "1"}), print_of(volumes=["/d"]),
                print_of(image=ImageFacts("other"))}) == 5


def test_the_environment_has_port_unless_the_image_says_otherwise():
    secrets = {"TOKEN": "t"}
    environment = container_spec.environment
    assert environment(IMAGE, DeployConfig(env={"A": "b"}), 8080, secrets) == {"PORT": "8080", "A": "b", "TOKEN": "t"}
    assert environment(ImageFacts("x", env={"PORT": "3000"}), DeployConfig(), 3000, {}) == {}
    assert environment(IMAGE, DeployConfig(env={"PORT": "1"}), 1, {}) == {"PORT": "1"}
    with pytest.raises(Failure, match="both in deploy.env and in deploy.secrets"):
        environment(IMAGE, DeployConfig(env={"TOKEN": "x"}), 1, secrets)


def test_a_command_has_the_limits_and_none_of_the_volumes():
    image = ImageFacts("x", volumes=("/data",), entry=("/entry.sh",))
    made = container_spec.command_body(image, PLACE, {}, DeployConfig(memory="64m"), ["pytest", "-q"], {"k": "v"})
    assert (made["Entrypoint"], made["Cmd"]) == (["pytest"], ["-q"]) and made["Labels"]["continuum.role"] == "command"
    assert made["HostConfig"]["Memory"] == 2**26 and "Mounts" not in made["HostConfig"]


def test_image_facts_from_what_the_engine_says():
    facts = ImageFacts.of({"Id": "i", "Config": {"Env": ["A=b=c", "X"], "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
                                                 "Volumes": {"/d": {}}, "Cmd": ["run"], "Entrypoint": None,
                                                 "WorkingDir": "", "Healthcheck": {"Test": ["NONE"]}}})
    assert facts == ImageFacts("i", {"A": "b=c"}, (80,), (53,), ("/d",), {}, ("run",), "/", None)
    assert ImageFacts.of({"Id": "i", "Config": None}) == ImageFacts("i")


def test_a_path_is_one_volume_whoever_asks_for_it_and_however_it_is_written():
    made = volumes.mounts("inst", 7, ("/data/",), ["/data", "/more//x/../y"])
    assert [mount["Target"] for mount in made] == ["/data", "/more/y"]
    assert made == volumes.mounts("inst", 7, ("/data",), ["/more/y"])
    assert made[0]["Source"] != volumes.mounts("inst", 8, ("/data",), [])[0]["Source"]


@pytest.mark.parametrize("path", ["data", "", "/", "/..", "/host:/etc", "/proc/sys", "/sys", "/dev/sda", "//", "/a\0b"])
def test_bad_volume_paths_are_refused(path):
    with pytest.raises(Failure, match="deploy.volumes"):
        volumes.mounts("inst", 7, (), [path])


def test_a_preview_has_the_same_places_and_nothing_of_what_the_app_stores():
    asked = inputs(volumes=["/data"]).model_copy(update={"environment": "preview"})
    preview = container_spec.app_body(asked, ImageFacts("x", volumes=("/var/db",)), PLACE, {}, "inst-app-1")
    assert preview["HostConfig"]["Mounts"] == [{"Type": "volume", "Target": "/data"},
                                               {"Type": "volume", "Target": "/var/db"}]
    assert all("Source" in mount for mount in body(volumes=["/data"])["HostConfig"]["Mounts"])
