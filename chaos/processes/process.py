"""One operating-system process of a cluster: started, broken and ended by signals, and started again as it was.

    NEW --start--> RUNNING --pause--> STOPPED --resume--> RUNNING --kill, terminate, or by itself--> EXITED --start--> …

The state is always asked of the operating system, never remembered, so that it can serve as a fault's evidence.

A process leads its own session: a Ctrl-C in the terminal reaches the harness alone, and signals go to the whole group.
On Linux it is killed when the thread that called `start` ends, whichever way, SIGKILL included: call `start` from a
thread that lives as long as the cluster, as the one of the event loop does. Elsewhere there is no such signal.
Processes that the child itself starts are ended with it by `kill` and `stop`. Where a `Keeper` is given, it ends both
of them when the harness is killed outright, on every system.
"""

import asyncio
import enum
import os
import shutil
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import psutil

from chaos.problems import HarnessProblem
from chaos.processes.keeper import Keeper

LAUNCHER: Final = Path(__file__).with_name("launch.py")
INHERITED: Final = (  # names of the harness's own environment that a child may see besides what it is given
    *("PATH", "HOME", "USER", "TMPDIR", "TZ", "LANG", "LC_ALL", "LC_CTYPE"),
    *("PYTHONPATH", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "XDG_CACHE_HOME"),
)
GRACE_S: Final = 10.0  # between SIGTERM and SIGKILL
SIGNAL_EFFECT_S: Final = 5.0  # for a signal that cannot be refused to show in the process table; microseconds when idle
POLL_S: Final = 0.005
TAIL_LINES: Final = 20


class ProcessProblem(HarnessProblem):
    """A process did not start, or did not obey; carries the tail of its log."""


class Phase(enum.Enum):
    NEW = "new"
    RUNNING = "running"
    STOPPED = "stopped"
    EXITED = "exited"


@dataclass(frozen=True, slots=True)
class ProcessState:
    """A phase and, once exited and reaped, either the exit code or the signal that ended the process."""

    phase: Phase
    code: int | None = None
    ended_by: signal.Signals | None = None

    @property
    def alive(self) -> bool:
        """Whether it has been started and not ended yet, be it that it stands still."""
        return self.phase in (Phase.RUNNING, Phase.STOPPED)

    def __str__(self) -> str:
        if self.ended_by is not None:
            return f"{self.phase.value} ({self.ended_by.name})"
        return self.phase.value if self.code is None else f"{self.phase.value} (code {self.code})"


def environment_for(own: Mapping[str, str], around: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a child sees: the few inherited names, overridden by its own, and nothing else of the harness's."""
    return {name: around[name] for name in INHERITED if name in around} | dict(own)


class OsProcess:
    """A process that can be broken on purpose; as an async context manager it is started and, in any case, ended."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        keeper: Keeper | None = None,
    ) -> None:
        """`log` receives stdout and stderr of every life, appended; `environment` is added to a few inherited names."""
        self.name: Final = name
        self.argv = tuple(argv)
        self.log = log
        self.starts = 0
        self._environment = environment_for(environment or {})
        self._directory = directory
        self._keeper = keeper
        self._process: asyncio.subprocess.Process | None = None
        self._log_start = 0  # where in the log the present life begins, in bytes

    @property
    def pid(self) -> int | None:
        """Of the present or last life; None before the first."""
        return None if self._process is None else self._process.pid

    @property
    def state(self) -> ProcessState:
        """As the operating system has it now; an exit that is not reaped yet has neither code nor signal."""
        if self._process is None:
            return ProcessState(Phase.NEW)
        returncode = self._process.returncode
        if returncode is not None:
            if returncode < 0:
                return ProcessState(Phase.EXITED, ended_by=signal.Signals(-returncode))
            return ProcessState(Phase.EXITED, code=returncode)
        try:
            status = psutil.Process(self._process.pid).status()
        except psutil.NoSuchProcess:
            return ProcessState(Phase.EXITED)
        if status in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return ProcessState(Phase.EXITED)
        return ProcessState(Phase.STOPPED if status == psutil.STATUS_STOPPED else Phase.RUNNING)

    @property
    def alive(self) -> bool:
        return self.state.alive

    @property
    def runs(self) -> bool:
        return self.state.phase is Phase.RUNNING

    async def look(self) -> ProcessState:
        """The same as `state`, for whoever does not know whether asking takes time."""
        return self.state

    async def start(self) -> None:
        """Begin a life, the first or the next after an exit; returns once the process exists, before it is ready."""
        if self.alive:
            raise ProcessProblem(f"{self.name}: cannot start, it is {self.state} as pid {self.pid}")
        if self._process is not None:
            await self._process.wait()
            self._end_orphans()
        if shutil.which(self.argv[0], path=self._environment.get("PATH")) is None:
            raise ProcessProblem(f"{self.name}: cannot start, no executable {self.argv[0]!r}")
        if self._directory is not None and not self._directory.is_dir():
            raise ProcessProblem(f"{self.name}: cannot start, no directory {str(self._directory)!r}")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), *self.argv),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                env=self._environment,
                cwd=self._directory,
                start_new_session=True,
            )
        if self._keeper is not None:
            self._keeper.took(self._process.pid)
        self.starts += 1

    async def ready(self, probe: Callable[[], Awaitable[bool]], *, timeout_s: float) -> None:
        """Wait until `probe` says yes; an exit before that, or no yes in time, is a problem that shows the log."""
        scope = asyncio.timeout(timeout_s)
        try:
            async with scope:
                while not await probe():
                    if not self.alive:
                        state = await self.wait(timeout_s=SIGNAL_EFFECT_S)
                        raise ProcessProblem(f"{self.name}: {state} while starting\n{self.log_tail()}")
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            if not scope.expired():
                raise  # the probe's own, not ours
            raise ProcessProblem(f"{self.name}: not ready after {timeout_s:g} s\n{self.log_tail()}") from None

    async def wait(self, timeout_s: float | None = None) -> ProcessState:
        """Until the process has exited; TimeoutError when it has not in time."""
        if self._process is not None:
            async with asyncio.timeout(timeout_s):
                await self._process.wait()
        return self.state

    async def kill(self) -> ProcessState:
        """SIGKILL; returns when the process is gone. Ends a stopped one too."""
        self._signal(signal.SIGKILL)
        return await self.wait(timeout_s=SIGNAL_EFFECT_S)

    async def terminate(self) -> None:
        """SIGTERM, and no waiting: how long it drains is its own affair. A stopped process takes it once resumed."""
        self._signal(signal.SIGTERM)

    async def pause(self) -> None:
        """SIGSTOP; returns when the process is seen to stand still."""
        self._signal(signal.SIGSTOP)
        await self._until(Phase.STOPPED)

    async def resume(self) -> None:
        """SIGCONT; returns when the process is seen to run."""
        self._signal(signal.SIGCONT)
        await self._until(Phase.RUNNING)

    def halt(self) -> None:
        """SIGSTOP, and no waiting until it shows. Nothing to do when it is gone."""
        self._to_group(signal.SIGSTOP)

    def let_run(self) -> None:
        """SIGCONT, and no waiting until it shows. Nothing to do when it is gone."""
        self._to_group(signal.SIGCONT)

    async def stop(self, grace_s: float = GRACE_S) -> ProcessState:
        """End it from whatever state it is in: SIGTERM, at most `grace_s` of patience, SIGKILL. A dead one is fine.

        Cancelled on the way, it still kills: a second Ctrl-C leaves nothing behind.
        """
        process = self._process
        if process is None:
            return self.state
        try:
            self._to_group(signal.SIGTERM)
            self._to_group(signal.SIGCONT)
            with suppress(TimeoutError):
                async with asyncio.timeout(grace_s):
                    await process.wait()
        finally:
            self._to_group(signal.SIGKILL)
        await process.wait()
        self._end_orphans()
        return self.state

    def log_tail(self, lines: int = TAIL_LINES) -> str:
        """The last lines of the present life's output, for error messages."""
        return log_tail(self.log, self._log_start, lines)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _signal(self, number: signal.Signals) -> None:
        if not self.alive:
            raise ProcessProblem(f"{self.name}: cannot send {number.name}, it is {self.state}")
        self._to_group(number)

    def _to_group(self, number: signal.Signals) -> None:
        """To the process and what it started; nothing once it is reaped, as its id may then be a stranger's."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):  # ended in this very instant, which `wait` will see
                os.killpg(self._process.pid, number)

    def _end_orphans(self) -> None:
        """Kill what a dead process left in its group.

        An id is not given out again while a group of that number has members. So if anybody has the id now, the group
        was empty and the number is a stranger's; if nobody has, whoever is in the group is ours.
        """
        if self._process is None:
            return
        if not psutil.pid_exists(self._process.pid):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        if self._keeper is not None:
            self._keeper.left(self._process.pid)

    async def _until(self, phase: Phase) -> None:
        deadline = time.monotonic() + SIGNAL_EFFECT_S
        while self.state.phase is not phase:
            if not self.alive or time.monotonic() > deadline:
                raise ProcessProblem(f"{self.name}: wanted {phase.value}, is {self.state}\n{self.log_tail()}")
            await asyncio.sleep(POLL_S)


def log_tail(log: Path, start: int, lines: int) -> str:
    """The last so many lines of what `log` has from byte `start` on, for error messages."""
    if not log.exists():
        return f"(no log at {log})"
    with log.open("rb") as opened:
        opened.seek(start)
        written = opened.read().decode(errors="replace").splitlines()
    if not written:
        return f"(nothing in {log})"
    return "\n".join([f"last lines of {log}:", *(f"  {line}" for line in written[-lines:])])
