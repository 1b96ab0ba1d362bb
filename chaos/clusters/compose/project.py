"""What the engine tells of the containers of a Compose project."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from docker import DockerClient

from chaos.clusters.docker.engine import obeying

PROJECT: Final = "com.docker.compose.project"
SERVICE: Final = "com.docker.compose.service"
DEPENDS_ON: Final = "com.docker.compose.depends_on"  # "coordinator:service_healthy:false,…"
EVERYWHERE: Final = ("", "0.0.0.0", "::")  # noqa: S104 - where a port may be published, not where anything listens
NEVER: Final = ("", "no")  # policies of restarting


@dataclass(frozen=True, slots=True)
class Member:
    """One container. `names` are what the others of its network call it, `port` is where it listens there.

    `published` is where that port is to be found on this machine; None where it is not, or elsewhere with each start.
    `restarts`: the engine starts it again when it ends by itself.
    """

    id: str
    names: frozenset[str]
    labels: Mapping[str, str]
    environment: Mapping[str, str]
    network: str
    port: int | None
    published: str | None
    runs: bool
    restarts: bool


def members(engine: DockerClient, project: str) -> list[Member]:
    """All of the project, also those that do not run. Blocks; raises ClusterProblem."""
    with obeying(f"Compose project {project}"):
        found = engine.containers.list(all=True, filters={"label": f"{PROJECT}={project}"}, ignore_removed=True)
    return [_member(each.attrs) for each in found]


def _member(told: Mapping[str, Any]) -> Member:
    config, networks = told["Config"], told["NetworkSettings"]["Networks"]
    ports = [port for port in config.get("ExposedPorts") or {} if port.endswith("/tcp")]
    port = int(ports[0].partition("/")[0]) if len(ports) == 1 else None
    bindings = (told["HostConfig"].get("PortBindings") or {}).get(f"{port}/tcp") or []
    fixed = [each for each in bindings if each["HostPort"]]
    return Member(
        id=told["Id"],
        names=frozenset(name for each in networks.values() for name in each.get("Aliases") or ()),
        labels=config["Labels"],
        environment=dict(each.partition("=")[::2] for each in config.get("Env") or ()),
        network=min(networks, default=""),
        port=port,
        published=f"{_reachable(fixed[0]['HostIp'])}:{fixed[0]['HostPort']}" if fixed else None,
        runs=told["State"]["Status"] == "running",
        restarts=(told["HostConfig"].get("RestartPolicy") or {}).get("Name", "") not in NEVER,
    )


def _reachable(host: str) -> str:
    if host in EVERYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
