"""An edge that is one proxy in the cluster's Toxiproxy container."""

from chaos.clusters.docker_published import attempt_published
from chaos.clusters.local_edge import LocalEdge
from chaos.probes import Probe, ProbeResult
from chaos.system_under_test import Edge
from chaos.toxiproxy.client import ToxiproxyClient


class DockerEdge(LocalEdge):
    """Reached from this machine by the port that the engine publishes."""

    def __init__(self, edge: Edge, address: str, *, client: ToxiproxyClient, probe: Probe, inside: str) -> None:
        """`address` is where the proxy is published; `inside` where it listens in the cluster's network."""
        super().__init__(edge, address, client=client, probe=probe)
        self._readiness = probe
        self._inside = inside

    async def probe(self, timeout_s: float) -> ProbeResult:
        return await attempt_published(self._readiness, self.address, self._inside, timeout_s=timeout_s)
