"""Schedules and workloads for Hypothesis, within limits under which the system's promises hold.

    @given(schedules(), workloads())
    def test_nothing_is_lost(schedule: Schedule, workload: Workload) -> None: ...

What fails shrinks towards few faults, of simple kinds, that come early and do not last, and towards few requests: every
choice is a small number whose zero is the simplest, and a fault that does not fit in beside those before it is left out
instead of being tried again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from hypothesis import strategies as st

from chaos.bundled import bundled
from chaos.exploring.limits import Limits
from chaos.faults.aim import Planned
from chaos.faults.bandwidth import Bandwidth
from chaos.faults.blackhole import Blackhole
from chaos.faults.crash import Crash
from chaos.faults.crash_on import CrashOn
from chaos.faults.down import Down
from chaos.faults.fail_rpc import FailRpc
from chaos.faults.fault import Fault, TargetKind, fault_class
from chaos.faults.flap import Flap
from chaos.faults.latency import Latency
from chaos.faults.limit_data import LimitData
from chaos.faults.partition import Partition
from chaos.faults.pause import Pause
from chaos.faults.reset import Reset
from chaos.faults.slice import Slice
from chaos.faults.slow_close import SlowClose
from chaos.faults.slow_model import SlowModel
from chaos.faults.starve_cpu import StarveCpu
from chaos.faults.terminate import Terminate
from chaos.schedule import Schedule
from chaos.system_under_test import CLIENT, SystemUnderTest
from chaos.workload import Workload, burst, constant, poisson

Draw = st.DrawFn

TENTHS: Final = 10  # times are drawn in tenths of a second: what only fails between them is hard to talk about

DEADLY: Final = "a film that stops the heart"
"""The text that a drawn `crash_on` makes deadly: whoever wants one to die of it has to send it."""

# The simplest first.
FAULTS: Final[Mapping[str, st.SearchStrategy[Fault]]] = MappingProxyType(
    {
        "crash": st.builds(Crash),
        "pause": st.builds(Pause),
        "terminate": st.builds(Terminate),
        "down": st.builds(Down),
        "blackhole": st.builds(Blackhole, st.sampled_from(("both", "up", "down"))),
        "reset": st.builds(Reset, st.sampled_from(("up", "down"))),
        "latency": st.integers(1, 10).map(lambda hundreds: Latency(100 * hundreds)),
        "slow_model": st.integers(2, 5).map(lambda hundreds: SlowModel(100 * hundreds)),
        "flap": st.integers(2, 5).map(lambda hundreds: Flap(200 * hundreds, 100 * hundreds)),
        "slice": st.integers(1, 4).map(lambda tens: Slice(size=16, ms=10 * tens)),
        "bandwidth": st.integers(1, 3).map(Bandwidth),
        "starve_cpu": st.integers(1, 5).map(lambda tenths: StarveCpu(tenths / 10)),
        "fail_rpc": st.integers(1, 50).map(lambda times: FailRpc(times=times)),
        "partition": st.builds(Partition),
        "slow_close": st.integers(1, 10).map(lambda hundreds: SlowClose(100 * hundreds)),
        "limit_data": st.integers(2, 20).map(lambda thousands: LimitData(1000 * thousands)),
        "crash_on": st.just(CrashOn(DEADLY)),
    }
)


# Seconds that it takes, on a bad day, to see that they bite; who is struck for a shorter time was struck for nothing.
SEEN_AFTER_S: Final[Mapping[str, float]] = MappingProxyType(
    {
        "slow_model": 2.5,
        "flap": 2.0,
        "fail_rpc": 2.0,
        "slice": 1.5,
        "bandwidth": 1.5,
        "starve_cpu": 1.5,
        "slow_close": 2.0,
        "limit_data": 2.5,
    }
)

# A call that fails is seen only where calls come often enough, and whoever dies of a text has to be started again:
# whoever wants them says so, and sees to it.
SEEN_AT_ONCE: Final = tuple(kind for kind in FAULTS if kind not in {"fail_rpc", "crash_on"})


def schedules(
    system: SystemUnderTest | None = None,
    limits: Limits | None = None,
    *,
    kinds: Collection[str] = SEEN_AT_ONCE,
) -> st.SearchStrategy[Schedule]:
    """Schedules that can be carried out on `system` (by default the bundled one) and keep within `limits`.

    Working nodes and the edges that lead to them are hit; what lies between the client and all of them is not, for
    whoever loses his connection has no answer, whatever the system does. Raises ValueError where a kind is not known.
    """
    system, limits = system or bundled(), limits or Limits(seconds=12)
    if unknown := sorted(set(kinds) - FAULTS.keys()):
        raise ValueError(f"no schedules are drawn with {', '.join(unknown)}; they can be with {', '.join(FAULTS)}")
    aims = {kind: tuple(_targets(system, kind)) for kind in FAULTS if kind in kinds}
    return _schedules(system, limits, {kind: targets for kind, targets in aims.items() if targets})


def workloads(
    seconds: float = 12, *, rates: tuple[int, int] = (5, 40), sizes: tuple[int, int] = (2, 20)
) -> st.SearchStrategy[Workload]:
    """Arrivals for `seconds` at a rate between `rates` per second: even, at random, or with bursts of `sizes`."""
    rate = st.integers(*rates)
    tenths = st.integers(10, max(10, int(seconds * TENTHS / 2)))
    return st.one_of(
        rate.map(lambda rate: constant(rate, seconds)),
        rate.map(lambda rate: poisson(rate, seconds)),
        st.builds(
            lambda rate, size, tenths: burst(size, tenths / TENTHS, seconds, rate=rate),
            rate,
            st.integers(*sizes),
            tenths,
        ),
    )


@st.composite
def _schedules(draw: Draw, system: SystemUnderTest, limits: Limits, aims: Mapping[str, tuple[str, ...]]) -> Schedule:
    schedule = Schedule()
    for planned in draw(st.lists(_planned(limits, aims), max_size=limits.most)):
        more = schedule + Schedule((planned,))
        if not any(limits.problems(more, system)):
            schedule = more
    return schedule


@st.composite
def _planned(draw: Draw, limits: Limits, aims: Mapping[str, tuple[str, ...]]) -> Planned:
    kind = draw(st.sampled_from(tuple(aims)))
    target = draw(st.sampled_from(aims[kind]))
    fault = draw(FAULTS[kind])
    end, lead = _tenths(limits.seconds - limits.tail_s), _tenths(limits.lead_s)
    shortest = _tenths(max(limits.shortest_s, SEEN_AFTER_S.get(kind, 0.0)))
    start = draw(st.integers(lead, max(lead, end - shortest)))
    lasts = draw(st.integers(shortest, max(shortest, _tenths(limits.longest_s))))
    return Planned(fault, target, start / TENTHS, min(start + lasts, end) / TENTHS)


def _targets(system: SystemUnderTest, kind: str) -> Iterator[str]:

    hits = fault_class(kind).hits
    working = {node.name for node in system.nodes if node.capacity}
    if hits is not TargetKind.NODE:
        yield from (edge.name for edge in system.edges if edge.source != CLIENT and edge.target in working)
    else:
        yield from sorted(working)


def _tenths(seconds: float) -> int:
    return round(seconds * TENTHS)
