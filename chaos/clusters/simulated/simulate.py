"""One run in virtual time and in memory: nothing is written, and nobody waits.

record = simulate(poisson(rate=10, seconds=30), [crash("worker1").at(5), restart("worker1").at(9)], seed=7)
no_loss().judge(record)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.bundled import bundled
from chaos.clusters.simulated.cluster import SimulatedCluster
from chaos.clusters.simulated.log import Log
from chaos.clusters.simulated.virtual_time import run
from chaos.execution import Execution
from chaos.progress import Unwatched
from chaos.recorder import Recorder, loop_clock
from chaos.schedule import Lines, Schedule
from chaos.system_under_test import SystemUnderTest
from chaos.workload import Workload
from reports.record import Record


@dataclass(frozen=True)
class SimulatedRecord(Record):
    """`lines` are the logs of the nodes, which are nowhere on disk."""

    lines: Mapping[str, Log] = field(default_factory=dict)

    def has_log(self, node: str) -> bool:
        return node in self.lines

    def log(self, node: str) -> Iterator[Mapping[str, Any]]:
        return iter(self.lines.get(node, ()))


def simulate(
    workload: Workload, schedule: Lines = (), *, seed: int, system: SystemUnderTest | None = None
) -> SimulatedRecord:
    """What happened, for any invariant to judge: the same for the same arguments, always and everywhere.

    To be called where no event loop runs. Raises HarnessProblem: NotSimulated of a system that is not the bundled one,
    InvalidSchedule of faults that do not fit it.
    """
    system = system or bundled()
    planned = Schedule.of(schedule, seed)
    planned.validate(system)
    recorder, lines = run(_carried_out(system, workload, planned, seed))
    facts = {"substrate": "simulated", "seed": seed, "workload": workload.to_json(), "system": system.to_json()}
    return SimulatedRecord(facts, recorder.history, planned.to_json(), lines=lines)


async def _carried_out(
    system: SystemUnderTest, workload: Workload, schedule: Schedule, seed: int
) -> tuple[Recorder, Mapping[str, Log]]:
    async with SimulatedCluster(system, logs=None, seed=seed) as cluster:
        with Recorder(None, clock=loop_clock()) as recorder:
            await Execution(cluster, recorder, workload, schedule, seed, Unwatched()).run()
    return recorder, cluster.lines
