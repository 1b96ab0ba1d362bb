import pytest

from reports.states import Look, Spell, StateSpan, spells, state_spans, states_of, usual_s


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


def test_moments_are_usually_as_far_apart_as_in_the_middle() -> None:
    assert usual_s([1.0, 2.0, 4.0, 5.0, 99.0]) == 1.5
    assert usual_s([1.0]) is usual_s([]) is None


def test_a_spell_is_all_that_a_worker_was_until_it_was_up_again() -> None:
    spans = [
        StateSpan("a", "up", 0.0, 2.0),
        StateSpan("a", "suspected", 2.0, 2.5),
        StateSpan("a", "down", 2.5, 4.0),
        StateSpan("a", "trial", 4.0, 4.5),
        StateSpan("a", "up", 4.5, 6.0),
        StateSpan("a", "down", 6.0, 7.0),
        StateSpan("b", "starting", 0.0, 1.0),
        StateSpan("b", "up", 1.0, 7.0),
    ]
    assert spells(reversed(spans)) == (
        Spell("a", ("suspected", "down", "trial"), 2.0, 4.5, over=True),
        Spell("a", ("down",), 6.0, 7.0, over=False),
        Spell("b", ("starting",), 0.0, 1.0, over=True),
    )
    assert [each.words for each in spells(spans)] == ["suspected → down → trial", "down", "starting"]


def test_a_spell_ends_where_nobody_looked_and_nobody_knows_how_it_went_on() -> None:
    spans = [StateSpan("a", "down", 0.0, 1.0), StateSpan("a", "down", 5.0, 6.0), StateSpan("a", "up", 8.0, 9.0)]
    assert spells(spans) == (Spell("a", ("down",), 0.0, 1.0, over=False), Spell("a", ("down",), 5.0, 6.0, over=False))
    assert spells([StateSpan("a", "up", 0.0, 1.0)]) == spells([]) == ()


def test_of_many_states_the_first_and_the_last_are_named() -> None:
    flapping = Spell("a", ("down", "trial", "ejected", "trial", "ejected", "trial"), 0.0, 9.0, over=True)
    assert flapping.words == "down → trial → ejected → … → trial"
