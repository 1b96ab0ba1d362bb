"""Carrying out a coroutine in virtual time, beside whatever loop of real time there is."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from chaos.clusters.simulated.loop import VirtualLoop
from chaos.problems import HarnessProblem

T = TypeVar("T")

COLLECT_AFTER: Final = 100_000  # objects more than there were; a run of thirty seconds makes about as many


class SimulationSlipped(HarnessProblem):
    """Code in a simulation raised what nobody handles; a slip of the harness or of the coordinator's core."""


def run(work: Coroutine[Any, Any, T], loop: VirtualLoop | None = None) -> T:
    """To its end, in a thread in which no event loop runs. Raises SimulationSlipped for what went wrong unnoticed."""
    loop = loop or VirtualLoop()
    with seldom_collecting():
        try:
            result = loop.run_until_complete(work)
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
    if loop.slips:
        raise SimulationSlipped("; ".join(_told(slip) for slip in loop.slips)) from loop.slips[0].get("exception")
    return result


async def in_virtual_time(work: Coroutine[Any, Any, None]) -> None:
    """The same for a caller whose own loop runs: in a thread of its own, cancelled when the caller is."""
    loop = VirtualLoop()
    task = loop.create_task(work)

    def to_the_end() -> None:
        run(_finished(task), loop)

    running = asyncio.ensure_future(asyncio.to_thread(to_the_end))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        loop.interrupted = task.cancel
        await asyncio.wait({running})
        raise


async def _finished(task: asyncio.Task[None]) -> None:
    await task


@contextmanager
def seldom_collecting() -> Iterator[None]:
    """A run makes tens of thousands of objects that all live to its end; looking through them again and again costs a
    tenth. Around many runs it also saves the one look at the end of each.
    """
    before = gc.get_threshold()
    gc.set_threshold(max(COLLECT_AFTER, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _told(slip: dict[str, Any]) -> str:
    return f"{slip.get('message')}: {slip.get('exception')!r}"
