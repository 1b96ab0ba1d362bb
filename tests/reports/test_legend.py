"""What is said below the charts."""

from __future__ import annotations

from reports.legend import asked_every, legend, stall_words
from reports.noise import Stall
from reports.states import MEANINGS, meanings
from system.coordinator.core.member import MemberState
from tests.reports.generated import quiet, record


def test_how_often_a_system_was_asked_is_part_of_the_legend() -> None:
    assert "when it was asked every 1 s, so that" in legend(record()).system
    assert "when it was asked: " in legend(quiet()).system
    assert asked_every(0.2) == "; asked every 0.2 s"
    assert asked_every(None) == ""


def test_each_state_that_was_seen_is_told_in_words() -> None:
    assert meanings(["up", "trial", "down", "trial"]).startswith("Down: an attempt failed")
    assert "Trial: heard of again and given one batch, whose answer makes it up." in meanings(["trial"])
    assert meanings(["up", "of another system"]) == ""
    assert {*MEANINGS} | {"up"} == {*MemberState}, "a state that the coordinator has, or has not"


def test_the_longest_stalls_are_named_and_the_others_counted() -> None:
    stalls = [Stall(1.0, 1.1), Stall(2.0, 2.5), Stall(3.0, 3.2), Stall(5.0, 5.11)]
    assert "0.50 s at 2.0 s, 0.20 s at 3.0 s, 0.11 s at 5.0 s and once for less." in stall_words(stalls)
    assert "0.50 s at 2.0 s. What" in stall_words(stalls[1:2])
    assert stall_words([]) == legend(record()).stalls == ""
