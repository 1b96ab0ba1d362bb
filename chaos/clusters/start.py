"""Bringing a cluster up, whatever it is made of: each node waits for those it depends on, and what fails is told."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from typing import Final

from chaos.clusters.cluster import ClusterProblem, EdgeHandle, Startable
from chaos.problems import HarnessProblem
from chaos.system_under_test import SystemUnderTest

EDGE_READY_S: Final = 5.0  # for a healed edge to carry a probe again, once both its ends are ready
EDGE_PROBE_S: Final = 1.0
BETWEEN_PROBES_S: Final = 0.02


async def bring_up(
    system: SystemUnderTest,
    nodes: Mapping[str, Startable],
    edges: Iterable[EdgeHandle],
    making: Awaitable[None] | None = None,
) -> None:
    """Start what does not run, each node once those it depends on are ready, and see that every edge carries a probe.

    `making` makes the edges, where they are not there yet: meanwhile those nodes start that connect to no other.
    Raises ClusterProblem with all that failed.
    """
    loop = asyncio.get_running_loop()
    up: dict[str, asyncio.Future[bool]] = {name: loop.create_future() for name in nodes}
    connecting = {edge.source for edge in system.edges}
    problems: list[str] = []

    async def bring(name: str, node: Startable) -> None:
        needed = [await up[other] for other in sorted(system.waits_for(name))]
        if name in connecting:
            needed.append(await made)
        try:
            if all(needed):
                await node.start()
            up[name].set_result(all(needed))
        except HarnessProblem as problem:
            problems.append(str(problem))
            up[name].set_result(False)

    async with asyncio.TaskGroup() as group:
        made = group.create_task(_make(making, problems), name="make edges")
        for name, node in nodes.items():
            group.create_task(bring(name, node), name=f"start {name}")
    if not problems:
        problems += [told for told in await asyncio.gather(*map(_wait_for, edges)) if told is not None]
    if problems:
        raise ClusterProblem("\n".join(problems))


async def _make(making: Awaitable[None] | None, problems: list[str]) -> bool:
    """Whether there are edges now; what failed is added to the problems."""
    try:
        if making is not None:
            await making
    except HarnessProblem as problem:
        problems.append(str(problem))
        return False
    return True


async def _wait_for(edge: EdgeHandle) -> str | None:
    """The complaint about an edge that stays silent, or None."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + EDGE_READY_S
    while not (result := await edge.probe(EDGE_PROBE_S)).ready:
        if clock() > deadline:
            return f"{edge.edge}: a probe through its proxy is {result}"
        await asyncio.sleep(BETWEEN_PROBES_S)
    return None
