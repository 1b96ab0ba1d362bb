"""The evidence that an edge is broken and the node behind it is not: ask both ways at once."""

import asyncio
from typing import Final

from chaos.clusters.cluster import EdgeHandle, NodeHandle
from chaos.faults.fault import Evidence
from chaos.probes import ProbeOutcome

SHARE: Final = 0.8  # of a short window that may be spent on waiting


async def only_the_edge_is(
    outcomes: frozenset[ProbeOutcome], edge: EdgeHandle, behind: NodeHandle, *, listen_s: float, within_s: float
) -> Evidence:
    """It bites when a probe through the edge has one of these outcomes while one that goes directly is answered.

    `listen_s` is how long the probe through the edge listens, `within_s` what is left of the fault's window.
    """
    timeout_s = min(listen_s, SHARE * within_s)
    through, direct = await asyncio.gather(edge.probe(timeout_s), behind.probe(timeout_s))
    return Evidence(
        bit=through.outcome in outcomes and direct.answered,
        evidence=f"a probe through {edge.edge} is {through}; {behind.node.name} itself, asked directly, is {direct}",
        figures={
            "through": through.outcome.value,
            "through_ms": through.seconds * 1000,
            "direct": direct.outcome.value,
            "direct_ms": direct.seconds * 1000,
        },
    )
