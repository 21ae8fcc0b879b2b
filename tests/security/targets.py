"""Where a stranger's code would like to get: every address of the platform's containers, by number and by name."""

from __future__ import annotations

from tests.security import engine

API = 8000
PORTS = {                                    # what listens in our containers, and what would if it were set up badly
    **dict.fromkeys(("dashboard", "orchestrator", "dbproxy", "builder", "scanner", "deployer", "tester"), (API,)),
    "postgres": (5432,), "rabbitmq": (5672, 15672, 4369, 25672), "registry": (5000,), "buildkit": (1234, 8125),
    "caddy": (2019, 2020),
}
DOCKER = (2375, 2376)                        # the engine, were it on TCP
BY_NAME = [["postgres", 5432], ["rabbitmq", 5672], ["dbproxy", API], ["orchestrator", API], ["builder", API],
           ["scanner", API], ["docker", 2375], ["host.docker.internal", 2375]]


def of_platform(containers: dict[str, dict]) -> list[list]:
    """[address, port] of every service on every network that it is on."""
    return [[address, port] for service, ports in PORTS.items()
            for address in engine.addresses(containers[service]).values() for port in ports]


def of_host(containers: dict[str, dict], around: dict, settings: dict[str, str]) -> list[list]:
    """The host as `around` (a container) sees it: the engine on TCP, and our ports that are for this machine alone."""
    private = (*DOCKER, 5432, 5672, 15672, *(int(settings[key]) for key in
                                            ("POSTGRES_PORT", "RABBITMQ_UI_PORT", "REGISTRY_PORT")))
    hosts = {*engine.gateways(around), *(host for item in containers.values() for host in engine.gateways(item))}
    return [[host, port] for host in sorted(hosts) for port in sorted(set(private))]


def step_gateway(buildkit: dict) -> str:
    """The address of BuildKit's bridge, which a step has as gateway and as DNS server."""
    return engine.environment(buildkit)["BUILD_SUBNET"].split("/")[0].removesuffix(".0") + ".1"


def around_steps(buildkit: dict) -> list[list]:
    """BuildKit's own network namespace, as a step could name it."""
    return [[step_gateway(buildkit), port] for port in (53, 1234, 5000, 8125)]


def opened(answers: dict[str, str]) -> dict[str, str]:
    return {target: answer for target, answer in answers.items() if answer.startswith("open")}
