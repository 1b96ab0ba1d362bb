"""Running totals of a load."""

import math
from array import array
from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from system.client.outcome import Kind, Outcome

RECENT: Final = 1000  # answers that a p99 on the screen is about


class Tally:
    """Counts outcomes; of answers it keeps the latency alone (8 bytes), so that a client may run for weeks."""

    def __init__(self) -> None:
        self.sent = 0
        self.latencies_s: Final = array("d")
        self.recent_s: Final = deque[float](maxlen=RECENT)
        self.failures: Final = Counter[Kind]()
        self.examples: Final[dict[Kind, str]] = {}
        self.by_worker: Final = Counter[str]()
        self.retries = 0
        self.retried = 0

    @property
    def answered(self) -> int:
        return len(self.latencies_s)

    @property
    def failed(self) -> int:
        return self.failures.total()

    @property
    def outstanding(self) -> int:
        return self.sent - self.answered - self.failed

    def count(self, outcome: Outcome) -> None:
        self.retries += outcome.retries
        self.retried += outcome.retries > 0
        if outcome.kind is Kind.ANSWERED:
            self.latencies_s.append(outcome.latency_s)
            self.recent_s.append(outcome.latency_s)
            self.by_worker[outcome.worker or "unnamed"] += 1
        else:
            self.failures[outcome.kind] += 1
            self.examples.setdefault(outcome.kind, outcome.detail)


def quantile(values: Iterable[float], share: float) -> float | None:
    """The smallest value that at least `share` of all do not exceed (nearest rank); None of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None
