"""A node stands still: it keeps its connections and its port, and does not answer."""

from dataclasses import dataclass
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, Pausable, Phase
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.fault import Evidence, Injection
from chaos.faults.on_node import OnNode, unable
from chaos.probes import ProbeOutcome

SILENCE_S: Final = 0.3  # a ready node answers its probe in a few milliseconds
SHARE: Final = 0.8  # of a short window that may be spent on listening to the silence


@dataclass(frozen=True, slots=True)
class Pause(OnNode):
    kind: ClassVar[str] = "pause"
    inverse: ClassVar[str] = "resume"
    label: ClassVar[str] = "paused"
    needs: ClassVar[type] = Pausable
    shown_by: ClassVar[str] = "the node is seen to stand still, and a probe of it is met by silence"

    def on(self, cluster: Cluster, target: str) -> Injection:
        if not isinstance(node := cluster.nodes[target], Pausable):
            raise unable(cluster, target, "be paused")
        return PauseInjection(node)


class PauseInjection:
    def __init__(self, node: Pausable) -> None:
        self._node = node

    async def inject(self) -> None:
        await self._node.pause()

    async def evidence(self, within_s: float) -> Evidence:
        probe = await self._node.probe(min(SILENCE_S, SHARE * within_s))
        state = await self._node.state()
        return Evidence(
            bit=state.phase is Phase.PAUSED and probe.outcome is ProbeOutcome.SILENT,
            evidence=f"{self._node.node.name} is {state}, its probe {probe}",
            figures={"phase": state.phase.value, "probe": probe.outcome.value, "probe_ms": probe.seconds * 1000},
        )

    async def heal(self) -> None:
        await self._node.resume()


def pause(target: str) -> Aimed:
    """Make a node stand still, until `resume`."""
    return Aimed(Pause(), target)


def resume(target: str) -> AimedHealing:
    """Let a node run on that `pause` stopped."""
    return AimedHealing(Pause.inverse, target)
