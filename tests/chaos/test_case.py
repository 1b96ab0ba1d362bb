"""A case is a value: what is repeated from its JSON, or from the directory of a run, is the same run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from chaos.bundled import bundled
from chaos.case import Case, NoCase
from chaos.faults import crash, latency
from chaos.invariants import latency_below, no_loss
from chaos.schedule import Schedule
from chaos.workload import poisson
from reports.directory import RunDirectory
from tests.chaos.relay import relay

SCHEDULE = Schedule.of([crash("worker1").between(2, 3), latency("coordinator→worker2", ms=300).between(1, 4)], 7)
CASE = Case(
    bundled(2, coordinator={"BATCH_SIZE": "8"}),
    poisson(9, 8).sending("a", at=3),
    SCHEDULE,
    seed=7,
    judges=(no_loss(refusals="allowed"), latency_below(2000, since_s=3)),
)


def told(case: Case) -> dict[str, Any]:
    described: dict[str, Any] = orjson.loads(orjson.dumps(case.to_json()))
    return described


def test_a_case_comes_back_from_json() -> None:
    again = Case.from_json(told(CASE))
    assert told(again) == told(CASE)
    assert (again.system, again.workload, again.schedule, again.seed) == (
        *(CASE.system, CASE.workload),
        *(CASE.schedule, 7),
    )
    assert [each.name for each in again.judges] == ["no_loss", "latency_below"]


def test_a_case_says_what_happens_in_it() -> None:
    assert CASE.lines() == (
        "brownout(workers=2, coordinator={'BATCH_SIZE': '8'}) under poisson(rate=9, seconds=8), 'a' at 3 s, seed 7",
        "1 s to 4 s: latency coordinator→worker2 (ms=300, jitter_ms=0, direction=down)",
        "2 s to 3 s: crash worker1",
    )
    assert repr(CASE).startswith("<brownout(workers=2")


def test_a_system_that_nobody_could_make_again_cannot_be_written_down() -> None:
    with pytest.raises(NoCase, match="nobody knows how 'relay' was made"):
        Case(relay(), poisson(1, 1), Schedule(), 0, ()).to_json()


def test_everything_that_keeps_a_case_from_being_repeated_is_said_at_once() -> None:
    with pytest.raises(NoCase) as refused:
        Case.from_json(
            {
                "version": 1,
                "seed": "seven",
                "system": {"made_by": "os:system", "parameters": {}},
                "workload": {"kind": "tidal"},
                "schedule": [],
                "invariants": [{"made_by": "os:system"}, "no_loss"],
            }
        )
    message = str(refused.value)
    for complaint in (
        "system: 'os:system' is not declared @remakeable",
        "workload: no arrivals are called 'tidal'",
        "schedule [] is not an object",
        "invariants: 'os:system' is a builtin_function_or_method",
        "seed 'seven' is not a whole number",
    ):
        assert f"  - {complaint}" in message
    assert message.count("\n") == 6


def test_a_file_of_another_version_is_refused() -> None:
    with pytest.raises(NoCase, match="version 2 is not known here, only 1"):
        Case.from_json(told(CASE) | {"version": 2})


@pytest.fixture
def directory(tmp_path: Path) -> RunDirectory:
    directory = RunDirectory.create(tmp_path, "lost", datetime.now(UTC))
    directory.write_run(
        {"seed": 7, "workload": CASE.workload.to_json(), "system": CASE.system.to_json(), "substrate": "local"}
    )
    directory.write_schedule(SCHEDULE.to_json())
    directory.write_verdicts(
        {
            "verdict": "VIOLATED",
            "invariants": [{"name": "scenario", "verdict": "VIOLATED"}, *told(CASE)["invariants"]],
        }
    )
    return directory


def test_a_run_directory_is_a_case(directory: RunDirectory) -> None:
    assert told(Case.of_run(directory)) == told(CASE)


def test_a_run_of_a_system_that_was_not_written_down_is_refused(directory: RunDirectory) -> None:
    directory.write_run({"seed": 7, "workload": CASE.workload.to_json(), "system": relay().to_json()})
    with pytest.raises(NoCase, match=r"system: {'name': 'relay'} does not say by what the system was made"):
        Case.of_run(directory)
