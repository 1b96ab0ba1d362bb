"""Where fault windows are drawn: 1000 px for 10 s, so that a second is 100 px."""

from reports.bands import bands
from reports.windows import FaultWindow


def window(name: str, start_s: float, end_s: float | None, *, bit: bool | None = True) -> FaultWindow:
    return FaultWindow(name, "crash", "worker1", start_s, end_s, bit, "", (), ())


def test_a_label_stands_in_a_bar_that_is_long_enough_for_it() -> None:
    (band,) = bands([window("a", 2.0, 6.0)], 10.0, 1000)
    assert (band.label, band.label_s, band.align, band.inside) == ("crash worker1", 2.0, "left", True)


def test_a_label_stands_behind_a_bar_that_is_too_short() -> None:
    (band,) = bands([window("a", 2.0, 2.2)], 10.0, 1000)
    assert (band.label_s, band.align, band.inside) == (2.2, "left", False)


def test_a_label_stands_before_a_short_bar_at_the_end() -> None:
    (band,) = bands([window("a", 9.7, 9.9)], 10.0, 1000)
    assert (band.label_s, band.align, band.inside) == (9.7, "right", False)


def test_faults_in_force_together_have_lanes_of_their_own() -> None:
    placed = bands([window("a", 1.0, 6.0), window("b", 2.0, 5.0), window("c", 6.0, 9.0)], 10.0, 1000)
    assert [band.lane for band in placed] == [0, 1, 0]


def test_labels_that_would_run_into_each_other_have_lanes_of_their_own() -> None:
    placed = bands([window("a", 1.0, 1.1), window("b", 1.5, 1.6)], 10.0, 1000)
    assert [band.lane for band in placed] == [0, 1]


def test_a_fault_that_was_never_healed_lasts_to_the_end_and_says_so() -> None:
    (band,) = bands([window("a", 2.0, None)], 10.0, 1000)
    assert (band.end_s, band.healed, band.label) == (10.0, False, "crash worker1 (never healed)")


def test_a_fault_that_nobody_saw_bite_says_so() -> None:
    labels = [
        band.label for band in bands([window("a", 1.0, 4.0, bit=False), window("b", 5.0, 9.0, bit=None)], 10.0, 1000)
    ]
    assert labels == ["crash worker1 (did not bite)", "crash worker1 (not shown to bite)"]
