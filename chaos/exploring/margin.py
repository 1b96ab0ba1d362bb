"""How far a failing case is from holding: whether others fail that are as near to it as one real run is to the next.

In virtual time a case always comes to the same, so the smallest that fails may owe it to a coincidence of microseconds
that reality never repeats. Others near by take as long as others to compute, and are struck a little later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from chaos.case import Case
from chaos.exploring.trial import Runner

NEAR: Final = 6  # cases that are looked at beside one
FIRM: Final = 5  # of them that fail too, from which on it is no coincidence
STEP_S: Final = 0.015


def nearby(case: Case, most: int = NEAR) -> Iterator[Case]:
    """The same faults and requests under other seeds, the faults up to a tenth of a second later; always the same."""
    for number in range(1, most + 1):
        yield replace(case, seed=case.seed + number, schedule=case.schedule.shifted(number * STEP_S))


def margin(case: Case, invariant: str, runner: Runner, *, at_least: int = 0) -> int:
    """How many near by violate `invariant` too. Ends as soon as it is known to be less than `at_least`."""
    failed = 0
    for number, each in enumerate(nearby(case), 1):
        failed += invariant in runner.run(each).violated
        if failed + NEAR - number < at_least:
            break
    return failed
