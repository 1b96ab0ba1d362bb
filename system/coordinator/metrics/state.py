"""The dispatcher as it stands, read at each scrape: what is not told, because it only is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from system.coordinator.core.dispatcher import Dispatcher
from system.coordinator.core.member import MemberState


class StateCollector(Collector):
    """Read on the event loop, where nothing changes meanwhile: all of one scrape is of one moment."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def collect(self) -> Iterator[Metric]:
        yield from self._books()
        yield from self._queue()
        yield from self._workers()
        yield GaugeMetricFamily("brownout_event_loop_tasks", "Tasks of the event loop.", value=len(asyncio.all_tasks()))

    def _books(self) -> Iterator[Metric]:
        ledger = self._dispatcher.ledger
        yield CounterMetricFamily("brownout_requests_submitted", "Requests admitted.", value=ledger.submitted)
        yield CounterMetricFamily("brownout_requests_completed", "Requests answered.", value=ledger.completed)
        yield CounterMetricFamily("brownout_requests_retried", "Attempts after a failed one.", value=ledger.retried)
        yield GaugeMetricFamily("brownout_requests_pending", "Requests admitted and not ended.", value=len(ledger))

    def _queue(self) -> Iterator[Metric]:
        queue = self._dispatcher.queue
        oldest = queue.oldest
        age_s = 0.0 if oldest is None else asyncio.get_running_loop().time() - oldest.accepted_at
        yield GaugeMetricFamily("brownout_queue_length", "Requests that wait for a worker.", value=len(queue))
        yield GaugeMetricFamily(
            "brownout_queue_oldest_age_seconds", "Since the oldest of them was admitted, 0 if none.", value=age_s
        )

    def _workers(self) -> Iterator[Metric]:
        states = GaugeMetricFamily(
            "brownout_worker_state", "1 for the state that a worker is in.", labels=["worker", "state"]
        )
        in_flight = GaugeMetricFamily(
            "brownout_worker_in_flight", "Requests that a worker is expected to answer.", labels=["worker"]
        )
        last_seen = GaugeMetricFamily(
            "brownout_worker_last_seen_timestamp_seconds", "When a worker was last heard.", labels=["worker"]
        )
        for member in self._dispatcher.members:
            for state in MemberState:
                states.add_metric([member.id, state.value], member.state is state)
            in_flight.add_metric([member.id], sum(len(flight.requests) for flight in member.carried))
            if member.last_seen is not None:
                last_seen.add_metric([member.id], member.last_seen)
        yield from (states, in_flight, last_seen)
