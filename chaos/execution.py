"""One run on one running cluster: load, faults and observer side by side, then healing, then the last answers.

start ─ load ────────────────────────────┐ all sent
        nemesis ── inject … heal ────────┤ heal whatever is still broken
        observer ── /status every 0.2 s ─┼─ wait for the last answers ── one last /status
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from chaos.clusters.cluster import Cluster, OnMachine
from chaos.invariants.deadline_respected import WORKER_TIMEOUT_S, WORKER_TIMEOUTS
from chaos.load import Load
from chaos.machine import Watchman, collecting_little
from chaos.nemesis import Nemesis
from chaos.observer import Observer
from chaos.progress import Moment, Progress
from chaos.recorder import Recorder
from chaos.schedule import Schedule
from chaos.workload import Workload
from reports.history import NEMESIS, OpType

MOMENT_S: Final = 0.5
MARGIN_S: Final = 2.0  # for a system's own answer "too late" to arrive before the client stops waiting


@dataclass(frozen=True, slots=True)
class Execution:
    """What one run is made of, once there is a cluster for it."""

    cluster: Cluster
    recorder: Recorder
    workload: Workload
    schedule: Schedule
    seed: int
    progress: Progress

    async def run(self) -> None:
        """Returns when every request is answered or given up and everything is healed.

        Raises a group with whatever went wrong in the harness; nothing that the system does is an error here.
        """
        with collecting_little() if isinstance(self.cluster, OnMachine) else nullcontext():
            await self._run()

    async def _run(self) -> None:
        system = self.cluster.system
        async with self.cluster.connect() as session, AsyncExitStack() as asking:
            observers = [
                Observer(
                    await asking.enter_async_context(self.cluster.observe(page)),
                    self.recorder,
                    of=None if len(system.pages) == 1 else page.node,
                )
                for page in system.pages
            ]
            load = Load(system.client, session, self.recorder, deadline_s=patience_s(system.settings))
            nemesis = Nemesis(self.cluster, self.schedule, self.recorder)
            try:
                async with asyncio.TaskGroup() as side_by_side:
                    background = [
                        side_by_side.create_task(self.cluster.watch(), name="watch the substrate"),
                        side_by_side.create_task(self._tell(load, nemesis), name="tell progress"),
                    ]
                    background += [side_by_side.create_task(each.watch(), name="observe") for each in observers]
                    if isinstance(self.cluster, OnMachine):
                        noise = Watchman(self.recorder, self.cluster.machine)
                        background.append(side_by_side.create_task(noise.watch(), name="watch the machine"))
                    sending = side_by_side.create_task(self._send(load), name="load")
                    breaking = side_by_side.create_task(nemesis.run(load.sent), name="nemesis")
                    await asyncio.wait({breaking})
                    await self.cluster.heal()
                    await asyncio.wait({sending})
                    for task in background:
                        task.cancel()
            finally:
                self._record_exits()
            for observer in observers:
                await observer.sample()

    async def _send(self, load: Load) -> None:
        requests, clients = self.workload.requests(Random(self.seed)), self.workload.clients
        if clients is None:
            await load.run(requests)
        else:
            await load.run_closed(requests, clients=clients, seconds=self.workload.seconds)

    async def _tell(self, load: Load, nemesis: Nemesis) -> None:
        lasts_s = max(self.workload.seconds, self.schedule.end_s)
        before_s, offered, answered = self.recorder.now_s, 0, 0
        while True:
            await asyncio.sleep(MOMENT_S)
            now_s, now = self.recorder.now_s, load.progress
            passed_s = now_s - before_s
            self.progress.moment(
                Moment(
                    now_s=now_s,
                    lasts_s=lasts_s,
                    offered=now.offered,
                    answered=now.answered,
                    offered_rps=(now.offered - offered) / passed_s,
                    answered_rps=(now.answered - answered) / passed_s,
                    faults=nemesis.in_force,
                )
            )
            before_s, offered, answered = now_s, now.offered, now.answered

    def _record_exits(self) -> None:
        """Of nodes that ended of themselves; the invariant `nodes_stay_up` reads them."""
        began = asyncio.get_running_loop().time() - self.recorder.now_s
        for each in self.cluster.unexpected_exits():
            value = {
                "node": each.node,
                "state": str(each.state),
                "code": each.state.code,
                "at_s": round(each.at - began, 3),
            }
            self.recorder.record(NEMESIS, OpType.INFO, "exit", value, error=each.log_tail)


def patience_s(settings: Mapping[str, Any]) -> float:
    """How long a client waits: a little longer than the system's own deadline, which is five of its worker timeouts."""
    return WORKER_TIMEOUTS * float(settings.get("worker_timeout_s", WORKER_TIMEOUT_S)) + MARGIN_S
