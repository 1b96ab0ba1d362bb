"""Carries out a schedule on a cluster, and writes down what it did.

One task for each kind of fault on each target, one fault after the other, each of them

    wait ── inject ─► injected ─► evidence ── wait ── evidence ── heal ─► healed
                                                └ until its end, or the load's, or the run is cancelled

where the words are the ops in the history (see reports/windows.py). The second look, in windows that are long enough
for two, notices what was undone in between: the last one counts. Healing is never conditional: a fault that was begun
is healed, whatever else went wrong. Nothing here waits for the cluster without a bound, and what the cluster refuses to
do is written down as a `problem` op before it is raised.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Final, TypeVar

from chaos.clusters.cluster import Cluster
from chaos.faults.aim import Planned
from chaos.faults.fault import Injection, parameters
from chaos.problems import HarnessProblem
from chaos.recorder import Recorder
from chaos.schedule import Schedule
from reports.history import NEMESIS, OpType

T = TypeVar("T")

INJECT_S: Final = 10.0  # several control calls of at most 2 s each; a few milliseconds when all is well
HEAL_S: Final = 60.0  # may include a node's start
CANCELLED_HEAL_S: Final = 10.0  # somebody wants to go home, and the cluster is about to be torn down anyway
LOOK_S: Final = 10.0  # for evidence, where the fault's window would allow more
LAST_LOOK_S: Final = 0.6  # before the end; two looks at a silence fit into it
RESERVE_S: Final = 0.02  # of a window, kept free so that looking does not delay healing
BETWEEN_LOOKS_S: Final = 0.1
LEAST_LOOK_S: Final = 0.1  # what must remain of a window for another look to be worth it


class NemesisProblem(HarnessProblem):
    """A fault could not be injected, looked at or healed in time."""


class Strike:
    """One planned fault on its way through the run."""

    def __init__(self, fault_id: str, planned: Planned, cluster: Cluster, recorder: Recorder) -> None:
        self.planned = planned
        self.in_force = False
        self._id = fault_id
        self._recorder = recorder
        self._injection: Injection = planned.fault.on(cluster, planned.target)
        self._takes_out = planned.fault.takes_out(cluster.system, planned.target)

    def __str__(self) -> str:
        return f"{self.planned.fault.kind} {self.planned.target}"

    async def carry_out(self, zero: float, over: asyncio.Event) -> None:
        """`zero` is the loop's time at which the schedule begins."""
        if await _comes_before(over, zero + self.planned.start_s):
            return  # never injected, which the invariant `faults_bit` takes note of
        end = None if self.planned.end_s is None else zero + self.planned.end_s
        problems: list[HarnessProblem] = []
        heal_within_s = HEAL_S
        self._say(
            "inject",
            kind=self.planned.fault.kind,
            target=self.planned.target,
            parameters=parameters(self.planned.fault),
            takes_out=list(self._takes_out),
        )
        self.in_force = True
        try:
            await self._strike(end, over)
        except HarnessProblem as problem:
            problems.append(problem)
            self._say("problem", error=f"{self}: {problem}")
        except asyncio.CancelledError:
            heal_within_s = CANCELLED_HEAL_S
            raise
        finally:
            problems += await self._heal(heal_within_s)
            self.in_force = False
        if problems:
            raise problems[0]

    async def _strike(self, end: float | None, over: asyncio.Event) -> None:
        await _within(INJECT_S, self._injection.inject(), f"{self}: not injected")
        self._say("injected")
        clock = asyncio.get_running_loop().time
        await self._look(_earlier(end, clock() + LOOK_S), over)
        looked = clock()
        await _comes_before(over, None if end is None else end - LAST_LOOK_S)
        if clock() - looked >= LAST_LOOK_S:
            await self._look(_earlier(end, clock() + LAST_LOOK_S), over)
        await _comes_before(over, end)

    async def _look(self, until: float, over: asyncio.Event) -> None:
        """Until it is seen to bite: the first look may come a moment too early, or meet a busy machine."""
        clock = asyncio.get_running_loop().time
        until -= RESERVE_S
        while True:
            left_s = max(until - clock(), RESERVE_S)
            looking = self._injection.evidence(left_s)
            evidence = await _within(left_s + INJECT_S, looking, f"{self}: looking for evidence did not end")
            if evidence.bit or over.is_set() or until - clock() < LEAST_LOOK_S:
                break
            await asyncio.sleep(BETWEEN_LOOKS_S)
        self._say("evidence", bit=evidence.bit, evidence=evidence.evidence, figures=dict(evidence.figures))

    async def _heal(self, within_s: float) -> list[HarnessProblem]:
        """The problem met, if any, instead of raising it: what is already on its way must not be hidden."""
        self._say("heal")
        try:
            await _within(within_s, self._injection.heal(), f"{self}: not healed")
        except HarnessProblem as problem:
            self._say("problem", error=f"{self}: {problem}")
            return [problem]
        self._say("healed")
        return []

    def _say(self, f: str, *, error: str | None = None, **value: object) -> None:
        self._recorder.record(NEMESIS, OpType.INFO, f, {"id": self._id, **value}, error)


class Nemesis:
    """For one run. Raises InvalidSchedule or Impossible at once when this cluster cannot be broken like that."""

    def __init__(self, cluster: Cluster, schedule: Schedule, recorder: Recorder) -> None:
        schedule.validate(cluster.system)
        schedule = schedule.drawn(cluster.system)
        self._series: dict[tuple[str, str], list[Strike]] = {}
        for number, planned in enumerate(schedule.faults, 1):
            strike = Strike(f"{planned.fault.kind}-{number}", planned, cluster, recorder)
            self._series.setdefault((planned.fault.kind, planned.target), []).append(strike)

    @property
    def in_force(self) -> tuple[str, ...]:
        """The faults of this moment, as words."""
        return tuple(str(strike) for series in self._series.values() for strike in series if strike.in_force)

    async def run(self, over: asyncio.Event) -> None:
        """From now on, until every fault is healed; `over` ends the load, and with it whatever is still in force.

        Raises a group of what the cluster refused to do, once everything is healed that can be.
        """
        zero = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as striking:
            for series in self._series.values():
                striking.create_task(_one_by_one(series, zero, over), name=str(series[0]))


async def _one_by_one(series: Iterable[Strike], zero: float, over: asyncio.Event) -> None:
    """Those of one kind on one target: the next waits until the one before is healed, however long that takes."""
    for strike in series:
        await strike.carry_out(zero, over)


async def _comes_before(event: asyncio.Event, moment: float | None) -> bool:
    """Wait for whichever is first, and say whether it was the event."""
    try:
        async with asyncio.timeout_at(moment):
            await event.wait()
    except TimeoutError:
        return False
    return True


def _earlier(end: float | None, moment: float) -> float:
    return moment if end is None else min(end, moment)


async def _within(seconds: float, doing: Awaitable[T], complaint: str) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await doing
    except TimeoutError as problem:
        raise NemesisProblem(f"{complaint} within {seconds:g} s") from problem
