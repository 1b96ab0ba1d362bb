"""How a worker is told to stop, and how long what it has begun may take to end."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Self

from structlog.typing import FilteringBoundLogger

from system import stop_signals
from system.worker.service import InferenceService

# Most request ids that the line about a cut drain names; it counts the others.
IDS_NAMED: Final = 100


class StopSignals:
    """SIGTERM and SIGINT: the first asks for an end, another insists on it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.insisted = asyncio.Event()

    @classmethod
    def heard(cls) -> Self:
        """From now on, by the running loop's process."""
        signals = cls()
        stop_signals.hear(signals.come)
        return signals

    def come(self, _name: str) -> None:
        (self.insisted if self.asked.is_set() else self.asked).set()


async def done_before(work: asyncio.Future[Any], event: asyncio.Event, bound_s: float | None = None) -> bool:
    """Whether `work` was done before `event` was set and before `bound_s` had passed; it is not cancelled otherwise."""
    waiting = asyncio.create_task(event.wait())
    try:
        done, _ = await asyncio.wait([work, waiting], timeout=bound_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return work in done


async def drain(service: InferenceService, insisted: asyncio.Event, bound_s: float, log: FilteringBoundLogger) -> bool:
    """Whether all that `service` let in was answered within the bound; a line says what was not."""
    log.info("draining", running=len(service.running))
    if await done_before(asyncio.create_task(service.idle()), insisted, bound_s):
        return True
    left = service.running
    ids = [request_id for batch in left for request_id in batch.request_ids]
    log.warning(
        "drain cut short" if insisted.is_set() else "drain timed out",
        abandoned=len(left),
        requests=len(ids),
        request_ids=ids[:IDS_NAMED],
        bound_s=bound_s,
    )
    return False
