"""An edge of a cluster whose nodes find each other by themselves."""

from typing import NoReturn

from chaos.clusters.cluster import ClusterProblem, NodeHandle
from chaos.probes import ProbeResult
from chaos.system_under_test import Edge
from chaos.toxiproxy.toxic import Toxic


class DirectEdge:
    """No proxy is on it, so all that can be done is to ask the node at its end."""

    def __init__(self, edge: Edge, behind: NodeHandle, address: str) -> None:
        self._edge = edge
        self._behind = behind
        self._address = address

    @property
    def edge(self) -> Edge:
        return self._edge

    @property
    def address(self) -> str:
        return self._address

    @property
    def unproxied(self) -> str:
        return f"{self._edge} has no proxy in a Compose project that is up; --substrate local or docker puts one there"

    async def add_toxic(self, toxic: Toxic) -> None:  # noqa: ARG002 - of the protocol, as are those below
        self._refuse()

    async def remove_toxic(self, name: str) -> None:  # noqa: ARG002
        self._refuse()

    async def disable(self) -> None:
        self._refuse()

    async def enable(self) -> None:
        self._refuse()

    async def probe(self, timeout_s: float) -> ProbeResult:
        return await self._behind.probe(timeout_s)

    async def converse(self, times: int, timeout_s: float) -> ProbeResult:  # noqa: ARG002
        return await self._behind.probe(timeout_s)

    async def farewell(self, timeout_s: float) -> ProbeResult:
        return await self._behind.probe(timeout_s)

    def _refuse(self) -> NoReturn:
        raise ClusterProblem(self.unproxied)
