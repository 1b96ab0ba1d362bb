import pytest

from reports.states import Look, StateSpan, state_spans, states_of


def test_a_state_lasts_until_another_is_seen() -> None:
    looked = [Look(0.0, {"worker1": "up"}), Look(1.0, {"worker1": "up"}), Look(2.0, {"worker1": "down"})]
    assert state_spans(looked, 2.5) == (
        StateSpan("worker1", "up", 0.0, 2.0),
        StateSpan("worker1", "down", 2.0, 2.5),
    )


def test_a_time_in_which_nobody_looked_is_no_part_of_any_span() -> None:
    looked = [Look(0.0, {"worker1": "up"}), Look(1.0, {"worker1": "up"}), Look(9.0, {"worker1": "up"})]
    assert state_spans(looked, 10.0, gap_s=2.0) == (
        StateSpan("worker1", "up", 0.0, 1.0),
        StateSpan("worker1", "up", 9.0, 10.0),
    )


def test_a_worker_that_is_not_told_of_any_more_ends_there() -> None:
    looked = [Look(0.0, {"a": "up", "b": "up"}), Look(1.0, {"b": "up"})]
    assert state_spans(looked, 2.0) == (StateSpan("a", "up", 0.0, 1.0), StateSpan("b", "up", 0.0, 2.0))


def test_nothing_that_was_seen_is_nothing_to_draw() -> None:
    assert state_spans([], 5.0) == ()


@pytest.mark.parametrize(
    ("status", "states"),
    [
        ({"workers": [{"id": "a", "state": "trial", "alive": True}]}, {"a": "trial"}),
        ({"workers": [{"id": "a", "alive": True}, {"id": "b", "alive": False}]}, {"a": "up", "b": "down"}),
        ({"workers": [{"alive": True}, "b"]}, {}),
        ({}, {}),
        ({"workers": 3}, {}),
    ],
)
def test_workers_of_systems_that_say_less_are_up_or_down(status: dict[str, object], states: dict[str, str]) -> None:
    assert states_of(status) == states
