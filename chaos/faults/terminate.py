"""A node is told to end (SIGTERM, where there are signals): it may finish what it has accepted; later it is started
again."""

import asyncio
from dataclasses import dataclass
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, NodeState, Phase, Terminable
from chaos.faults.aim import Aimed
from chaos.faults.fault import Evidence, Injection
from chaos.faults.on_node import OnNode, unable
from chaos.probes import ProbeOutcome

PROBE_S: Final = 0.3  # a node that refuses does so in a few milliseconds
SHARE: Final = 0.6  # of a window that may be spent on waiting for the end; the rest is for the probe
BETWEEN_LOOKS_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Terminate(OnNode):
    kind: ClassVar[str] = "terminate"
    inverse: ClassVar[str] = "restart"
    label: ClassVar[str] = "told to end"
    needs: ClassVar[type] = Terminable
    shown_by: ClassVar[str] = (
        "the life that was told to end has ended by itself, or serves nobody any more while it drains"
    )

    def on(self, cluster: Cluster, target: str) -> Injection:
        if not isinstance(node := cluster.nodes[target], Terminable):
            raise unable(cluster, target, "be told to end")
        return TerminateInjection(node)


class TerminateInjection:
    """Remembers which life it told to end."""

    def __init__(self, node: Terminable) -> None:
        self._node = node
        self._told: str | None = None

    async def inject(self) -> None:
        self._told = (await self._node.state()).life
        await self._node.terminate()

    async def evidence(self, within_s: float) -> Evidence:
        """Waits for the end, whose exit code the invariant `drained` asks for; until then it must at least refuse."""
        state = await self._ended(SHARE * within_s)
        probe = await self._node.probe(min(PROBE_S, (1 - SHARE) * within_s))
        ended = state.phase is Phase.EXITED and not state.killed
        drains = state.phase is Phase.RUNNING and probe.outcome not in (ProbeOutcome.READY, ProbeOutcome.SILENT)
        return Evidence(
            bit=state.life == self._told and (ended or drains),
            evidence=f"{self._node.node.name} is {state}, its probe {probe}",
            figures={"phase": state.phase.value, "code": state.code, "probe": probe.outcome.value},
        )

    async def heal(self) -> None:
        """Returns once the node has ended and is ready again."""
        await self._node.start()

    async def _ended(self, within_s: float) -> NodeState:
        """The state of the life that was told to end, once it is known how it ended or the time is over."""
        clock = asyncio.get_running_loop().time
        until = clock() + within_s
        state = await self._node.state()
        # An exit shows a moment before its code does.
        while state.life == self._told and not (state.phase is Phase.EXITED and state.detail) and clock() < until:
            await asyncio.sleep(BETWEEN_LOOKS_S)
            state = await self._node.state()
        return state


def terminate(target: str) -> Aimed:
    """Tell a node to end, until `restart`."""
    return Aimed(Terminate(), target)
