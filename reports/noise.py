"""How much the machine itself was in the way of a run, from what the harness noted about it while the run went on.

The harness writes, about once a second, an `info` op of the process "machine" whose `f` is "noise":

    delays_ms   how late each of its timers fired since the op before, due every `every_ms`
    steal       share of the machine's time that whoever runs it gave to others; None where it does not tell
    waited      share of the time that the harness was ready to run and had no core; None likewise
    stepped_s   how far somebody set the clock since the op before, forwards or back

Noise takes time away and gives none: what a system did in spite of it, it did. So noise turns no pass into anything,
but what looks like a failure of timing decides nothing, and neither does a baseline that was taken meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from reports.history import MACHINE
from reports.measure import lateness_ms, quantile
from reports.record import Record

F: Final = "noise"
LATE_MS: Final = 250.0  # as late as service may be and still count as recovered: beyond it, the harness is the slow one
LOST: Final = 0.2  # of a time: figures taken in it may be off by as much, and promises are no finer
STALL_MS: Final = 100.0  # a chart of latencies shows no less of it
STEP_S: Final = 1.0  # clocks that are kept drift by less in a day


@dataclass(frozen=True, slots=True)
class Noise:
    """Of some time of a run. `lost` is the share of it in which no timer fired that should have.

    `sent_late_p99_ms` is how late requests due in that time were sent; None where none had a time.
    """

    samples: int
    delay_p50_ms: float
    delay_p99_ms: float
    delay_max_ms: float
    lost: float
    steal: float | None
    waited: float | None
    stepped_s: float
    sent_late_p99_ms: float | None

    def to_json(self) -> dict[str, float | int | None]:
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}

    @property
    def spoils_rates(self) -> str | None:
        """Why nothing that is counted per second in this time can be trusted; None where it can."""
        shares = {"no timer fired": self.lost, "others had the processor": self.steal or 0.0}
        told = [f"{share:.0%} of the time {what}" for what, share in shares.items() if share > LOST]
        return f"the machine was too noisy: {', '.join(told)} ({LOST:.0%} are tolerated)" if told else None

    @property
    def excuses(self) -> str | None:
        """Why what came too late, or too rarely, in this time need not have been the system's fault."""
        late = {"timers fired": self.delay_p99_ms, "requests were sent": self.sent_late_p99_ms or 0.0}
        told = [f"{what} {ms:.0f} ms late at the 99th percentile" for what, ms in late.items() if ms > LATE_MS]
        if told:
            return f"the machine was too noisy: {', '.join(told)} ({LATE_MS:g} ms are tolerated)"
        return self.spoils_rates


def noise(record: Record, start_s: float = 0.0, end_s: float = math.inf) -> Noise | None:
    """What was noted in [start_s, end_s); None where nothing was, as of runs in virtual time."""
    notes = [
        op.value
        for op in record.history.of(MACHINE, F)
        if op.value is not None and _began_s(op.time_s, op.value) < end_s and op.time_s >= start_s
    ]
    delays = [float(delay) for note in notes for delay in note["delays_ms"]]
    if not delays:
        return None
    due = (each for each in record.requests if start_s <= each.due_s < end_s)
    slept = sum(note["every_ms"] * len(note["delays_ms"]) for note in notes)
    return Noise(
        samples=len(delays),
        delay_p50_ms=quantile(delays, 0.5) or 0.0,
        delay_p99_ms=quantile(delays, 0.99) or 0.0,
        delay_max_ms=max(delays),
        lost=sum(delays) / (slept + sum(delays)),
        steal=_mean([note["steal"] for note in notes]),
        waited=_mean([note["waited"] for note in notes]),
        stepped_s=max((float(note["stepped_s"]) for note in notes), key=abs),
        sent_late_p99_ms=quantile(lateness_ms(due).values(), 0.99),
    )


@dataclass(frozen=True, slots=True)
class Stall:
    """A time in which no timer of the harness fired, though one was due at its beginning."""

    start_s: float
    end_s: float


def stalls(record: Record, at_least_ms: float = STALL_MS) -> tuple[Stall, ...]:
    """Every time of so many milliseconds in which the machine did nothing for the harness, in order."""
    found = []
    for op in record.history.of(MACHINE, F):
        if op.value is None:
            continue
        at_s = _began_s(op.time_s, op.value)
        for delay_ms in op.value["delays_ms"]:
            due_s = at_s + op.value["every_ms"] / 1000
            at_s = due_s + delay_ms / 1000
            if delay_ms >= at_least_ms:
                found.append(Stall(max(0.0, due_s), at_s))
    return tuple(found)


def _began_s(ended_s: float, note: Mapping[str, Any]) -> float:
    delays: list[float] = note["delays_ms"]
    return ended_s - (float(note["every_ms"]) * len(delays) + sum(delays)) / 1000


def _mean(shares: list[float | None]) -> float | None:
    told = [share for share in shares if share is not None]
    return sum(told) / len(told) if told else None
