"""What the machine does to the harness while a run goes on: timers that fire late, cores it has to wait for, a clock
that somebody sets. Written into the history, where `reports.noise` finds it.

A timer of the event loop is what is watched, since everything the harness does and measures hangs on it.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chaos.recorder import Recorder
from reports.history import MACHINE, OpType
from reports.noise import F

EVERY_S: Final = 0.05
NOTES_EVERY: Final = 20  # timers to one op
SCHEDULED: Final = Path("/proc/thread-self/schedstat")  # nanoseconds on a core, nanoseconds of waiting for one, turns


@dataclass(frozen=True, slots=True)
class Readings:
    """Counters, in seconds; None where the operating system does not tell. `clock_s` is the clock's lead over time.

    `stolen_s` and `total_s` are of all cores together, `waited_s` of the thread that asks.
    """

    at_s: float
    clock_s: float
    stolen_s: float | None
    total_s: float
    waited_s: float | None


Machine = Callable[[], Readings]
"""Reads the counters of this moment; takes well under a millisecond."""


def this_machine() -> Readings:
    import psutil  # noqa: PLC0415 - collecting scenarios imports this file, and reads no counter

    times = psutil.cpu_times()
    return Readings(
        at_s=time.monotonic(),
        clock_s=time.time() - time.monotonic(),
        stolen_s=getattr(times, "steal", None),
        total_s=times.user + times.system + times.idle + sum(getattr(times, each, 0.0) for each in OTHERS),
        waited_s=_waited_s(),
    )


OTHERS: Final = ("nice", "iowait", "irq", "softirq", "steal")  # guests are in user and nice already


@contextmanager
def collecting_little() -> Iterator[None]:
    """Inside, Python looks for garbage among new objects only.

    Of everything that was imported there is half a million objects; to go through them all holds the event loop up for
    tens of milliseconds, and whatever is due then.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class Watchman:
    """Notes the noise of one run."""

    def __init__(self, recorder: Recorder, machine: Machine = this_machine) -> None:
        self._recorder = recorder
        self._machine = machine

    async def watch(self, every_s: float = EVERY_S) -> None:
        """Until cancelled; what was seen by then is noted as well."""
        clock = asyncio.get_running_loop().time
        before, delays_ms = self._machine(), list[float]()
        try:
            while True:
                due = clock() + every_s
                await asyncio.sleep(every_s)
                delays_ms.append(round(max(0.0, clock() - due) * 1000, 3))
                if len(delays_ms) == NOTES_EVERY:
                    before = self._note(before, delays_ms, every_s)
                    delays_ms = []
        finally:
            if delays_ms:
                self._note(before, delays_ms, every_s)

    def _note(self, before: Readings, delays_ms: list[float], every_s: float) -> Readings:
        now = self._machine()
        value = {
            "delays_ms": delays_ms,
            "every_ms": every_s * 1000,
            "steal": _share(before.stolen_s, now.stolen_s, now.total_s - before.total_s),
            "waited": _share(before.waited_s, now.waited_s, now.at_s - before.at_s),
            "stepped_s": round(now.clock_s - before.clock_s, 4),
        }
        self._recorder.record(MACHINE, OpType.INFO, F, value)
        return now


def _share(before: float | None, now: float | None, of: float) -> float | None:
    if before is None or now is None or of <= 0:
        return None
    return round(min(1.0, max(0.0, now - before) / of), 4)


def _waited_s() -> float | None:
    if sys.platform != "linux":
        return None
    try:
        return int(SCHEDULED.read_bytes().split()[1]) / 1e9
    except (OSError, IndexError):
        return None  # a kernel that does not count it
