"""The retry budget: retries and hedges as a share of the traffic, so that a storm of them dies out by itself.

A retry that finds the budget empty waits for it; it does not fail, for its request was admitted. After Finagle's
RetryBudget (a share of the traffic and a floor per second) and gRPC's retry throttling (gRFC A6).
"""

from __future__ import annotations

from typing import Final

# What may be retried however little traffic there is.
FLOOR_PER_S: Final = 10.0

# Savings that are kept at least, in retries.
SAVINGS: Final = 100.0


class Budget:
    """A token bucket: `share` tokens come in with each request and FLOOR_PER_S each second; a retry takes one."""

    def __init__(self, share: float, now: float) -> None:
        self._share = share
        self._savings = SAVINGS
        self._tokens = self._savings
        self._filled_at = now

    def save_up_to(self, savings: float) -> None:
        """More can fail at once than before."""
        if savings > self._savings:
            self._tokens += savings - self._savings
            self._savings = savings

    def earn(self) -> None:
        """A request was admitted."""
        self._tokens = min(self._savings, self._tokens + self._share)

    def spend(self, now: float, count: int = 1) -> bool:
        """Take `count` tokens, if there are as many."""
        self._tokens = min(self._savings, self._tokens + (now - self._filled_at) * FLOOR_PER_S)
        self._filled_at = now
        if self._tokens < count:
            return False
        self._tokens -= count
        return True

    @property
    def wait_s(self) -> float:
        """How long until there is a token, if no request brings one; as of the last `spend`."""
        return max(0.0, 1.0 - self._tokens) / FLOOR_PER_S
