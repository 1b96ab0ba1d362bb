"""A node is killed at once and without warning (SIGKILL, where there are signals), and later started again."""

from dataclasses import dataclass
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, Killable, Phase
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.fault import Evidence, Injection
from chaos.faults.on_node import OnNode, unable
from chaos.probes import ProbeOutcome

PROBE_S: Final = 1.0  # a refusal takes less than a millisecond


@dataclass(frozen=True, slots=True)
class Crash(OnNode):
    kind: ClassVar[str] = "crash"
    inverse: ClassVar[str] = "restart"
    label: ClassVar[str] = "crashed"
    needs: ClassVar[type] = Killable
    shown_by: ClassVar[str] = "the life that was ended is gone by force, and a probe of the node is refused"

    def on(self, cluster: Cluster, target: str) -> Injection:
        if not isinstance(node := cluster.nodes[target], Killable):
            raise unable(cluster, target, "be killed")
        return CrashInjection(node)


class CrashInjection:
    """Remembers which life it ended, so that a node that somebody started again is no evidence."""

    def __init__(self, node: Killable) -> None:
        self._node = node
        self._ended: str | None = None

    async def inject(self) -> None:
        self._ended = (await self._node.state()).life
        await self._node.kill()

    async def evidence(self, within_s: float) -> Evidence:
        probe = await self._node.probe(min(PROBE_S, within_s))
        state = await self._node.state()
        gone = state.phase is Phase.EXITED and state.killed and state.life == self._ended
        return Evidence(
            bit=gone and probe.outcome is ProbeOutcome.REFUSED,
            evidence=f"{self._node.node.name} is {state}, its probe {probe}",
            figures={"life": self._ended, "phase": state.phase.value, "probe": probe.outcome.value},
        )

    async def heal(self) -> None:
        """Returns once the node is ready again, so the fault's window covers the whole of its absence."""
        await self._node.start()


def crash(target: str) -> Aimed:
    """Kill a node, until `restart`."""
    return Aimed(Crash(), target)


def restart(target: str) -> AimedHealing:
    """Start a node again that `crash` killed or `terminate` ended."""
    return AimedHealing(Crash.inverse, target)
