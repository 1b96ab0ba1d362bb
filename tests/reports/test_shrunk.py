"""What is said and drawn of a failure that was made small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reports.render import render
from reports.shrunk import planned_faults, shrunk
from reports.shrunk_plot import shrunk_chart
from reports.svg import inline_svg
from tests.reports.generated import FIGURES, FINDINGS, HOSTILE, quiet, record


def fault(kind: str, target: str, start_s: float, end_s: float | None, **parameters: Any) -> dict[str, Any]:
    return {"kind": kind, "target": target, "parameters": parameters, "start_s": start_s, "end_s": end_s}


FOUND = {
    "under": "brownout() under poisson(rate=40, seconds=20), seed 3",
    "seconds": 20.0,
    "tries": 41,
    "substrate": "simulated",
    "schedule": {
        "version": 1,
        "faults": [
            fault("crash", "worker2", 1, 2.5),
            fault("crash", "worker1", 4, 9),
            fault("pause", "worker3", 5, 6),
            fault("blackhole", "client→coordinator", 11, None, direction="both"),
            fault("latency", HOSTILE, 15, 16, ms=300),
        ],
    },
}
RUN = replace(record(), facts={**record().facts, "shrunk_from": FOUND})


def test_a_planned_fault_reads_as_the_terminal_prints_it() -> None:
    lines = [each.line for each in planned_faults(FOUND["schedule"])]  # type: ignore[arg-type]
    assert lines[0] == "1 s to 2.5 s: crash worker2"
    assert lines[3] == "11 s until the end: blackhole client→coordinator (direction=both)"


def test_what_shrinking_left_out_is_told_from_what_it_kept() -> None:
    told = shrunk(RUN)
    assert told is not None
    assert [each.left_out for each in told.before] == [True, False, True, False, True]
    assert [(each.kind, each.left_out) for each in told.after] == [("crash", False), ("blackhole", False)]
    assert told.told == "Found with 5 faults; made small in 41 runs, simulated: 2 are left."
    assert told.seconds == 20.0


def test_a_fault_that_shrinking_aimed_elsewhere_was_kept() -> None:
    left = {"faults": [fault("crash", "worker1", 0, 1)]}
    found = {"schedule": {"faults": [fault("pause", "worker1", 0, 1), fault("crash", "worker3", 2, 3)]}}
    told = shrunk(replace(quiet(), facts={"shrunk_from": found}, schedule=left))
    assert told is not None
    assert [each.left_out for each in told.before] == [True, False]
    assert told.seconds == 3.0


def test_of_two_alike_only_as_many_were_kept_as_are_left() -> None:
    left = {"faults": [fault("crash", "worker1", 0, 1)]}
    found = {"schedule": {"faults": [fault("crash", "worker1", 0, 1), fault("crash", "worker1", 2, 3)]}}
    told = shrunk(replace(quiet(), facts={"shrunk_from": found}, schedule=left))
    assert told is not None
    assert [each.left_out for each in told.before] == [False, True]


def test_a_run_that_was_not_made_smaller_has_nothing_to_tell() -> None:
    assert shrunk(record()) is None
    assert "Before it was made small" not in render(record(), FINDINGS, FIGURES)


def test_both_schedules_are_drawn_and_read_without_colour() -> None:
    told = shrunk(RUN)
    assert told is not None
    drawn = inline_svg(shrunk_chart(told), "shrunk", told.told)
    for words in (
        "as it was found",
        "as small as it gets",
        "crash worker2 (left out)",
        "crash worker1",
        "pause worker3 (left out)",
        "seconds since the load began",
    ):
        assert words in drawn


def test_the_report_shows_both_schedules_and_escapes_them() -> None:
    html = render(RUN, FINDINGS, FIGURES)
    assert "Before it was made small" in html
    assert "Found with 5 faults; made small in 41 runs, simulated: 2 are left." in html
    assert "4 s to 9 s: crash worker1</li>" in html
    assert "5 s to 6 s: pause worker3 <b>(left out)</b>" in html
    assert "<script>alert" not in html
    assert "shrunk from" not in html.partition('id="environment"')[2]
