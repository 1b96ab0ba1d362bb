"""The bugs are there, on every substrate that they are planted on, and what is not planted is not broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.bundled import bundled
from chaos.case import Case
from chaos.exploring.in_simulation import in_simulation
from chaos.exploring.regression import Regression
from reports.verdict import Verdict
from system.coordinator.core.landing import Landing
from tests.planted.coordinator import BUGS, planted
from tests.planted.hunt import COORDINATOR, WORKER, hunt

FIRST_NOTICED = {
    "late_answers_count": {"answered_once", "books_balance"},
    "no_redirect": {"no_loss"},
    "swapped_mates": {"answers_correct"},
}


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_planted_bug_is_caught_made_small_saved_and_replayed(bug: str, tmp_path: Path) -> None:
    caught = hunt(bug, 1, tmp_path)
    assert caught is not None
    assert caught.failure.invariant in FIRST_NOTICED[bug]
    assert caught.faults <= 2
    assert caught.replayed(in_simulation())
    # The same file, of a coordinator that is not broken: it was the bug.
    case = Regression.load(caught.file).case
    mended = Case(bundled(coordinator=COORDINATOR, worker=WORKER), case.workload, case.schedule, case.seed, case.judges)
    assert in_simulation().run(mended).verdict is Verdict.HELD


@pytest.mark.parametrize("bug", sorted(BUGS))
def test_a_bug_is_planted_for_as_long_as_its_scope_lasts(bug: str) -> None:
    before = {name: vars(Landing)[name] for name in BUGS[bug]()}
    with planted(bug):
        assert all(vars(Landing)[name] is not method for name, method in before.items())
    assert {name: vars(Landing)[name] for name in before} == before
