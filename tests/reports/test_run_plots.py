"""The viewer's chart of a run, and what a reader is led to in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import vl_convert

from reports.around import lines_around
from reports.history import OpType
from reports.notable import notable
from reports.panels import themed
from reports.record import Record
from reports.run_plots import run_chart
from tests.reports.generated import FINDINGS, HOSTILE, quiet, record


def texts(run: Record) -> set[str]:
    specification = {**themed(run_chart(run), dark=False), "width": 1100}
    svg = ET.fromstring(vl_convert.vegalite_to_svg(specification))  # noqa: S314 - drawn by this process
    return {element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")}


def rows(run: Record, field: str) -> list[dict[str, Any]]:
    datasets = themed(run_chart(run), dark=False)["datasets"]
    return [row for data in datasets.values() for row in data if field in row]


def test_every_panel_and_every_fault_has_its_words() -> None:
    found = texts(record(target=HOSTILE))
    assert {"faults", "workers", "worker1", "crash worker1", f"blackhole {HOSTILE} (did not bite)"} <= found


def test_a_run_that_never_began_is_drawn_empty() -> None:
    assert "seconds since the run began" in texts(quiet())


def test_each_point_leads_to_its_request() -> None:
    run = record()
    by_op = {request.op: request for request in run.requests}
    points = rows(run, "op")
    assert len(points) == sum(request.completed is not None for request in run.requests)
    assert all(by_op[row["op"]].due_s == row["due"] for row in points)


def test_the_crosshair_tells_what_was_in_force() -> None:
    told = {row["at"]: row["faults"] for row in rows(record(), "faults")}
    assert {faults for at, faults in told.items() if 5.6 < at < 8.4} == {"crash worker1"}
    assert {faults for at, faults in told.items() if at < 4.4} == {"nothing"}


def test_what_is_worth_a_look_comes_once_with_its_first_reason() -> None:
    run = record()
    found = notable(run, FINDINGS)
    assert len({each.op for each in found}) == len(found)
    by_op = {request.op: request for request in run.requests}
    unknown = [each for each in found if each.why == "unknown"]
    assert {by_op[each.op].outcome for each in unknown} == {OpType.INFO}
    assert sum(each.why.startswith("slow") for each in found) <= 10
    assert len(notable(run, FINDINGS, most=3)) == 3


def test_logs_around_a_moment_hold_every_line_of_the_request_and_little_else(tmp_path: Path) -> None:
    def at(seconds: float, **said: object) -> bytes:
        return orjson.dumps({"timestamp": datetime.fromtimestamp(1000 + seconds, UTC).isoformat(), **said}) + b"\n"

    (tmp_path / "coordinator.log").write_bytes(
        at(1.0, event="other") + at(5.0, event="near") + at(9.0, request_id="id-1", event="request") + b"Traceback\n{"
    )
    (tmp_path / "worker1.log").write_bytes(at(8.9, request_ids=["id-1", "id-2"], event="batch"))
    run = Record({}, quiet().history, {}, tmp_path)
    found = lines_around(run, 1000.0, 5.2, within_s=0.5, request_id="id-1")
    assert [(each.node, round(each.at_s, 3), each.about) for each in found] == [
        ("coordinator", 5.0, False),
        ("worker1", 8.9, True),
        ("coordinator", 9.0, True),
    ]
    assert len(lines_around(run, 1000.0, 5.2, within_s=99, at_most=2)) == 2
