"""Who is let in. What is refused here was certainly not executed, and is told when to come again."""

from __future__ import annotations

import math
from typing import Final

from system.coordinator.core.errors import Draining, Overloaded, Quarantined, QueueFull, TooLate
from system.coordinator.core.fading import FadingCount
from system.coordinator.core.policy import Policy
from system.coordinator.core.queue import Queue
from system.coordinator.core.roster import Roster
from system.coordinator.core.suspicion import Suspects

# Arrivals are counted over about this long: a burst is not an overload.
MEMORY_S: Final = 5.0

# How long a worker that is away counts as one that comes back: after an outage, workers return one by one, and the
# first of them is not all there will be.
AWAY_S: Final = 10.0

# How long more must come than can be answered before that is an overload.
PATIENCE_S: Final = 2.0

# From when on a queue that grows is an overload: a wait of this share of the deadline, or this share of QUEUE_LIMIT.
# Then it is kept to QUEUE_WAIT until less comes than can be answered: everybody who comes after an overload pays for
# the queue that it leaves.
LONG_WAIT: Final = 1 / 3
LONG_QUEUE: Final = 0.8

LONGEST_RETRY_AFTER_S: Final = 60


class Door:
    """Knows the queue's bounds and how fast it drains.

    A long queue alone is no reason to refuse: after an outage it is long, and shrinks. It is one when more comes than
    can be answered, for then waiting helps nobody (Nichols and Jacobson, "Controlling Queue Delay", 2012, on standing
    queues).
    """

    def __init__(self, policy: Policy, queue: Queue, roster: Roster, suspects: Suspects) -> None:
        self.draining = False
        self._policy = policy
        self._queue = queue
        self._roster = roster
        self._suspects = suspects
        self._arrivals = FadingCount(MEMORY_S)
        self._overloaded_since: float | None = None

    def pass_through(self, text: str, size: int, timeout_s: float, now: float) -> None:
        """Raises NotAdmitted."""
        self._arrivals.add(now)
        if self.draining:
            raise Draining
        if (left_s := self._suspects.quarantined_s(text, now)) > 0:
            raise Quarantined(math.ceil(left_s))
        capacity = self._roster.capacity(heard_since=now - AWAY_S)
        wait_s = len(self._queue) / capacity if capacity else 0.0
        if full := self._full(size):
            raise QueueFull(full, _retry_after(wait_s / 2))
        if wait_s > timeout_s:
            raise TooLate(wait_s, timeout_s, _retry_after(wait_s - timeout_s))
        if self._overloaded(wait_s, capacity, now):
            raise Overloaded(wait_s, _retry_after(wait_s))

    def _full(self, size: int) -> str | None:
        if len(self._queue) >= self._policy.queue_limit:
            return f"{self._policy.queue_limit} requests are waiting already"
        if self._queue.bytes + size > self._policy.queue_bytes:
            return f"{self._queue.bytes} bytes are waiting already, and {self._policy.queue_bytes} may"
        return None

    def _overloaded(self, wait_s: float, capacity: float | None, now: float) -> bool:
        if capacity is None or self._arrivals.value / MEMORY_S <= capacity:
            self._overloaded_since = None
            return False
        if self._overloaded_since is None:
            long_s = min(LONG_WAIT * self._policy.deadline, LONG_QUEUE * self._policy.queue_limit / capacity)
            if wait_s <= max(long_s, self._policy.queue_wait):
                return False
            self._overloaded_since = now
        return wait_s > self._policy.queue_wait and now - self._overloaded_since >= PATIENCE_S


def _retry_after(wait_s: float) -> int:
    return min(LONGEST_RETRY_AFTER_S, max(1, math.ceil(wait_s)))
