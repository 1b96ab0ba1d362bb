"""Whatever is broken, within limits: generated faults under generated load lose nothing and answer nothing wrongly.

pytest -m chaos --substrate simulated --chaos-examples 3000 scenarios/test_explore.py
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import strategies as st

from chaos.bundled import bundled
from chaos.case import Case
from chaos.exploring.explorer import Explorer
from chaos.exploring.limits import Limits
from chaos.exploring.strategies import DEADLY, SEEN_AT_ONCE, schedules, workloads
from chaos.invariants import (
    Invariant,
    answered_once,
    answers_correct,
    books_balance,
    deadline_respected,
    logs_complete,
    no_loss,
    poison_isolated,
    reconciled,
    retries_explained,
)
from chaos.system_under_test import SystemUnderTest
from scenarios.asking_twice import asked_twice

SECONDS: Final = 10.0
LIMITS: Final = Limits(SECONDS, most=6)
RIGHT: Final = (
    *(answered_once(), answers_correct(), books_balance(), deadline_respected()),
    *(logs_complete(), reconciled()),
)
# Each fault may cost a request one attempt; MAX_ATTEMPTS, after which it would be given up, are eight.
EXPLAINED: Final = retries_explained(at_most=7)
# Where batches take a different time each, a model that is slower cannot be told from one that is not.
DELAYED: Final = tuple(kind for kind in SEEN_AT_ONCE if kind != "slow_model")


@dataclass(frozen=True, slots=True)
class Family:
    """What one kind of deployment is put under, and what it promises then."""

    system: SystemUnderTest
    judges: tuple[Invariant, ...]
    rates: tuple[int, int] = (5, 30)
    sizes: tuple[int, int] = (2, 20)
    limits: Limits = LIMITS
    kinds: Collection[str] = SEEN_AT_ONCE
    poison: str | None = None

    def cases(self) -> st.SearchStrategy[Case]:
        workload = workloads(SECONDS, rates=self.rates, sizes=self.sizes)
        if (poison := self.poison) is not None:
            workload = st.builds(
                lambda workload, tenths: workload.sending(poison, at=tenths / 10), workload, st.integers(5, 15)
            )
        return st.builds(
            Case,
            st.just(self.system),
            workload,
            schedules(self.system, self.limits, kinds=self.kinds),
            st.integers(0, 2**32 - 1),
            st.just(self.judges),
        )


# The plainest first: what fails there as well is told there.
FAMILIES: Final = (
    Family(bundled(), (no_loss(), *RIGHT, EXPLAINED)),
    # Batches of 0.1 s on average: a worker is busy whenever it is hit, and holds another batch behind the first.
    Family(
        bundled(2, coordinator={"BATCH_SIZE": "8"}, worker={"MAX_DELAY": "0.2"}),
        (no_loss(), *RIGHT, EXPLAINED),
        rates=(5, 60),
        kinds=DELAYED,
    ),
    # Who is slower than usual is not waited for.
    Family(
        bundled(coordinator={"HEDGE_AFTER": "0.8"}, worker={"MAX_DELAY": "0.1"}),
        (no_loss(), *RIGHT, EXPLAINED),
        kinds=DELAYED,
    ),
    # More than can be answered: 13 requests a second and worker.
    Family(
        bundled(2, coordinator={"BATCH_SIZE": "1", "QUEUE_LIMIT": "30"}, worker={"MAX_DELAY": "0.15"}),
        (no_loss(refusals="allowed"), *RIGHT, EXPLAINED),
        rates=(10, 60),
        sizes=(10, 60),
        kinds=DELAYED,
    ),
    # Every text twice under one key, by clients that ask again when they lose their connection.
    Family(asked_twice(), (no_loss(), *RIGHT, EXPLAINED)),
    # A text that kills, and links that are slow once its victims are back: workers that are ended from outside as well
    # could not be told from those.
    Family(
        bundled(coordinator={"BATCH_SIZE": "8"}, worker={"CRASH_ON": DEADLY, "MAX_DELAY": "0.1"}, restart_after_s=1.0),
        (poison_isolated(DEADLY), *RIGHT),
        kinds=("latency",),
        limits=Limits(SECONDS, lead_s=6),
        poison=DEADLY,
    ),
    # A text that kills one worker at a time, and no other: it is suspected, and acquitted by the next.
    Family(
        bundled(coordinator={"BATCH_SIZE": "8"}, worker={"MAX_DELAY": "0.1"}, restart_after_s=1.0),
        (no_loss(), *RIGHT, EXPLAINED),
        kinds=("crash_on", "latency", "slow_close"),
        poison=DEADLY,
    ),
)


def cases() -> st.SearchStrategy[Case]:
    """Of all families, as many of each."""
    return st.one_of([family.cases() for family in FAMILIES])


@pytest.mark.chaos
def test_explore(exploration: Explorer) -> None:
    exploration.holds(cases())
