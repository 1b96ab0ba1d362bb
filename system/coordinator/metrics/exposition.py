"""The registry of a coordinator, and what one scrape of it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.metrics.edge import EdgeFigures
from system.coordinator.metrics.lag import LoopLag
from system.coordinator.metrics.state import StateCollector
from system.coordinator.metrics.told import MetricsListener


@dataclass(frozen=True, slots=True)
class Exposition:
    """What one scrape is answered."""

    body: bytes
    content_type: str


class Scrape:
    """Call it on the event loop, with what the scraper accepts, and the names of the samples it wants if not all."""

    def __init__(self, registry: CollectorRegistry, listener: MetricsListener, dispatcher: Dispatcher) -> None:
        self._registry = registry
        self._listener = listener
        self._dispatcher = dispatcher

    def __call__(self, accept: str, names: Sequence[str] = ()) -> Exposition:
        self._listener.keep({member.id for member in self._dispatcher.members})
        encode, content_type = choose_encoder(accept)
        wanted = self._registry.restricted_registry(names) if names else self._registry
        return Exposition(encode(wanted), content_type)


class Metrics:
    """`listener` is for the dispatcher, which is made with it and then handed to `of`; `edge` for every connection."""

    def __init__(self, batch_size: int) -> None:
        # Asks collectors of state for their names, or nobody could ask for those alone.
        self._registry = CollectorRegistry(auto_describe=True)
        self._lag = LoopLag(self._registry)
        self.listener = MetricsListener(self._registry, batch_size)
        self.edge = EdgeFigures(self._registry)
        ProcessCollector(registry=self._registry)

    @asynccontextmanager
    async def of(self, dispatcher: Dispatcher) -> AsyncIterator[Scrape]:
        """Scrapes of `dispatcher`, as long as this lasts."""
        self._registry.register(StateCollector(dispatcher))
        watching = asyncio.create_task(self._lag.watch())
        try:
            yield Scrape(self._registry, self.listener, dispatcher)
        finally:
            watching.cancel()
