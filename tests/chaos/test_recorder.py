"""The history on disk, while it is written and after whatever ends the writing."""

import io
import itertools
import os
import resource
import signal
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chaos.recorder import Recorder, RecorderProblem
from reports.history import END, NEMESIS, RECORDER, OpType
from reports.lines import read_jsonl

ENDLESS = """
import sys
from pathlib import Path
from chaos.recorder import Recorder
from reports.history import OpType
recorder = Recorder(Path(sys.argv[1]))
while True:
    recorder.record(0, OpType.INVOKE, "infer", {"input": "x" * 50})
    recorder.record(0, OpType.OK, "infer", {"output": "POSITIVE"})
"""


def test_what_is_read_back_is_what_was_recorded(tmp_path: Path) -> None:
    ticks = itertools.count(1_000, 500)
    with Recorder(tmp_path / "history.jsonl", clock=lambda: next(ticks)) as recorder:
        asked = recorder.record(0, OpType.INVOKE, "infer", {"input": 'a "quoted"\n😀', "due_s": 0.1})
        recorder.record(NEMESIS, OpType.INFO, "inject", {"id": "f1"})
        answered = recorder.record(0, OpType.FAIL, "infer", error="503")
    assert (asked.index, asked.time) == (0, 500)
    assert (answered.index, answered.time) == (2, 1_500)
    assert read_jsonl(tmp_path / "history.jsonl").ops == recorder.history.ops
    assert len(recorder) == 4


def test_a_history_that_was_written_to_its_end_says_so(tmp_path: Path) -> None:
    with Recorder(tmp_path / "whole.jsonl") as recorder:
        recorder.record(0, OpType.INVOKE, "infer")
    whole = read_jsonl(tmp_path / "whole.jsonl")
    assert whole.whole
    assert (whole[1].index, whole[1].process, whole[1].f) == (1, RECORDER, END)
    with suppress(KeyboardInterrupt), Recorder(tmp_path / "half.jsonl") as recorder:
        recorder.record(0, OpType.INVOKE, "infer")
        raise KeyboardInterrupt
    assert not read_jsonl(tmp_path / "half.jsonl").whole


def test_an_op_is_on_disk_moments_after_it_is_recorded(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "history.jsonl")
    recorder.record(0, OpType.INVOKE, "infer")
    deadline = time.monotonic() + 30
    while len(read_jsonl(tmp_path / "history.jsonl")) < 1:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    recorder.close()


def test_a_disk_that_hangs_holds_up_nobody(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    reached, released = threading.Event(), threading.Event()

    class Hanging(io.FileIO):
        def write(self, data: Any) -> int:
            reached.set()
            assert released.wait(60)
            return super().write(data)

    with Recorder(path) as recorder:
        assert recorder._file is not None
        recorder._file._file.close()
        recorder._file._file = Hanging(path, "w")
        recorder.record(0, OpType.INVOKE, "infer")
        assert reached.wait(60)
        for _ in range(500):  # would never return if it waited
            recorder.record(0, OpType.OK, "infer")
            recorder.record(0, OpType.INVOKE, "infer")
        released.set()
    assert read_jsonl(path).ops == recorder.history.ops


def test_a_client_has_one_request_open_at_most(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history.jsonl") as recorder:
        recorder.record(0, OpType.INVOKE, "infer")
        with pytest.raises(ValueError, match="client 0 asks again before"):
            recorder.record(0, OpType.INVOKE, "infer")
        assert len(recorder) == 1


def test_a_client_that_did_not_ask_is_not_answered(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history.jsonl") as recorder, pytest.raises(ValueError, match="client 7 is answered"):
        recorder.record(7, OpType.OK, "infer")


def test_a_client_whose_request_is_unknown_never_asks_again(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history.jsonl") as recorder:
        recorder.record(3, OpType.INVOKE, "infer")
        recorder.record(3, OpType.INFO, "infer", error="no answer")
        with pytest.raises(ValueError, match="client 3 asks again although"):
            recorder.record(3, OpType.INVOKE, "infer")


def test_a_killed_writer_leaves_a_readable_history(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    writer = subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)])
    try:
        deadline = time.monotonic() + 30
        while not path.exists() or path.stat().st_size < 100_000:
            assert writer.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    history = read_jsonl(path)
    assert len(history) >= path.read_bytes().count(b"\n")
    assert [op.index for op in history] == list(range(len(history)))


@pytest.mark.skipif(os.name != "posix", reason="a limit on file size stands in for a full disk")
def test_a_full_disk_is_a_problem_of_the_harness_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with suppress(RecorderProblem), Recorder(path) as recorder:
        recorder.record(0, OpType.INVOKE, "infer")
        recorder.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, before[1]))
        try:
            recorder.record(0, OpType.OK, "infer")
            with pytest.raises(RecorderProblem, match=rf"{path}: File too large"):
                recorder.flush()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, ignored)
        # There is room again, but an op is missing.
        with pytest.raises(RecorderProblem, match=rf"{path}: File too large"):
            recorder.record(1, OpType.INVOKE, "infer")
    assert path.read_bytes().endswith(b"\n")
    assert not read_jsonl(path).whole
    assert [op.type for op in read_jsonl(path)] == [OpType.INVOKE]


def test_what_could_not_be_written_at_the_very_end_is_told_by_closing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "history.jsonl")
    assert recorder._file is not None
    with recorder._file._writing:
        recorder.record(0, OpType.INVOKE, "infer")
        recorder._file._file.close()
        recorder._file._file = io.FileIO("/dev/full", "w")
    with pytest.raises(RecorderProblem, match="No space left on device"):
        recorder.close()


def test_a_directory_that_is_not_there_is_a_problem_of_the_harness(tmp_path: Path) -> None:
    with pytest.raises(RecorderProblem, match="No such file"):
        Recorder(tmp_path / "nowhere" / "history.jsonl")


@pytest.mark.bench
def test_an_op_costs_less_than_30_microseconds(tmp_path: Path) -> None:
    with Recorder(tmp_path / "history.jsonl") as recorder:
        costs = []
        for _ in range(20_000):
            before = time.perf_counter_ns()
            recorder.record(0, OpType.INVOKE, "infer", {"input": "x" * 120, "expected": "POSITIVE", "due_s": 1.5})
            costs.append(time.perf_counter_ns() - before)
            recorder.record(0, OpType.OK, "infer", {"request_id": "x" * 36, "output": "POSITIVE", "retries": 0})
    percentiles = statistics.quantiles(costs, n=100)
    print(f"\nan op costs {percentiles[49] / 1000:.1f} µs (median), {percentiles[98] / 1000:.1f} µs (p99)")  # noqa: T201
    assert percentiles[98] < 30_000
