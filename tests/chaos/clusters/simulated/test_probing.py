"""A probe of a simulated edge meets what one over sockets would."""

from __future__ import annotations

import pytest

from chaos.bundled import bundled
from chaos.clusters.simulated.cluster import SimulatedCluster
from chaos.clusters.simulated.grpc_wire import FRAMES
from chaos.clusters.simulated.virtual_time import run
from chaos.faults import limit_data
from chaos.probes import ProbeOutcome

EDGE = "coordinator→worker1"


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize("limit", [10 * FRAMES - 1, 10 * FRAMES, 10 * FRAMES + 1])
def test_an_end_that_follows_an_answer_at_once_is_met_as_any_other(limit: int, direction: str) -> None:
    async def outcome(seed: int) -> ProbeOutcome:
        async with SimulatedCluster(bundled(), logs=None, seed=seed) as cluster:
            aimed = limit_data(EDGE, bytes=limit, direction=direction)  # type: ignore[arg-type]
            await aimed.fault.on(cluster, aimed.target).inject()
            return (await cluster.edges[EDGE].converse(20, 1.0)).outcome

    assert {run(outcome(seed)) for seed in range(10)} == {ProbeOutcome.CUT}
