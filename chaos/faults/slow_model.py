"""A node computes slowly: whatever it is given takes longer, whatever else it says of itself."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, SelfInflicting
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import number_problems
from chaos.faults.fault import Evidence, Injection, about, parameters
from chaos.faults.inflicted import Infliction, inflicting
from chaos.faults.on_node import OnNode
from chaos.probes import ProbeOutcome, ProbeResult
from chaos.system_under_test import SystemUnderTest

BASELINE_S: Final = 1.0  # for a piece of work before the injection; behind others it has to wait for its turn
ENOUGH: Final = 0.8  # of the delay that was asked for
TRIES: Final = 2  # before the injection, the faster counts: a busy machine slows single ones down


@dataclass(frozen=True, slots=True)
class SlowModel(OnNode):
    """Raised inside the node: its health checks, its network and its processor are as they were."""

    ms: int = field(metadata=about("milliseconds that each batch takes longer, at least 1"))

    kind: ClassVar[str] = "slow_model"
    inverse: ClassVar[str] = "quicken_model"
    label: ClassVar[str] = "slow model"
    needs: ClassVar[type] = SelfInflicting
    shown_by: ClassVar[str] = (
        "the node says so itself, and a piece of work that it is asked for directly takes 0.8 of the delay longer"
    )

    def problems(self) -> Iterator[str]:
        yield from number_problems("ms", self.ms, least=1)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:
        """Nobody, unless every answer comes later than the system waits for it."""
        patience_s = float(system.settings.get("worker_timeout_s", math.inf))
        return system.cut_off(target) if self.ms / 1000 >= patience_s else ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        return SlowModelInjection(self, inflicting(cluster, target, self.kind))


class SlowModelInjection:
    """Compares a piece of work with what it took just before."""

    def __init__(self, fault: SlowModel, node: SelfInflicting) -> None:
        self._fault = fault
        self._node = node
        self._infliction = Infliction(node, fault.kind, parameters(fault))
        self._before: ProbeResult | None = None

    async def inject(self) -> None:
        tries = [await self._node.work(BASELINE_S) for _ in range(TRIES)]
        self._before = min(tries, key=lambda result: result.seconds)
        await self._infliction.begin()

    async def evidence(self, within_s: float) -> Evidence:
        """A window shorter than the delay can only show that no answer came in it."""
        expected_s = min(self._fault.ms / 1000, within_s)
        now = await self._node.work(within_s)
        in_force, _ = self._infliction.look()
        before = self._before
        rise_s = 0.0 if before is None or not before.answered else now.seconds - before.seconds
        slow = (now.answered or now.outcome is ProbeOutcome.SILENT) and rise_s >= ENOUGH * expected_s
        return Evidence(
            bit=in_force and slow,
            evidence=f"{self._node.node.name} says that its model is {'slow' if in_force else 'as usual'}; "
            f"a piece of work was {before} before, and is {now}",
            figures={
                "before_ms": None if before is None else before.seconds * 1000,
                "now_ms": now.seconds * 1000,
                "rise_ms": rise_s * 1000,
                "expected_ms": expected_s * 1000,
            },
        )

    async def heal(self) -> None:
        await self._infliction.end()


def slow_model(target: str, *, ms: int) -> Aimed:
    """Make each batch of a node take so much longer, until `quicken_model`."""
    return Aimed(SlowModel(ms), target)


def quicken_model(target: str) -> AimedHealing:
    """Let a node compute as fast again as it can, after `slow_model`."""
    return AimedHealing(SlowModel.inverse, target)
