"""The search itself, over cases that nobody really runs: what fails is said by a rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import strategies as st

from chaos.bundled import bundled
from chaos.case import Case
from chaos.exploring.exploration import Exploration
from chaos.exploring.strategies import schedules, workloads
from chaos.exploring.trial import Runner, Trial
from chaos.invariants import no_loss
from reports.history import History
from reports.record import Record
from reports.verdict import Finding, Verdict

SYSTEM = bundled()
CASES = st.builds(Case, st.just(SYSTEM), workloads(8), schedules(SYSTEM), st.integers(0, 99), st.just((no_loss(),)))
NOTHING = Record({}, History(()))

Rule = Callable[[Case], bool]


def found(violated: bool, name: str = "no_loss") -> Finding:
    return Finding(name, Verdict.VIOLATED if violated else Verdict.HELD, "by the rule")


def by(rule: Rule, substrate: str = "simulated", *, repeatable: bool = True, ran: list[Case] | None = None) -> Runner:
    def run(case: Case) -> Trial:
        if ran is not None:
            ran.append(case)
        return Trial(NOTHING, (found(rule(case)),))

    return Runner(substrate, run, repeatable=repeatable)


def crashes(case: Case) -> int:
    return sum(each.fault.kind == "crash" for each in case.schedule.faults)


def some_crash(case: Case) -> bool:
    return crashes(case) >= 1


def turn(answers: Iterable[bool]) -> Rule:
    left = iter(answers)
    return lambda _: next(left)


def test_what_never_fails_is_explored_as_often_as_was_asked() -> None:
    ran: list[Case] = []
    exploration = Exploration(CASES, by(lambda _: False, ran=ran), seed=1)
    assert exploration.search(260) is None
    assert exploration.explored.cases == len(ran) == 260


def test_a_failure_is_made_as_small_as_it_gets_and_says_what_it_was() -> None:
    failure = Exploration(CASES, by(some_crash), seed=1).search(500)
    assert failure is not None
    assert failure.lines()[1:] == [
        "  brownout() under constant(rate=5, seconds=8), seed 0",
        "  0.5 s to 1 s: crash worker1",
    ]
    assert (failure.invariant, failure.solid, failure.runs) == ("no_loss", True, 1)
    assert some_crash(failure.first)
    assert "(solid, and so do 6 of 6 near by); shrunk from" in failure.lines()[0]


def test_the_same_seed_finds_the_same_failure() -> None:
    first, second = (Exploration(CASES, by(lambda case: crashes(case) >= 2), seed=5).search(500) for _ in range(2))
    assert first is not None
    assert first == second


def test_what_else_breaks_on_the_way_to_the_smallest_does_not_count() -> None:
    def run(case: Case) -> Trial:
        return Trial(NOTHING, (found(not case.schedule.faults, "books_balance"), found(crashes(case) >= 2)))

    failure = Exploration(CASES.filter(some_crash), Runner("simulated", run, repeatable=True), seed=2).search(500)
    assert failure is not None
    assert failure.invariant == "no_loss"
    assert crashes(failure.case) == len(failure.case.schedule.faults) == 2


def test_a_failure_on_a_real_substrate_is_made_smaller_in_simulation_and_shown_to_fail_where_it_was_found() -> None:
    ran: list[Case] = []
    real = by(some_crash, "local", repeatable=False, ran=ran)
    failure = Exploration(CASES, real, seed=1, simulation=by(some_crash)).search(500)
    assert failure is not None
    assert (failure.seen, failure.runs, failure.shrunk_on) == (3, 3, "simulated")
    assert ran[-1] == failure.case
    assert len(failure.case.schedule.faults) == 1


def test_what_does_not_fail_in_simulation_is_made_smaller_where_it_fails_within_a_few_runs() -> None:
    ran: list[Case] = []
    exploration = Exploration(
        CASES, by(some_crash, "local", repeatable=False, ran=ran), seed=1, simulation=by(lambda _: False)
    )
    failure = exploration.search(500)
    assert failure is not None
    assert failure.shrunk_on == "local"
    assert len(ran) <= exploration.explored.cases + 2 + 20
    assert some_crash(failure.case)


def test_what_is_seen_once_in_three_times_is_flaky_and_stays_as_it_was_found() -> None:
    failure = Exploration(CASES, by(turn((True, False, False)), "local", repeatable=False), seed=1).search(500)
    assert failure is not None
    assert not failure.solid
    assert failure.case == failure.first
    assert failure.lines()[0] == "no_loss is violated after 1 cases (flaky, seen 1 of 3 times); as it was found:"


def test_runs_that_decide_nothing_are_counted_with_their_reasons() -> None:
    undecided = Finding("faults_bit", Verdict.INCONCLUSIVE, "nobody looked")
    exploration = Exploration(CASES, Runner("local", lambda _: Trial(NOTHING, (undecided,)), repeatable=False), seed=1)
    assert exploration.search(30) is None
    assert (exploration.explored.undecided, len(exploration.explored.reasons)) == (30, 5)
    assert exploration.explored.reasons[0].startswith("faults_bit: nobody looked\n  brownout() under ")


def test_a_search_looks_at_one_case_however_short_its_budget_is() -> None:
    exploration = Exploration(CASES, by(lambda _: False), seed=1)
    assert exploration.search(10**9, budget_s=1e-9) is None
    assert exploration.explored.cases == 1


def test_a_search_ends_with_its_budget() -> None:
    exploration = Exploration(CASES, by(lambda _: False), seed=1)
    assert exploration.search(10**9, budget_s=0.2) is None
    assert 0 < exploration.explored.cases < 10**6


@pytest.mark.parametrize("cases", [st.just(1).map(lambda _: next(iter([])))])
def test_what_goes_wrong_in_drawing_is_not_hidden(cases: st.SearchStrategy[Case]) -> None:
    with pytest.raises(StopIteration):
        Exploration(cases, by(lambda _: False), seed=1).search(5)
