"""Histories against a plain model, and on disk."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.history import NEMESIS, OBSERVER, History, Op, OpType, Request
from reports.lines import read_jsonl
from tests.reports.written import histories


def op(index: int, process: int | str, kind: OpType, **value: object) -> Op:
    return Op(index, index * 1_000_000_000, process, kind, "infer", value)


@given(histories())
def test_requests_are_what_each_client_asked_with_its_next_op(history: History) -> None:
    by_client = defaultdict(list)
    for each in history:
        if isinstance(each.process, int):
            by_client[each.process].append(each)
    model = [
        Request.of(ops[n], ops[n + 1] if n + 1 < len(ops) else None)
        for ops in by_client.values()
        for n in range(0, len(ops), 2)
    ]
    assert list(history.requests) == sorted(model, key=lambda request: request.invoked.index)
    assert all(history[each.invoked.index] == each.invoked for each in history.requests)


@given(histories())
def test_every_op_belongs_to_a_request_the_nemesis_or_the_observer(history: History) -> None:
    clients = sum(1 + (request.completed is not None) for request in history.requests)
    assert clients + len(history.of(NEMESIS)) + len(history.of(OBSERVER)) == len(history)
    assert history.duration_s == max((each.time_s for each in history), default=0.0)


@given(histories(), st.data())
def test_a_history_cut_off_anywhere_reads_as_the_ops_that_were_written_whole(
    tmp_path_factory: pytest.TempPathFactory, history: History, data: st.DataObject
) -> None:
    lines = [each.to_json() for each in history]
    written = b"".join(lines)
    cut = data.draw(st.integers(0, len(written)))
    path = tmp_path_factory.getbasetemp() / "cut.jsonl"
    path.write_bytes(written[:cut])
    # A line that lacks nothing but its newline is whole.
    whole = sum(cut >= len(b"".join(lines[: n + 1])) - 1 for n in range(len(lines)))
    assert read_jsonl(path).ops == history.ops[:whole]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b'{"index":1,"time":0,"process":0,"type":"done","f":"infer","value":null,"error":null}',
        b'{"index":1,"time":"0","process":0,"type":"ok","f":"infer","value":null,"error":null}',
        b'{"index":1,"time":0,"process":0,"type":"ok","f":"infer","value":[],"error":null}',
        b'{"index":7,"time":0,"process":0,"type":"ok","f":"infer","value":null,"error":null}',
    ],
)
def test_a_line_that_is_not_the_op_of_its_place_is_named(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "history.jsonl"
    first = op(0, 0, OpType.INVOKE).to_json()
    path.write_bytes(first + line + b"\n" + op(2, 0, OpType.OK).to_json())
    with pytest.raises(ValueError, match=r"history\.jsonl, line 2: "):
        read_jsonl(path)


def test_fields_of_a_later_version_do_no_harm() -> None:
    line = b'{"index":0,"time":5,"process":"observer","type":"ok","f":"status","value":null,"error":null,"node":"x"}'
    assert Op.from_json(line) == Op(0, 5, "observer", OpType.OK, "status")


def test_a_client_has_one_request_out_at_a_time() -> None:
    with pytest.raises(ValueError, match="op 1: client 3 asks again before its answer came"):
        _ = History([op(0, 3, OpType.INVOKE), op(1, 3, OpType.INVOKE)]).requests
    with pytest.raises(ValueError, match="op 0: client 3 was answered without having asked"):
        _ = History([op(0, 3, OpType.OK)]).requests


def test_a_request_tells_what_its_client_knows() -> None:
    asked = Op(0, 1_500_000_000, 0, OpType.INVOKE, "infer", {"input": "fine", "due_s": 1.25})
    answered = Op(1, 2_000_000_000, 0, OpType.OK, "infer", {"request_id": "a", "output": "POSITIVE", "retries": 2})
    request = Request.of(asked, answered)
    assert (request.input, request.outcome, request.request_id, request.label) == ("fine", OpType.OK, "a", "a")
    assert (request.scheduled, request.due_s, request.invoked_s, request.completed_s) == (True, 1.25, 1.5, 2.0)
    assert (request.latency_s, request.retries) == (0.75, 2)


def test_a_request_that_never_came_back_is_unknown_and_named_by_its_op() -> None:
    request = Request.of(Op(4, 1_500_000_000, 0, OpType.INVOKE, "infer"), None)
    assert (request.outcome, request.request_id, request.label) == (OpType.INFO, None, "op 4")
    assert (request.scheduled, request.due_s, request.completed_s, request.latency_s) == (False, 1.5, None, None)
    assert (request.input, request.retries, dict(request.answer)) == ("", 0, {})
