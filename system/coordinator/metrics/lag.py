"""How late the event loop runs what is due: time that every request of this process loses together."""

from __future__ import annotations

import asyncio
from typing import Final

from prometheus_client import CollectorRegistry, Histogram

INTERVAL_S: Final = 0.25

# Timers of the loop count in milliseconds: less than a few of them is no lag.
LAGS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)


class LoopLag:
    """`watch` measures for ever."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lags = Histogram(
            "brownout_event_loop_lag_seconds",
            f"How late a timer was that is set every {INTERVAL_S:g} s.",
            buckets=LAGS_S,
            registry=registry,
        )

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + INTERVAL_S
            await asyncio.sleep(INTERVAL_S)
            self._lags.observe(max(0.0, loop.time() - due))
