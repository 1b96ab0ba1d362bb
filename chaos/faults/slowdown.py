"""Edges that toxics slow down: a round trip takes longer than just before, and the node behind is not slow."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from chaos.clusters.cluster import NodeHandle
from chaos.faults.fault import Evidence
from chaos.faults.toxics import Toxics
from chaos.probes import ProbeOutcome, ProbeResult

BASELINE_S: Final = 1.0  # for the probes before the injection; a ready node answers in milliseconds
PROBES: Final = 3  # the fastest counts: a busy machine slows single probes down, and nothing speeds one up
ENOUGH: Final = 0.8  # of the delay that is expected
SEEN_S: Final = 0.005  # what the fastest probe is always late by; less could be the machine's doing
SMALLEST_ANSWER: Final = 60  # bytes; what comes back to any probe is at least as long, as is what it asks


class SlowedEdge:
    """One with toxics that make every round trip longer by `least_s` seconds at the very least."""

    def __init__(self, toxics: Toxics, behind: NodeHandle, least_s: float) -> None:
        self._toxics = toxics
        self._edge = toxics.edge
        self._behind = behind
        self._least_s = least_s
        self._before: ProbeResult | None = None

    async def inject(self) -> None:
        self._before = await baseline(self._edge.probe)
        await self._toxics.add()

    async def evidence(self, within_s: float) -> Evidence:
        """A window shorter than what a round trip takes longer can only show that no answer came in it."""
        expected_s = min(self._least_s, within_s)
        now, direct = await asyncio.gather(self._fastest(within_s), self._behind.probe(within_s))
        before = self._before
        compared = (
            before is not None
            and before.answered
            and direct.answered
            and (now.answered or now.outcome is ProbeOutcome.SILENT)
        )
        rise_s = now.seconds - before.seconds if before is not None else 0.0
        seen = expected_s >= SEEN_S
        too_little = "" if seen else f"; {expected_s * 1000:.1f} ms more cannot be told from a busy machine's doing"
        return Evidence(
            bit=compared and seen and rise_s >= ENOUGH * expected_s,
            evidence=f"a probe through {self._edge.edge} was {before} before, and is {now}; "
            f"{self._behind.node.name} itself, asked directly, is {direct}{too_little}",
            figures={
                "before_ms": None if before is None else before.seconds * 1000,
                "now_ms": now.seconds * 1000,
                "rise_ms": rise_s * 1000,
                "expected_ms": expected_s * 1000,
            },
        )

    async def heal(self) -> None:
        await self._toxics.remove()

    async def _fastest(self, timeout_s: float) -> ProbeResult:
        results = await asyncio.gather(*(self._edge.probe(timeout_s) for _ in range(PROBES)))
        return min(results, key=lambda result: result.seconds)


async def baseline(ask: Callable[[float], Awaitable[ProbeResult]]) -> ProbeResult:
    """The fastest of several probes, each given as many seconds as are left.

    One after the other: those that are on their way at once are all held up by the same stall of a busy machine, and
    what is slow before makes the rise afterwards look small.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + BASELINE_S
    results = [await ask(BASELINE_S)]
    while len(results) < PROBES and (left_s := until - clock()) > 0:
        results.append(await ask(left_s))
    return min(results, key=lambda result: (result.outcome is ProbeOutcome.SILENT, result.seconds))
