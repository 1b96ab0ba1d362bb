"""Draws that are bounded, fair and repeatable."""

from random import Random

import pytest

from system.worker.misfortune import Misfortune


def mishaps(crash_rate: float, max_delay_s: float, seed: int = 7, size: int = 4) -> list[tuple[float, int | None]]:
    misfortune = Misfortune(crash_rate=crash_rate, max_delay_s=max_delay_s, rng=Random(seed))
    return [(mishap.delay_s, mishap.crash_after) for mishap in (misfortune.draw(size) for _ in range(2000))]


def test_a_worker_without_misfortune_has_none() -> None:
    assert set(mishaps(0, 0)) == {(0.0, None)}


def test_a_crash_comes_after_one_item_at_least_and_before_the_answer() -> None:
    assert {after for _, after in mishaps(1, 0)} == {1, 2, 3, 4}


def test_a_batch_of_one_crashes_after_its_only_item() -> None:
    assert {after for _, after in mishaps(1, 0, size=1)} == {1}


def test_the_crash_rate_is_the_share_of_batches_that_crash() -> None:
    crashed = sum(after is not None for _, after in mishaps(0.25, 0))

    assert crashed == pytest.approx(500, abs=60)  # three standard deviations


def test_delays_fill_the_range_up_to_the_longest() -> None:
    delays = [delay for delay, _ in mishaps(0, 2.0)]

    assert 0 <= min(delays) < 0.01
    assert 1.99 < max(delays) <= 2.0


def test_one_seed_gives_one_sequence() -> None:
    assert mishaps(0.3, 1.0, seed=5) == mishaps(0.3, 1.0, seed=5)
    assert mishaps(0.3, 1.0, seed=5) != mishaps(0.3, 1.0, seed=6)


def test_another_crash_rate_leaves_the_delays_alone() -> None:
    assert [delay for delay, _ in mishaps(0.9, 1.0)] == [delay for delay, _ in mishaps(0.0, 1.0)]


@pytest.mark.parametrize(
    ("text", "killed"), [("poison", True), ("a poisonous film", True), ("Poison", False), ("a joy", False), ("", False)]
)
def test_poison_is_a_text_that_holds_what_crash_on_says(text: str, killed: bool) -> None:
    misfortune = Misfortune(crash_rate=0, max_delay_s=0, rng=Random(7), crash_on="poison")
    assert misfortune.killed_by(text) == ("CRASH_ON" if killed else None)


def test_no_text_is_poison_by_default() -> None:
    assert Misfortune(crash_rate=0, max_delay_s=0, rng=Random(7)).killed_by("poison") is None
