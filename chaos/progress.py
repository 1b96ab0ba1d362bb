"""What a run tells whoever watches it, while it goes on."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

Say = Callable[[str], None]
"""Shows one line about how far something has come, in place of the one before."""


@dataclass(frozen=True, slots=True)
class Moment:
    """How a run stands. Rates are per second, over the time since the moment before; `faults` are those in force."""

    now_s: float
    lasts_s: float
    offered: int
    answered: int
    offered_rps: float
    answered_rps: float
    faults: tuple[str, ...]


class Progress(Protocol):
    """`moment` is called a few times a second and must not block."""

    def moment(self, moment: Moment) -> None: ...


class Watcher(Protocol):
    """Somebody who wants to see runs go on: one `watching` scope for each run, one `telling` scope for many."""

    def watching(self, scenario: str) -> AbstractContextManager[Progress]: ...

    def telling(self, scenario: str) -> AbstractContextManager[Say]: ...


class Unwatched:
    """The watcher that is not there."""

    def watching(self, scenario: str) -> AbstractContextManager[Progress]:  # noqa: ARG002 - the word of the protocol
        return nullcontext(self)

    def moment(self, moment: Moment) -> None: ...

    def telling(self, scenario: str) -> AbstractContextManager[Say]:  # noqa: ARG002 - as above
        return nullcontext(lambda _line: None)
