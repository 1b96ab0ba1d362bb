"""What the bundled system promises whatever is broken, within limits; what a run is judged by that names nothing."""

from __future__ import annotations

from chaos.invariants import (
    Invariant,
    answered_once,
    answers_correct,
    books_balance,
    deadline_respected,
    no_loss,
    retries_explained,
)

MOST_RETRIES = 7  # each fault may cost a request one attempt; with the eighth, MAX_ATTEMPTS, it would be given up


def standard() -> tuple[Invariant, ...]:
    return (
        *(no_loss(), answered_once(), answers_correct(), books_balance()),
        *(deadline_respected(), retries_explained(at_most=MOST_RETRIES)),
    )
