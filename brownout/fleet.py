"""The system on this machine: a coordinator, its workers, and the order in which they come and go.

    ports reserved ─► processes started, all at once ─► all serving, workers supervised
                                                             │ Ctrl-C
                      workers end ◄─ coordinator has drained ◄┘ (workers still supervised)

Signals need no code of their own in here: the first one cancels the task inside `running`, whose scopes then end in
order. Only a second one calls `kill`.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from brownout.supervised import Supervised
from chaos.probes import HttpProbe, attempt
from chaos.problems import HarnessProblem
from chaos.processes.ports import LOOPBACK, PortReservation
from chaos.processes.process import OsProcess, ProcessProblem

COORDINATOR: Final = "coordinator"
READY_WITHIN_S: Final = 30.0
PROBE_S: Final = 1.0
BETWEEN_PROBES_S: Final = 0.05
WORKER_GRACE_S: Final = 3.0  # the coordinator has drained by then, so workers have nothing left to do
BEYOND_DRAIN_S: Final = 5.0  # what the coordinator may take besides its own DRAIN_TIMEOUT
DRAIN_S: Final = 20.0  # its DRAIN_TIMEOUT where none is set, or no number is


class FleetProblem(HarnessProblem):
    """The system could not be started, or cannot go on; the message holds the processes' own words."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to start. `environment` is what the processes see besides what is decided here."""

    port: int
    workers: int
    logs: Path
    environment: Mapping[str, str]

    @classmethod
    def of_environment(cls, *, port: int, workers: int, logs: Path) -> Self:
        return cls(port, workers, logs, dict(os.environ))

    @property
    def worker_names(self) -> tuple[str, ...]:
        return tuple(f"worker{number}" for number in range(1, self.workers + 1))

    @property
    def log_files(self) -> tuple[Path, ...]:
        return tuple(self.log_of(name) for name in (COORDINATOR, *self.worker_names))

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @property
    def drain_s(self) -> float:
        """How long the coordinator may take to finish what it admitted. A wrong value is for itself to complain of."""
        try:
            return float(self.environment.get("DRAIN_TIMEOUT") or DRAIN_S)
        except ValueError:
            return DRAIN_S


class Fleet:
    """One running system; made by `running`."""

    def __init__(self, plan: Plan, addresses: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.url: Final = f"http://{LOOPBACK}:{plan.port}"
        self._plan = plan
        self._supervision: list[asyncio.Task[None]] = []
        self.coordinator: Final = self._process(
            COORDINATOR,
            HOST=LOOPBACK,
            PORT=str(plan.port),
            WORKERS=",".join(f"{name}={address}" for name, address in addresses.items()),
        )
        self.workers: Final = tuple(
            Supervised(
                self._process("worker", name, HOST=LOOPBACK, PORT=address.rpartition(":")[2], WORKER_ID=name),
                address,
                say,
            )
            for name, address in addresses.items()
        )

    @property
    def processes(self) -> tuple[OsProcess, ...]:
        return (self.coordinator, *(worker.process for worker in self.workers))

    async def outlive_coordinator(self) -> None:
        """Until it ends, which is a FleetProblem: its books are gone with it, so a new one would only hide that."""
        state = await self.coordinator.wait()
        raise FleetProblem(f"the coordinator {state}; it is not restarted\n{self.coordinator.log_tail()}")

    async def outlive_workers(self) -> None:
        """Until none is left that could start, which is a FleetProblem. Cancelling this leaves them supervised."""
        ended, _ = await asyncio.wait(self._supervision, return_when=asyncio.FIRST_EXCEPTION)
        for each in ended:
            each.result()
        raise FleetProblem(f"none of the {len(self.workers)} workers can start")

    async def kill(self) -> None:
        """End everything at once, whatever it was doing."""
        for each in self._supervision:
            each.cancel()
        async with asyncio.TaskGroup() as ends:
            for process in self.processes:
                ends.create_task(process.stop(grace_s=0))

    async def start(self) -> None:
        """All at once. Raises FleetProblem with everything that is wrong, not the first of it."""
        self._clear_logs()
        outcomes = await asyncio.gather(
            self._start_coordinator(), *(worker.begin() for worker in self.workers), return_exceptions=True
        )
        problems = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for problem in problems:
            if not isinstance(problem, ProcessProblem):
                raise problem
        if problems:
            raise FleetProblem("\n".join(["the system cannot start:", *map(str, problems)]))
        await self.coordinator.ready(lambda: self._answers("/readyz"), timeout_s=READY_WITHIN_S)

    def supervise(self) -> None:
        self._supervision = [asyncio.create_task(worker.keep(), name=worker.name) for worker in self.workers]

    async def end(self) -> None:
        """The coordinator first, which finishes what it admitted with workers that are still seen to; then those."""
        try:
            await self.coordinator.stop(self._plan.drain_s + BEYOND_DRAIN_S)
        finally:
            for each in self._supervision:
                each.cancel()
            await asyncio.gather(*self._supervision, return_exceptions=True)
            async with asyncio.TaskGroup() as ends:
                for worker in self.workers:
                    ends.create_task(worker.process.stop(WORKER_GRACE_S))

    def _process(self, role: str, name: str = COORDINATOR, **decided: str) -> OsProcess:
        environment = {**self._plan.environment, **decided}
        return OsProcess(
            name, (sys.executable, "-m", f"system.{role}"), log=self._plan.log_of(name), environment=environment
        )

    def _clear_logs(self) -> None:
        try:
            self._plan.logs.mkdir(parents=True, exist_ok=True)
            for log in self._plan.log_files:
                log.unlink(missing_ok=True)
        except OSError as problem:
            mend = "choose another directory: brownout up --logs DIR"
            raise FleetProblem(f"logs cannot be written to {self._plan.logs}: {problem.strerror}; {mend}") from problem

    async def _start_coordinator(self) -> None:
        await self.coordinator.start()
        await self.coordinator.ready(lambda: self._answers("/healthz"), timeout_s=READY_WITHIN_S)

    async def _answers(self, path: str) -> bool:
        result = await attempt(HttpProbe(path), self.url.removeprefix("http://"), timeout_s=PROBE_S)
        if not result.ready:
            await asyncio.sleep(BETWEEN_PROBES_S)
        return result.ready


@asynccontextmanager
async def running(plan: Plan, say: Callable[[str], None]) -> AsyncIterator[Fleet]:
    """A fleet whose processes exist only within this scope; `start` and `supervise` are the caller's to call."""
    reservations = [PortReservation() for _ in range(plan.workers)]
    try:
        addresses = {name: each.address for name, each in zip(plan.worker_names, reservations, strict=True)}
        fleet = Fleet(plan, addresses, say)
        try:
            yield fleet
        finally:
            await fleet.end()
    finally:
        for each in reservations:
            each.close()
