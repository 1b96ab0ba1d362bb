"""How long a supervisor waits before it starts a process that has ended."""

from dataclasses import dataclass
from typing import Final

FIRST_S: Final = 0.1  # as Docker's restart policy begins
LONGEST_S: Final = 2.0  # Docker goes on to a minute; somebody is watching this
FORGIVEN_AFTER_S: Final = 10.0  # a life of this length was no part of a crash loop; Docker's figure too


@dataclass(slots=True)
class Backoff:
    """Waits double from one short life to the next, up to a bound, and start over after a long one."""

    _next_s: float = FIRST_S

    def after(self, lived_s: float) -> float:
        """Seconds to wait after a life of `lived_s`."""
        if lived_s >= FORGIVEN_AFTER_S:
            self._next_s = FIRST_S
        wait_s = self._next_s
        self._next_s = min(wait_s * 2, LONGEST_S)
        return wait_s
