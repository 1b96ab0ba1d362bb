"""The knobs of the core."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The knobs of the dispatcher; times in seconds. Names follow the environment's (see settings.py)."""

    worker_timeout: float = 3.0
    batch_size: int = 3
    batch_timeout: float = 0.15
    queue_limit: int = 5000
    request_log_size: int = 5000
    heartbeat_interval: float = 0.25
    heartbeat_timeout: float = 0.5
    max_attempts: int = 8
    retry_budget: float = 0.2
    hedge_after: float = 0.0
    eject_error_rate: float = 0.5
    eject_slowness: float = 5.0
    eject_time: float = 5.0
    poison_kills: int = 2
    quarantine: float = 300.0
    queue_bytes: int = 64 * 1024 * 1024
    queue_wait: float = 1.0

    @property
    def deadline(self) -> float:
        """How long a client is kept waiting at most."""
        return 5 * self.worker_timeout
