"""An edge that is one Toxiproxy proxy between two ports of this machine."""

from functools import partial

from chaos.probes import Conversation, FarewellProbe, Probe, ProbeResult, attempt
from chaos.system_under_test import Edge
from chaos.toxiproxy.client import ToxiproxyClient
from chaos.toxiproxy.toxic import Toxic


class LocalEdge:
    """The proxy is called like the edge."""

    def __init__(self, edge: Edge, address: str, *, client: ToxiproxyClient, probe: Probe) -> None:
        """`address` is where the proxy listens; `probe` asks the node behind it."""
        self._edge = edge
        self._address = address
        self._client = client
        self._probe = probe

    @property
    def edge(self) -> Edge:
        return self._edge

    @property
    def address(self) -> str:
        return self._address

    async def add_toxic(self, toxic: Toxic) -> None:
        await self._client.add_toxic(self._edge.name, toxic)

    async def remove_toxic(self, name: str) -> None:
        proxy = await self._client.proxy(self._edge.name)
        if any(toxic.name == name for toxic in proxy.toxics):
            await self._client.remove_toxic(self._edge.name, name)

    async def disable(self) -> None:
        await self._client.disable(self._edge.name)

    async def enable(self) -> None:
        await self._client.enable(self._edge.name)

    async def probe(self, timeout_s: float) -> ProbeResult:
        return await attempt(self._probe, self._address, timeout_s=timeout_s)

    async def converse(self, times: int, timeout_s: float) -> ProbeResult:
        asking = partial(self._probe.converse, times=times) if isinstance(self._probe, Conversation) else self._probe
        return await attempt(asking, self._address, timeout_s=timeout_s)

    async def farewell(self, timeout_s: float) -> ProbeResult:
        return await attempt(FarewellProbe(), self._address, timeout_s=timeout_s)
