"""An edge that is one simulated proxy."""

from chaos.clusters.simulated.link import Link
from chaos.clusters.simulated.probing import bidden_farewell, probed
from chaos.probes import Probe, ProbeResult
from chaos.system_under_test import Edge
from chaos.toxiproxy.toxic import Toxic


class SimulatedEdge:
    def __init__(self, edge: Edge, link: Link, *, probe: Probe) -> None:
        """`probe` asks the node behind it."""
        self.link = link
        self._edge = edge
        self._probe = probe

    @property
    def edge(self) -> Edge:
        return self._edge

    async def add_toxic(self, toxic: Toxic) -> None:
        self.link.add_toxic(toxic)

    async def remove_toxic(self, name: str) -> None:
        self.link.remove_toxic(name)

    async def disable(self) -> None:
        self.link.disable()

    async def enable(self) -> None:
        self.link.up = True

    async def probe(self, timeout_s: float) -> ProbeResult:
        return await probed(self.link, self._probe, timeout_s)

    async def converse(self, times: int, timeout_s: float) -> ProbeResult:
        return await probed(self.link, self._probe, timeout_s, times=times)

    async def farewell(self, timeout_s: float) -> ProbeResult:
        return await bidden_farewell(self.link, timeout_s)

    def reset(self) -> None:
        """As it was before anybody touched it."""
        self.link.up = True
        for name in list(self.link.toxics):
            self.link.remove_toxic(name)
