"""`python coordinator.py BUG`: the coordinator with one bug planted in its core.

A program of its own that imports nothing but the coordinator, so that it runs from wherever the project is installed;
in a simulation the same bugs are planted into the core of this very process, for as long as the scope lasts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any, Final
from unittest.mock import patch

from system.coordinator.core.errors import AttemptsExhausted
from system.coordinator.core.flight import Flight
from system.coordinator.core.landing import Landing
from system.coordinator.core.member import Member
from system.coordinator.core.request import Attempt, Request, State
from system.coordinator.core.worker import Answer, Cause, ItemRefused

Outcomes = Sequence[Answer | ItemRefused]


def no_redirect() -> dict[str, Callable[..., Any]]:
    """A failed attempt fails its requests instead of sending them to another worker."""

    def redirect(landing: Landing, request: Request, attempt: Attempt, cause: Cause, now: float) -> None:
        if landing._end(request, attempt, cause, now) and request.state is State.PROCESSING and not request.in_hands:
            landing.fail(request, AttemptsExhausted(request), now)

    return {"_redirect": redirect}


def late_answers_count() -> dict[str, Callable[..., Any]]:
    """Whoever was overtaken goes on computing, and its answer goes into the books a second time."""
    answered = Landing.answered

    def let_go(landing: Landing, request: Request, cause: Cause, now: float) -> None:
        for attempt in request.attempts:
            landing._end(request, attempt, cause, now)

    def answered_twice(landing: Landing, member: Member, flight: Flight, outcomes: Outcomes, now: float) -> None:
        landing.ledger.completed += sum(request.state is State.DONE for request in flight.requests)
        answered(landing, member, flight, outcomes, now)

    return {"_let_go": let_go, "answered": answered_twice}


def swapped_mates() -> dict[str, Callable[..., Any]]:
    """In a batch with a redirected request, the first two get each other's answer."""
    answered = Landing.answered

    def swapped(landing: Landing, member: Member, flight: Flight, outcomes: Outcomes, now: float) -> None:
        if len(outcomes) > 1 and any(request.retries for request in flight.requests):
            outcomes = [outcomes[1], outcomes[0], *outcomes[2:]]
        answered(landing, member, flight, outcomes, now)

    return {"answered": swapped}


BUGS: Final[Mapping[str, Callable[[], dict[str, Callable[..., Any]]]]] = MappingProxyType(
    {each.__name__: each for each in (no_redirect, late_answers_count, swapped_mates)}
)


@contextmanager
def planted(bug: str) -> Iterator[None]:
    """The core of this process has the bug as long as the scope lasts."""
    with ExitStack() as scope:
        for name, method in BUGS[bug]().items():
            scope.enter_context(patch.object(Landing, name, method))
        yield


def main() -> None:
    from system.coordinator.__main__ import main as coordinator

    (bug,) = sys.argv[1:]
    del sys.argv[1:]  # the coordinator takes none
    with planted(bug):
        coordinator()


if __name__ == "__main__":
    main()
