"""Problems of the harness itself, as opposed to problems of the system under test.

Whatever is raised from here says nothing about the system: a run that meets one is INCONCLUSIVE, never VIOLATED.
"""

from collections.abc import Iterator
from typing import TypeVar

T = TypeVar("T", bound=BaseException)


class HarnessProblem(Exception):
    """The harness could not do what the experiment asked of it; the message says what, where, and how to mend it."""


def leaves(failure: T | BaseExceptionGroup[T]) -> Iterator[T]:
    """What went wrong, without the groups that it was raised in, if it was in any."""
    if isinstance(failure, BaseExceptionGroup):
        for each in failure.exceptions:
            yield from leaves(each)
    else:
        yield failure
