"""A small installation around the deployer: a registry with credentials, Caddy, images to deploy.

Everything carries the instance label `dev-deployer` and is removed at the end.
"""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import docker
import requests
from dotenv import dotenv_values

from cli.certificates import ensure_certificates, new_token_key
from common.secrets.sealing import new_seal_key
from common.secrets.tokens import new_key
from common.wire.contracts import DeployConfig, DeployInputs, PromoteInputs
from common.worker.jobs import Job, JobKey, Jobs, Stage
from deployer.isolation import SHIELD
from deployer.service import Parts
from deployer.settings import DeployerSettings
from orchestrator.credentials.registry_tokens import Access, RegistryTokens
from tests.harness.stack import test_instance

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
CADDY = ROOT / "deployer" / "caddy"
INSTANCE = "dev-deployer"
COMMIT = "c" * 40
REPO = 901
LIMIT = 60                          # seconds; a bound for what hangs


def third_party(name: str) -> str:
    """The image that the test installation uses for a setting like REGISTRY_IMAGE."""
    return dotenv_values(test_instance().generated_env, interpolate=False)[name]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(question, what: str, limit: float = LIMIT):
    """The first true answer of `question`; an assertion error after `limit` seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {limit:g} s")


class Log:
    """Collects what jobs publish: lines by (run, stage, attempt)."""

    def __init__(self):
        self.lines: dict[tuple, list[str]] = {}

    def __call__(self, key: str, body: bytes) -> None:
        message = json.loads(body)
        which = (message["run"], message["stage"], message["attempt"])
        self.lines.setdefault(which, []).extend(message["lines"])


class World:
    def __init__(self, folder: Path):
        self.folder = folder
        self.api = docker.APIClient("unix:///var/run/docker.sock", version="auto", timeout=120)
        self.registry_port, self.http_port, self.https_port = free_port(), free_port(), free_port()
        self.routes, self.admin = folder / "routes", folder / "caddy-admin"
        for path in (self.routes, self.admin):
            path.mkdir(mode=0o755)
        self.seal_key, self.seal_public = new_seal_key()
        self.registry_key = new_token_key()
        self.images: dict[str, dict] = {}
        self._numbers = iter(range(int(time.time()) % 100_000 * 1000, 10**9))
        self.caddy: str | None = None
        self.engine_socket = folder / "engine.sock"
        self.engine_proxy: subprocess.Popen | None = None

    def number(self) -> int:
        """A run or deployment that nobody had before."""
        return next(self._numbers)

    # ---- third-party parts ----

    def start_registry(self) -> None:
        ensure_certificates(self.folder / "registry", self.registry_key)
        config = {"REGISTRY_AUTH": "token", "REGISTRY_AUTH_TOKEN_REALM": "http://127.0.0.1:9/",
                  "REGISTRY_AUTH_TOKEN_SERVICE": "registry", "REGISTRY_AUTH_TOKEN_ISSUER": "continuum",
                  "REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE": "/own/token.crt", "OTEL_TRACES_EXPORTER": "none",
                  "REGISTRY_HTTP_TLS_CERTIFICATE": "/own/server.crt", "REGISTRY_HTTP_TLS_KEY": "/own/server.key"}
        self.run_part("registry", third_party("REGISTRY_IMAGE"), env=config,
                      ports={5000: self.registry_port}, binds=[f"{self.folder}/registry:/own:ro"])
        url = f"https://127.0.0.1:{self.registry_port}/v2/"
        wait_for(lambda: _status(url, verify=f"{self.folder}/registry/ca.crt") == 401, "the registry's answer")

    def token(self, name: str, *actions: str) -> str:
        """As orchestrator signs it for the images of one name."""
        certificate = ensure_certificates(self.folder / "registry", self.registry_key)["REGISTRY_TOKEN_CERTIFICATE"]
        access = [Access(name=name, actions=list(actions))]
        return RegistryTokens(self.registry_key, certificate).sign("test", access)["token"]

    def start_caddy(self) -> str:
        self._edge()
        self.caddy = self.run_part(
            "caddy", third_party("CADDY_IMAGE"), network=f"{INSTANCE}-edge",
            argv=["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
            ports={8080: self.http_port, 8443: self.https_port}, labels={"com.docker.compose.project": INSTANCE,
                                                                         "com.docker.compose.service": "caddy",
                                                                         "continuum.instance": INSTANCE},
            binds=[f"{CADDY}:/etc/caddy:ro", f"{self.routes}:/routes:ro", f"{self.admin}:/run/caddy"])
        wait_for(lambda: _status(f"http://127.0.0.1:{self.http_port}/") == 404, "Caddy's answer")
        return self.caddy

    def run_part(self, name: str, image: str, *, env=None, ports=None, binds=None, labels=None, network=None,
                 argv=None) -> str:
        ports = ports or {}
        config = self.api.create_host_config(port_bindings={inner: ("127.0.0.1", outer) for inner, outer in ports.items()},
                                             binds=binds, restart_policy={"Name": "unless-stopped"})
        networking = self.api.create_networking_config({network: self.api.create_endpoint_config()}) if network else None
        created = self.api.create_container(
            image, argv, environment=env, ports=list(ports), host_config=config, name=f"{INSTANCE}-{name}",
            labels={"continuum.test": "deployer", **(labels or {})}, networking_config=networking)
        self.api.start(created["Id"])
        return created["Id"]

    def _edge(self) -> None:
        if not self.api.networks(names=[f"{INSTANCE}-edge"]):
            self.api.create_network(f"{INSTANCE}-edge", labels={"continuum.test": "deployer"})

    def start_engine_proxy(self) -> None:
        """As its own process, as in an installation: deployer reaches the engine through it alone."""
        settings = self.settings()
        given = {"CONTINUUM_INSTANCE": INSTANCE, "REGISTRY_FROM_ENGINE": settings.registry_from_engine,
                 "APPS_SUBNET_POOL": str(settings.apps_subnet_pool), "PROBE_IMAGE": settings.probe_image,
                 "LISTEN_ON": str(self.engine_socket)}
        self.engine_proxy = subprocess.Popen([sys.executable, "-m", "deployer.engine_proxy"], cwd=ROOT,
                                             env={**os.environ, **given})
        wait_for(lambda: _listens(self.engine_socket), "the engine proxy's answer")

    def stop_engine_proxy(self) -> None:
        if self.engine_proxy:
            self.engine_proxy.kill()
            self.engine_proxy.wait()

    # ---- images ----

    def image(self, name: str) -> dict:
        """Built from images/<name>, pushed, and gone from the engine: `{repository, digest}`."""
        if name not in self.images:
            if name != "app":
                self.build("app", "dev-deployer/app")
            self.images[name] = self._push(name)
        return self.images[name]

    def build(self, name: str, tag: str) -> None:
        folder = HERE / "images" / name
        bases = {"PYTHON": third_party("PYTHON_IMAGE"), "CADDY": third_party("CADDY_IMAGE")}
        for line in self.api.build(fileobj=_context(folder), custom_context=True, tag=tag, rm=True, forcerm=True,
                                   buildargs=bases, decode=True):
            assert "error" not in line, line

    def _push(self, name: str) -> dict:
        target = f"127.0.0.1:{self.registry_port}/apps/test/{name}"
        self.build(name, target)
        digest = None
        for line in self.api.push(target, stream=True, decode=True,
                                  auth_config={"registrytoken": self.token(f"apps/test/{name}", "pull", "push")}):
            assert "error" not in line, line
            digest = (line.get("aux") or {}).get("Digest", digest)
        self.api.remove_image(target, force=True)
        return {"repository": f"apps/test/{name}", "digest": digest}

    # ---- the deployer ----

    def settings(self, **changes) -> DeployerSettings:
        values = {"continuum_instance": INSTANCE, "service_key": new_key()[0], "service_public_keys": "",
                  "rabbitmq_url": "amqp://nobody:nothing@127.0.0.1:1/%2F", "spool_path": str(self.folder / "spool.db"),
                  "registry_from_engine": f"127.0.0.1:{self.registry_port}", "deployer_seal_key": self.seal_key,
                  "apps_subnet_pool": "10.211.0.0/22", "routes_dir": str(self.routes),
                  "caddy_admin": f"unix://{self.admin}/admin.sock", "docker_host": f"unix://{self.engine_socket}",
                  "apps_public_url": "http://{app}.localhost:%d" % self.http_port,
                  "probe_image": third_party("PYTHON_IMAGE")}
        return DeployerSettings(**{**values, **changes})

    def inputs(self, image: str, *, repo: int = REPO, run: int | None = None, deployment: int | None = None,
               sealed=(), exposed=(), **config) -> DeployInputs:
        run = run or self.number()
        return DeployInputs(run=run, repo={"id": repo, "forge": "local", "owner": "test", "name": "thing"}, ref="main",
                            commit=COMMIT, deployment=deployment or run, image=self.image(image),
                            config=DeployConfig(**config), secrets=list(sealed), exposed=list(exposed))

    # ---- seen from outside ----

    def get(self, app: str, path: str = "/", session=requests, **options) -> requests.Response:
        return session.get(f"http://127.0.0.1:{self.http_port}{path}", timeout=10, allow_redirects=False,
                           **{**options, "headers": {"Host": f"{app}.localhost", **options.get("headers", {})}})

    def clean(self, parts: bool = True) -> None:
        """Remove what carries our labels; `parts`: the registry and Caddy too."""
        for label in [f"continuum.instance={INSTANCE}", *(["continuum.test=deployer"] if parts else [])]:
            for item in self.api.containers(all=True, filters={"label": label}):
                self.api.remove_container(item["Id"], force=True, v=True)
            for item in self.api.networks(filters={"label": label}):
                for member in self.api.inspect_network(item["Id"])["Containers"]:
                    self.api.disconnect_container_from_network(member, item["Id"], force=True)
                self.api.remove_network(item["Id"])
            for item in self.api.volumes(filters={"label": label})["Volumes"] or []:
                self.api.remove_volume(item["Name"], force=True)
        if parts:
            self._remove_images()
            self._remove_shield()

    def _remove_shield(self) -> None:
        """It belongs to all installations of the engine: gone only if no container, running or not, is on it."""
        used = {name for item in self.api.containers(all=True) for name in item["NetworkSettings"]["Networks"]}
        if SHIELD not in used and self.api.networks(names=[SHIELD]):
            self.api.remove_network(SHIELD)

    def _remove_images(self) -> None:
        for image in self.api.images():
            for tag in [*(image["RepoTags"] or []), *(image["RepoDigests"] or [])]:
                if tag.startswith(("dev-deployer/", f"127.0.0.1:{self.registry_port}/apps/test/")):
                    self.api.remove_image(tag, force=True)



class Deployer:
    """The deployer's parts in this process, and jobs that really run through them."""

    def __init__(self, world: World, **settings):
        self.world, self.log = world, Log()
        self.parts = Parts(world.settings(**settings), lambda name: world.token(name, "pull"))
        self.jobs = Jobs({"deploy": Stage(self.parts.deploy, DeployInputs),
                          "promote": Stage(self.parts.promote, PromoteInputs)}, 4, self.log)

    def listen(self) -> None:
        self.parts.watch.loop.start()
        self.parts.leaving.loop.start()

    def begin(self, stage: str, inputs, attempt: int = 1) -> Job:
        given = inputs.model_copy(update={"attempt": attempt}).model_dump(mode="json")
        return self.jobs.put(JobKey(inputs.run, stage, attempt), 1, given)[0]

    def end(self, job: Job) -> Job:
        wait_for(lambda: job.ended is not None, f"the end of {job.key}")
        return job

    def deploy(self, inputs, attempt: int = 1) -> Job:
        return self.end(self.begin("deploy", inputs, attempt))

    def promote(self, inputs: DeployInputs, deployed: Job, app: str, attempt: int = 1) -> Job:
        return self.end(self.begin_promote(inputs, deployed, app, attempt))

    def begin_promote(self, inputs: DeployInputs, deployed: Job, app: str, attempt: int = 1) -> Job:
        promote = PromoteInputs(**inputs.model_dump(include={"run", "repo", "ref", "commit", "deployment", "config"}),
                                container=deployed.outputs["container"], port=deployed.outputs["port"],
                                protocol=deployed.outputs["protocol"], app=app)
        return self.begin("promote", promote, attempt)

    def live(self, app: str, image: str = "app", **config) -> tuple[DeployInputs, Job]:
        """Deploy and promote; both must succeed."""
        inputs = self.world.inputs(image, **config)
        deployed = self.deploy(inputs)
        assert deployed.state == "success", deployed.reason
        promoted = self.promote(inputs, deployed, app)
        assert promoted.state == "success", promoted.reason
        return inputs, deployed

    def lines(self, job: Job) -> list[str]:
        return self.log.lines.get((job.key.run, job.key.stage, job.key.attempt), [])

    def entry(self, deployment: int) -> dict | None:
        return next((item for item in self.parts.operations.list() if item["deployment"] == deployment), None)

    def inspect(self, job: Job) -> dict:
        return self.world.api.inspect_container(job.outputs["container"])


def _status(url: str, **options) -> int | None:
    try:
        return requests.get(url, timeout=2, **options).status_code
    except requests.ConnectionError:
        return None


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _context(folder: Path) -> io.BytesIO:
    """The build context as a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, path.name)
    buffer.seek(0)
    return buffer


def unique(prefix: str) -> str:
    return f"{prefix}-{uuid.uuid4().hex[:6]}"


@contextmanager
def asking(world: World, app: str, pause: float = 0.005):
    """Ask the app over one keep-alive connection in a thread; yields the list of (seconds, status, text) so far."""
    answers, over = [], threading.Event()

    def ask() -> None:
        session = requests.Session()
        while not over.wait(pause):
            try:
                response = world.get(app, session=session)
                answers.append((time.monotonic(), response.status_code, response.text))
            except requests.RequestException as problem:
                answers.append((time.monotonic(), None, repr(problem)))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answers
    finally:
        over.set()
        thread.join()
