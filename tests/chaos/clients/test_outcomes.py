"""The table of outcomes, line by line."""

import aiohttp
import pytest

from chaos.clients.outcomes import describe, of_error, of_status
from reports.history import OpType


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, OpType.OK),
        (204, OpType.INFO),
        (307, OpType.INFO),
        (400, OpType.FAIL),
        (408, OpType.INFO),
        (413, OpType.FAIL),
        (422, OpType.FAIL),
        (429, OpType.FAIL),
        (499, OpType.INFO),
        (500, OpType.INFO),
        (502, OpType.INFO),
        (503, OpType.FAIL),
        (504, OpType.INFO),
        (799, OpType.INFO),
    ],
)
def test_a_status_says_what_is_known(status: int, outcome: OpType) -> None:
    assert of_status(status) is outcome


@pytest.mark.parametrize(
    ("problem", "outcome"),
    [
        (ConnectionRefusedError(), OpType.FAIL),
        (aiohttp.ConnectionTimeoutError(), OpType.FAIL),
        (aiohttp.SocketTimeoutError(), OpType.INFO),
        (TimeoutError(), OpType.INFO),
        (ConnectionResetError(), OpType.INFO),
        (aiohttp.ServerDisconnectedError(), OpType.INFO),
        (aiohttp.ClientPayloadError(), OpType.INFO),
    ],
)
def test_a_request_that_left_is_unknown_unless_no_connection_took_it(problem: Exception, outcome: OpType) -> None:
    assert of_error(problem, sent=True) is outcome


@pytest.mark.parametrize("problem", [ConnectionResetError(), aiohttp.ServerDisconnectedError()])
def test_a_request_that_never_left_certainly_failed(problem: Exception) -> None:
    assert of_error(problem, sent=False) is OpType.FAIL


def test_an_error_is_named_in_one_line() -> None:
    assert describe(TimeoutError()) == "TimeoutError"
    assert describe(ConnectionResetError("peer went away")) == "ConnectionResetError: peer went away"
