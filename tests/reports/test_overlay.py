from typing import Any
from xml.etree import ElementTree as ET

import vl_convert

from reports.compare import Comparison, Conclusion
from reports.compare_plots import intervals_chart, overlay_chart
from reports.history import NANOSECONDS, NEMESIS, History, Op, OpType
from reports.overlay import OverlayPoint, aligned
from reports.panels import themed
from reports.record import Record


def run(*answers_s: float, fault_s: float | None = None, until_s: float = 4.0) -> Record:
    ops: list[tuple[float, int | str, OpType, str, dict[str, Any]]] = []
    for client, at_s in enumerate(answers_s):
        ops.append((0.0, client, OpType.INVOKE, "infer", {"input": "x", "due_s": 0.0}))
        ops.append((at_s, client, OpType.OK, "infer", {}))
    if fault_s is not None:
        ops.append((fault_s, NEMESIS, OpType.INFO, "inject", {"id": "f", "kind": "crash", "target": "worker1"}))
    ops.append((until_s, "observer", OpType.OK, "status", {}))
    ordered = sorted(ops, key=lambda op: op[0])
    return Record(
        {},
        History(Op(index, round(op[0] * NANOSECONDS), *op[1:]) for index, op in enumerate(ordered)),
    )


def test_zero_is_where_the_first_fault_was_injected_and_silence_is_zero() -> None:
    assert aligned(run(0.6, 1.7, 1.9, 3.6, fault_s=1.5)) == (
        OverlayPoint(-1.0, 1),
        OverlayPoint(0.0, 2),
        OverlayPoint(1.0, 0),
    )


def test_a_run_without_a_fault_starts_at_its_beginning() -> None:
    assert aligned(run(0.1, 2.5)) == tuple(OverlayPoint(float(at), n) for at, n in enumerate((1, 0, 1, 0)))


def compared(measure: str, first: float, low: float | None, conclusion: Conclusion) -> Comparison:
    return Comparison(measure, "ms", first, first, None if low is None else low + 1, low, low and low + 2, conclusion)


def test_intervals_are_shares_of_the_first_side_and_measures_without_one_are_left_out() -> None:
    chart = intervals_chart(
        (
            compared("p50", 100.0, -10.0, Conclusion.DIFFERENT),
            compared("lost", 0.0, -1.0, Conclusion.NONE_SHOWN),
            compared("recovery", 2.0, None, Conclusion.TOO_NOISY),
        )
    )
    specification = themed(chart, dark=False)
    rows = [row for data in specification["datasets"].values() for row in data if "low" in row]
    assert [(row["measure"], row["low"], row["high"]) for row in rows] == [("p50", -0.1, -0.08)]
    assert "p50" in words({**specification, "width": 500})


def test_both_sides_are_drawn_even_where_one_has_nothing() -> None:
    chart = overlay_chart([aligned(run(0.1, fault_s=1.0))], [()])
    assert "seconds since the first fault" in words({**themed(chart, dark=True), "width": 500})


def words(specification: dict[str, Any]) -> list[str]:
    svg = ET.fromstring(vl_convert.vegalite_to_svg(specification))  # noqa: S314 - drawn by this process
    return [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]
