"""The network of one cluster, whose containers can be taken out of it and put back while they run."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from docker import DockerClient
from docker.models.containers import Container

from chaos.clusters.docker.engine import obeying

DRIVER: Final = "bridge"
ROOTLESS: Final = "name=rootless"  # among the security options of an engine
BY_SOCKET: Final = "http+docker://localhost"  # what a client calls an engine that it reaches by a file, and no other


class DockerNetwork:
    """Made by `create`; who sweeps up by its labels removes it. Every call blocks, and raises ClusterProblem."""

    def __init__(self, name: str, *, engine: DockerClient, labels: Mapping[str, str], bystander: str) -> None:
        """`bystander` is an image whose entry point runs until it is killed: any program that waits for others."""
        self.name = name
        self._engine = engine
        self._labels = dict(labels)
        self._bystander = bystander
        self.near = False
        """Whether this machine is in it, and so reaches containers at their own addresses. Known once it is made."""

    def create(self) -> None:
        with obeying(f"network {self.name}"):
            made = self._engine.networks.create(self.name, driver=DRIVER, labels=self._labels)
            self.near = (
                self._engine.api.base_url == BY_SOCKET
                and _is_ours(made.attrs)
                # Whose networks are a world of their own, in which addresses of this machine mean something else.
                and ROOTLESS not in (self._engine.info().get("SecurityOptions") or ())
            )

    def leave(self, container: Container) -> None:
        """It runs on without the network; what it had open is not closed. Nothing to do when it is outside."""
        if self._has(container):
            with obeying(f"disconnect {container.name}"):
                self._engine.networks.get(self.name).disconnect(container)

    def join(self, container: Container, alias: str) -> None:
        """Under another address than a container had that left. Nothing to do when it is inside, running or not."""
        if self._has(container):
            return
        with obeying(f"connect {container.name}"), self._first_free_address_taken(f"{container.name}-bystander"):
            self._engine.networks.get(self.name).connect(container, aliases=[alias])

    def _has(self, container: Container) -> bool:
        with obeying(f"inspect {container.name}"):
            told = self._engine.api.inspect_container(container.id)
        return self.name in told["NetworkSettings"]["Networks"]

    @contextmanager
    def _first_free_address_taken(self, name: str) -> Iterator[None]:
        """The engine gives away the lowest one that is free, and so the one that has just become so."""
        bystander = self._engine.containers.create(
            self._bystander, name=name, labels=self._labels, network=self.name, healthcheck={"test": ["NONE"]}
        )
        try:
            bystander.start()
            yield
        finally:
            bystander.remove(force=True, v=True)


def _is_ours(told: Mapping[str, Any]) -> bool:
    """Whether its gateway is an address of this machine, as it is not where the engine is in a machine of its own."""
    gateways = [each["Gateway"] for each in told["IPAM"]["Config"] or () if "Gateway" in each]
    try:
        for gateway in gateways:
            with socket.socket() as door:
                door.bind((gateway, 0))
    except OSError:
        return False
    return bool(gateways)
