"""What gRPC says of clients that left is not logged; what it says of servicers that fail is."""

import logging

import grpc.aio
import pytest

from system.worker.parting import Parting


def record_of(error: Exception | None) -> logging.LogRecord:
    raised = (type(error), error, None) if error is not None else None
    return logging.LogRecord("grpc._cython.cygrpc", logging.ERROR, __file__, 1, "Unexpected", None, raised)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (grpc.aio.InternalError("Failed execute_batch"), False),
        (ZeroDivisionError("division by zero"), True),
        (None, True),
    ],
)
def test_only_an_answer_that_could_not_be_sent_is_kept_quiet(error: Exception | None, told: bool) -> None:
    assert Parting().filter(record_of(error)) is told
