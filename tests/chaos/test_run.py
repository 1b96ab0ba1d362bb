"""What every run is judged by, whatever its scenario promises."""

from __future__ import annotations

from chaos.invariants import load_on_time, no_loss
from chaos.run import every_run

MUST = ["faults_bit", "load_on_time", "clock_steady", "nodes_stay_up"]


def names(*promised: str) -> list[str]:
    return [name for name in MUST if name not in promised]


def test_what_a_scenario_asks_for_by_itself_is_not_asked_twice() -> None:
    assert [each.name for each in every_run()] == MUST
    assert [each.name for each in every_run([no_loss()])] == MUST
    assert [each.name for each in every_run([load_on_time(), no_loss()])] == names("load_on_time")
    assert every_run(every_run()) == ()


def test_a_laxer_bound_takes_the_place_of_none() -> None:
    (bound,) = (each for each in every_run([load_on_time(within_ms=60_000)]) if each.name == "load_on_time")
    assert bound.parameters == load_on_time().parameters
