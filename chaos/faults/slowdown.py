"""The evidence that an edge is slow and the node behind it is not: compare round trips with those just before."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from chaos.clusters.cluster import EdgeHandle, NodeHandle
from chaos.faults.fault import Evidence
from chaos.probes import ProbeOutcome, ProbeResult

BASELINE_S: Final = 1.0  # for the probes before the injection; a ready node answers in milliseconds
PROBES: Final = 3  # the fastest counts: a busy machine slows single probes down, and nothing speeds one up
ENOUGH: Final = 0.8  # of the delay that is expected
SEEN_S: Final = 0.005  # what the fastest probe is always late by; less could be the machine's doing
SMALLEST_ANSWER: Final = 60  # bytes; what comes back to any probe is at least as long, as is what it asks


class Slowdown:
    """Of one edge, with what its round trips were before."""

    def __init__(self, edge: EdgeHandle, behind: NodeHandle) -> None:
        self._edge = edge
        self._behind = behind
        self._before: ProbeResult | None = None

    async def take_baseline(self) -> None:
        self._before = await baseline(self._edge.probe)

    async def evidence(self, least_s: float, within_s: float) -> Evidence:
        """`least_s` is what a round trip takes longer at the very least; a shorter window shows that no answer came."""
        expected_s = min(least_s, within_s)
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
