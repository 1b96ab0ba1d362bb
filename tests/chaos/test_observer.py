"""What the observer makes of a status page."""

import asyncio
from pathlib import Path

import pytest

from chaos.http_page import http_page
from chaos.observer import Observer
from chaos.processes.ports import PortReservation
from chaos.recorder import Recorder
from reports.history import Op, OpType
from tests.chaos.scripted_server import Script, saying, serving


async def observed(url: str, tmp_path: Path) -> Op:
    with Recorder(tmp_path / "history.jsonl") as recorder:
        async with http_page(url) as page:
            await Observer(page, recorder).sample()
        (op,) = recorder.history
    assert (op.process, op.f) == ("observer", "status")
    return op


async def test_a_status_is_kept_with_its_pending_requests_counted(tmp_path: Path) -> None:
    async with serving(saying("200 OK", '{"tasks_submitted": 3, "pending_requests": [{"id": 1}, {"id": 2}]}')) as url:
        op = await observed(url, tmp_path)
    assert (op.type, op.value) == (OpType.OK, {"tasks_submitted": 3, "pending": 2})


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (saying("500 Internal Server Error", "{}"), "status 500"),
        (saying("200 OK", "nonsense"), "not JSON: "),
        (saying("200 OK", "[]"), "not a JSON object: b'[]'"),
    ],
)
async def test_anything_else_is_unknown_and_named(script: Script, error: str, tmp_path: Path) -> None:
    async with serving(script) as url:
        op = await observed(url, tmp_path)
    assert op.type is OpType.INFO
    assert op.error is not None
    assert op.error.startswith(error)


async def test_nobody_listening_is_unknown(tmp_path: Path) -> None:
    with PortReservation() as port:
        op = await observed(f"http://{port.address}", tmp_path)
    assert (op.type, op.value) == (OpType.INFO, None)


async def test_it_goes_on_sampling_through_silence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chaos.observer.PATIENCE_S", 0.05)
    asked = 0

    async def silent_at_first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            await saying("200 OK", "{}")(reader, writer)

    with Recorder(tmp_path / "history.jsonl") as recorder:
        async with serving(silent_at_first) as url, http_page(url) as page, asyncio.timeout(20):
            watching = asyncio.create_task(Observer(page, recorder).watch(every_s=0.01))
            while len(recorder) < 4:
                await asyncio.sleep(0.005)
            watching.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watching
        assert [op.type for op in recorder.history][:3] == [OpType.INFO, OpType.OK, OpType.OK]
