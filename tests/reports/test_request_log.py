import io
from dataclasses import replace

import pandas as pd
import pytest

from reports.history import OpType
from reports.request_log import Ended, Search, csv, found, merged, points, table
from reports.series import LatencyPoint

ONE = Ended.of_json(
    {
        "timestamp": "2026-01-17T09:31:04.000+00:00",
        "request_id": "id-1",
        "input": "A lovely Day",
        "output": "POSITIVE",
        "score": 0.9,
        "worker": "worker1",
        "success": True,
        "error": None,
        "retries": 0,
        "latency_ms": 12.5,
    }
)
FAILED = replace(
    ONE, request_id="id-2", output=None, worker=None, success=False, error="no worker in time", latency_ms=15000.0
)
RETRIED = replace(ONE, request_id="id-3", worker="worker2", retries=2, latency_ms=400.0, admitted_s=ONE.admitted_s - 5)
LOG = (ONE, FAILED, RETRIED)


def test_answers_that_overlap_make_one_log_without_doubles() -> None:
    assert merged([FAILED, RETRIED], [RETRIED, ONE], 10) == (FAILED, RETRIED, ONE)
    assert merged([FAILED, RETRIED], [RETRIED, ONE], 2) == (FAILED, RETRIED)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(), LOG),
        (Search(words="LOVELY day"), LOG),
        (Search(words="in time"), (FAILED,)),
        (Search(words="id-3"), (RETRIED,)),
        (Search(words="lovely nothing"), ()),
        (Search(ending="answered"), (ONE, RETRIED)),
        (Search(ending="failed"), (FAILED,)),
        (Search(ending="retried"), (RETRIED,)),
        (Search(workers=("worker2",)), (RETRIED,)),
        (Search(at_least_ms=100, ending="answered"), (RETRIED,)),
    ],
)
def test_a_search_finds_what_all_of_it_applies_to(search: Search, expected: tuple[Ended, ...]) -> None:
    assert found(LOG, search) == expected


def test_a_table_has_the_times_of_a_clock() -> None:
    frame = table(LOG)
    assert list(frame["time"]) == [pd.Timestamp(each.admitted_s, unit="s", tz="UTC") for each in LOG]
    assert list(frame["request_id"]) == ["id-1", "id-2", "id-3"]
    assert list(table([]).columns) == list(frame.columns)


def test_what_a_spreadsheet_would_compute_stays_text() -> None:
    hostile = replace(ONE, input='=cmd|"/C calc"!A0', error="@x")
    read = pd.read_csv(io.StringIO(csv([hostile])))
    assert list(read["input"]) == ['\'=cmd|"/C calc"!A0']
    assert list(read["error"]) == ["'@x"]
    assert list(read["latency_ms"]) == [12.5]


def test_points_stand_where_requests_were_admitted_oldest_first() -> None:
    assert points(LOG, ONE.admitted_s - 10) == (
        LatencyPoint(5.0, 400.0, OpType.OK, 2),
        LatencyPoint(10.0, 12.5, OpType.OK, 0),
        LatencyPoint(10.0, 15000.0, OpType.FAIL, 0),
    )
    assert points([RETRIED], ONE.admitted_s) == ()
