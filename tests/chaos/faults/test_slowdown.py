"""What a probe took before a fault, on a machine that is busy with something else just then."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from chaos.faults.slowdown import BASELINE_S, baseline
from chaos.probes import ProbeOutcome, ProbeResult

pytestmark = pytest.mark.looptime


def probe_of_a_machine_that_stalls(until: float) -> Callable[[float], Awaitable[ProbeResult]]:
    """It takes a millisecond, or, begun before `until`, as long as that is away."""

    async def ask(timeout_s: float) -> ProbeResult:
        clock = asyncio.get_running_loop().time
        began = clock()
        await asyncio.sleep(min(timeout_s, max(0.001, until - began)))
        took_s = clock() - began
        return ProbeResult(ProbeOutcome.READY if took_s < timeout_s else ProbeOutcome.SILENT, took_s)

    return ask


@pytest.mark.parametrize("stall_s", [0.0, 0.04, 0.9])
async def test_one_stall_does_not_make_what_was_before_look_slow(stall_s: float) -> None:
    found = await baseline(probe_of_a_machine_that_stalls(asyncio.get_running_loop().time() + stall_s))
    assert found.ready
    assert found.seconds == pytest.approx(0.001)


async def test_silence_is_waited_for_no_longer_than_once() -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    found = await baseline(probe_of_a_machine_that_stalls(began + 60))
    assert found.outcome is ProbeOutcome.SILENT
    assert clock() - began == pytest.approx(BASELINE_S)


async def test_an_answer_counts_more_than_a_shorter_silence() -> None:
    answers = iter([0.95, 2.0])

    async def ask(timeout_s: float) -> ProbeResult:
        takes_s = next(answers)
        await asyncio.sleep(min(takes_s, timeout_s))
        answered = takes_s < timeout_s
        return ProbeResult(ProbeOutcome.READY if answered else ProbeOutcome.SILENT, min(takes_s, timeout_s))

    found = await baseline(ask)
    assert (found.ready, found.seconds) == (True, 0.95)
