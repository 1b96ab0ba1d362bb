"""Faults by hand: injected when somebody says so, healed when somebody says so, written down like those of a run.

    async with Hands(cluster) as hands:
        fault = hands.inject("crash", "worker1", {})
        hands.heal(fault)
        hands.windows            # as pictures and reports have them
        hands.schedule()         # the same again, from a file

Whatever is still in force when the scope is left is healed.
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

from chaos.clusters.cluster import Cluster
from chaos.faults.aim import Planned
from chaos.faults.fault import remake
from chaos.fit import misfits
from chaos.nemesis import Strike
from chaos.problems import HarnessProblem
from chaos.recorder import Recorder, loop_clock
from chaos.schedule import InvalidSchedule, Schedule
from chaos.target_names import target_name
from reports.history import NEMESIS
from reports.windows import FaultWindow, fault_windows

LEAD_S: Final = 2.0  # of load before the first fault of a schedule, so that there is a time before it to compare with
MOST: Final = 1000  # faults of one session: it is a person's, and each stays in memory


class NotInForce(HarnessProblem):
    """There is nothing of that id to heal."""


class Hands:
    """For one cluster, as a scope, made within the loop that the cluster lives in; times are seconds since then."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._recorder = Recorder(None, clock=loop_clock())
        self._zero = asyncio.get_running_loop().time()
        self._faults: dict[str, Planned] = {}
        self._over: dict[str, asyncio.Event] = {}
        self._striking: dict[str, asyncio.Task[None]] = {}
        self.problems: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was begun is healed, each within the bounds of a run that is cancelled."""
        striking = list(self._striking.values())
        for each in striking:
            each.cancel()
        await asyncio.gather(*striking, return_exceptions=True)

    @property
    def cluster(self) -> Cluster:
        return self._cluster

    @property
    def now_s(self) -> float:
        return self._recorder.now_s

    @property
    def windows(self) -> tuple[FaultWindow, ...]:
        """Every fault so far, in the order of injection."""
        return fault_windows(self._recorder.history)

    @property
    def in_force(self) -> tuple[str, ...]:
        """The ids of those that are not healed yet, those included that are being healed."""
        return tuple(self._striking)

    def inject(self, kind: str, target: str, given: Mapping[str, Any], seconds: float | None = None) -> str:
        """Begin a fault, and return its id at once. It heals by itself after `seconds`, or when `heal` is called.

        Raises UnknownFault, InvalidSchedule or Impossible, with everything that is wrong.
        """
        now_s = asyncio.get_running_loop().time() - self._zero
        start_s = round(max(now_s, 0.0), 3)
        end_s = None if seconds is None else start_s + seconds
        planned = Planned(remake(kind, given), target_name(target), start_s, end_s)
        # What was begun is in force until it is seen to be healed, whatever was meant beforehand.
        others = (
            Planned(each.fault, each.target, each.start_s) for each in map(self._faults.get, self._striking) if each
        )
        problems = list(misfits((*others, planned), self._cluster.system))
        if len(self._faults) >= MOST:
            problems.append(f"{MOST:,} faults are enough for one session; begin another one")
        if problems:
            raise InvalidSchedule(problems)
        fault_id = f"{kind}-{len(self._faults) + 1}"
        strike = Strike(fault_id, planned, self._cluster, self._recorder)
        self._faults[fault_id] = planned
        self._over[fault_id] = asyncio.Event()
        self._striking[fault_id] = asyncio.create_task(self._carry_out(fault_id, strike), name=str(strike))
        return fault_id

    def heal(self, fault_id: str) -> None:
        """Have one end; it is healed a moment later. Raises NotInForce."""
        if fault_id not in self._striking:
            raise NotInForce(f"no fault {fault_id!r} is in force; there are {', '.join(self._striking) or 'none'}")
        self._over[fault_id].set()

    async def heal_all(self) -> None:
        """Have all end, then bring back what broke besides. Raises HarnessProblem naming what did not come back."""
        striking = list(self._striking.values())
        for fault_id in self._striking:
            self._over[fault_id].set()
        if striking:
            await asyncio.wait(striking)
        await self._cluster.heal()

    def schedule(self) -> Schedule:
        """What was done, as it was done, but that it begins with `LEAD_S` of peace.

        A fault ends when its healing began; one that is in force lasts until now.
        """
        began, ended = self._moments("inject"), self._moments("heal")
        if not began:
            return Schedule()
        earlier_s = min(began.values()) - LEAD_S
        return Schedule(
            tuple(
                Planned(
                    self._faults[fault_id].fault,
                    self._faults[fault_id].target,
                    round(at_s - earlier_s, 3),
                    round(max(ended.get(fault_id, self.now_s), at_s + 0.001) - earlier_s, 3),
                )
                for fault_id, at_s in began.items()
            )
        )

    def _moments(self, f: str) -> dict[str, float]:
        """When each fault came so far, by id."""
        return {op.value["id"]: op.time_s for op in self._recorder.history.of(NEMESIS, f) if op.value is not None}

    async def _carry_out(self, fault_id: str, strike: Strike) -> None:
        try:
            await strike.carry_out(self._zero, self._over[fault_id])
        except HarnessProblem as problem:
            self.problems.append(str(problem))
        finally:
            del self._striking[fault_id]
