"""The end of a connection arrives late: who closes is gone long before the other side hears of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import number_problems
from chaos.faults.fault import Evidence, Injection, about
from chaos.faults.on_edge import OnEdge, ends
from chaos.faults.slowdown import baseline
from chaos.faults.toxics import WAY, Toxics, Way, way_problems
from chaos.probes import ProbeOutcome, ProbeResult
from chaos.system_under_test import SystemUnderTest

ENOUGH: Final = 0.8  # of the delay that was asked for
TRIES: Final = 3  # the quickest counts: a busy machine slows single ones down
ENDED: Final = frozenset({ProbeOutcome.READY, ProbeOutcome.CUT})


@dataclass(frozen=True, slots=True)
class SlowClose(OnEdge):
    """Bytes are not delayed, only the end that follows them."""

    ms: int = field(metadata=about("milliseconds, at least 1"))
    direction: Way = field(default="down", metadata=WAY)

    kind: ClassVar[str] = "slow_close"
    inverse: ClassVar[str] = "close_promptly"
    label: ClassVar[str] = "slow to close"
    shown_by: ClassVar[str] = (
        "the end of a connection through the edge comes back later by 0.8 of the delay, while the node itself answers"
    )

    def problems(self) -> Iterator[str]:
        yield from number_problems("ms", self.ms, least=1)
        yield from way_problems(self.direction)

    def takes_out(self, system: SystemUnderTest, target: str) -> tuple[str, ...]:  # noqa: ARG002 - whatever they are
        """Nobody: what is asked is answered as before."""
        return ()

    def on(self, cluster: Cluster, target: str) -> Injection:
        return SlowCloseInjection(self, *ends(cluster, target))


class SlowCloseInjection:
    """Compares how long an end takes with what it took just before."""

    def __init__(self, fault: SlowClose, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._fault = fault
        self._edge = edge
        self._behind = behind
        self._toxics = Toxics(edge, fault.kind, "slow_close", {"delay": fault.ms}, fault.direction)
        self._before: ProbeResult | None = None

    async def inject(self) -> None:
        self._before = await baseline(self._edge.farewell)
        await self._toxics.add()

    async def evidence(self, within_s: float) -> Evidence:
        """A window shorter than the delay can only show that no end came in it."""
        expected_s = min(self._fault.ms / 1000, within_s)
        now, direct = await asyncio.gather(self._quickest(within_s), self._behind.probe(within_s))
        before = self._before
        rise_s = now.seconds - before.seconds if before is not None else 0.0
        compared = before is not None and before.outcome in ENDED and now.outcome in (*ENDED, ProbeOutcome.SILENT)
        return Evidence(
            bit=compared and direct.answered and rise_s >= ENOUGH * expected_s,
            evidence=f"the end of a connection through {self._edge.edge} came back in "
            f"{0 if before is None else before.seconds * 1000:.0f} ms before, and now in {now.seconds * 1000:.0f} ms "
            f"({now.outcome.value}); {self._behind.node.name} itself, asked directly, is {direct}",
            figures={
                "before_ms": None if before is None else before.seconds * 1000,
                "now_ms": now.seconds * 1000,
                "rise_ms": rise_s * 1000,
                "expected_ms": expected_s * 1000,
            },
        )

    async def heal(self) -> None:
        """Ends that were held back arrive at once."""
        await self._toxics.remove()

    async def _quickest(self, timeout_s: float) -> ProbeResult:
        results = await asyncio.gather(*(self._edge.farewell(timeout_s) for _ in range(TRIES)))
        return min(results, key=lambda result: result.seconds)


def slow_close(target: str, *, ms: int, direction: Way = "down") -> Aimed:
    """Have the end of every connection on an edge arrive so much later, until `close_promptly`."""
    return Aimed(SlowClose(ms, direction), target)


def close_promptly(target: str) -> AimedHealing:
    """Let connections end at once again on an edge that was `slow_close`."""
    return AimedHealing(SlowClose.inverse, target)
