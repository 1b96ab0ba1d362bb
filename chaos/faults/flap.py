"""An edge goes down and comes up again, and again, before anybody has got used to either."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, Final

from chaos.clusters.cluster import Cluster, EdgeHandle, NodeHandle
from chaos.faults.aim import Aimed, AimedHealing
from chaos.faults.arguments import number_problems
from chaos.faults.fault import Evidence, Injection, about
from chaos.faults.on_edge import OnEdge, ends
from chaos.probes import ProbeOutcome

PROBE_S: Final = 0.2  # a refusal takes less than a millisecond, an answer a few
BETWEEN_PROBES_S: Final = 0.01
PERIODS: Final = 3


@dataclass(frozen=True, slots=True)
class Flap(OnEdge):
    """It begins with being down."""

    every_ms: int = field(default=1000, metadata=about("from one going down to the next, in milliseconds, at least 20"))
    down_ms: int = field(default=500, metadata=about("how long it is down each time, in milliseconds below `every_ms`"))

    kind: ClassVar[str] = "flap"
    inverse: ClassVar[str] = "steady"
    label: ClassVar[str] = "flaps"
    shown_by: ClassVar[str] = (
        "probes through the edge are refused and answered in turn, while the node behind it, asked directly, answers"
    )

    def problems(self) -> Iterator[str]:
        numbers = [
            *number_problems("every_ms", self.every_ms, least=20),
            *number_problems("down_ms", self.down_ms, least=10),
        ]
        yield from numbers
        if not numbers and self.down_ms >= self.every_ms:
            yield f"down_ms {self.down_ms} is not smaller than every_ms {self.every_ms}"

    def on(self, cluster: Cluster, target: str) -> Injection:
        return FlapInjection(self, *ends(cluster, target))


class FlapInjection:
    def __init__(self, fault: Flap, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._fault = fault
        self._edge = edge
        self._behind = behind
        self._flapping: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    async def inject(self) -> None:
        """Down for the first time when this returns."""
        self._over.clear()
        await self._edge.disable()
        self._flapping = asyncio.create_task(self._flap(), name=f"flap {self._edge.edge}")

    async def evidence(self, within_s: float) -> Evidence:
        """Looks until it has seen both, for a few of its periods. What the proxy has refused to do comes out here."""
        if self._flapping is not None and self._flapping.done():
            self._flapping.result()
        clock = asyncio.get_running_loop().time
        until, seen = clock() + min(within_s, PERIODS * self._fault.every_ms / 1000 + PROBE_S), set[ProbeOutcome]()
        while not {ProbeOutcome.REFUSED, ProbeOutcome.READY} <= seen and (left_s := until - clock()) > 0:
            seen.add((await self._edge.probe(min(PROBE_S, left_s))).outcome)
            await asyncio.sleep(BETWEEN_PROBES_S)
        direct = await self._behind.probe(PROBE_S)
        met = ", ".join(sorted(outcome.value for outcome in seen))
        return Evidence(
            bit={ProbeOutcome.REFUSED, ProbeOutcome.READY} <= seen and direct.answered,
            evidence=f"probes through {self._edge.edge} are {met or 'none'}; "
            f"{self._behind.node.name} itself, asked directly, is {direct}",
            figures={"through": sorted(outcome.value for outcome in seen), "direct": direct.outcome.value},
        )

    async def heal(self) -> None:
        """Not in the middle of a call: one that is cut short may take effect after the last."""
        flapping, self._flapping = self._flapping, None
        self._over.set()
        try:
            if flapping is not None:
                await flapping
        finally:
            await self._edge.enable()

    async def _flap(self) -> None:
        down_s, every_s = self._fault.down_ms / 1000, self._fault.every_ms / 1000
        while not await self._over_within(down_s):
            await self._edge.enable()
            if await self._over_within(every_s - down_s):
                return
            await self._edge.disable()

    async def _over_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()


def flap(target: str, *, every_ms: int = 1000, down_ms: int = 500) -> Aimed:
    """Take an edge down for `down_ms` again and again, until `steady`."""
    return Aimed(Flap(every_ms, down_ms), target)


def steady(target: str) -> AimedHealing:
    """Leave an edge up for good that `flap` took down again and again."""
    return AimedHealing(Flap.inverse, target)
