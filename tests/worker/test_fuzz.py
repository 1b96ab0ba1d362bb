"""Whatever is sent to a worker, it answers or refuses as the contract says, and then answers the next as ever.

A hundred examples a test; `pytest tests/worker/test_fuzz.py --hypothesis-profile=endurance` for thousands.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Final

import grpc
import pytest
import pytest_asyncio
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from proto import inference_pb2
from system.models.classifier import MAX_CHARACTERS
from system.worker.batch import MAX_ID_CHARACTERS, MAX_ITEMS
from tests.worker.running_worker import PATIENCE_S, Client, Line, RunningWorker, says_not_executed, serving

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # Of an example that fails: long, and still to be told.
    pytest.mark.filterwarnings("ignore:Generating overly large repr"),
]

GOLDEN: Final = {"a joy": "POSITIVE", "utterly awful": "NEGATIVE"}

# Seconds. What is neither over nor ample is a race, which either may win.
OVER: Final = (-math.inf, -1e308, -1.0, -0.0, 0.0, 5e-324)
AMPLE: Final = (PATIENCE_S, 1e308, math.inf)

# gRPC's codes for a call that is not answered because its client left; UNKNOWN and INTERNAL would say that the server
# has a bug, and are never right.
LEFT: Final = {grpc.StatusCode.CANCELLED, grpc.StatusCode.DEADLINE_EXCEEDED}

unicode = st.characters(exclude_categories=["Cs"])
odd = st.sampled_from(["\0", "\ufeff", "\u202e", "\U0010ffff", "👩‍👩‍👧‍👦", "e\u0301" * 50, "[SEP]", "{}%s", "\r\n"])
huge = st.builds(str.__mul__, st.sampled_from(["x", "good ", "é", "界", "🎬"]), st.integers(1000, MAX_CHARACTERS // 5))
too_long = st.just("x" * (MAX_CHARACTERS + 1))
texts = st.sampled_from(sorted(GOLDEN)) | st.text(unicode, max_size=60) | odd | huge | too_long
ids = st.uuids().map(str) | st.text(unicode, max_size=20) | st.just("i" * MAX_ID_CHARACTERS)
odd_ids = st.just("twin") | st.uuids().map(str) | st.just("i" * (MAX_ID_CHARACTERS + 1))
times = st.sampled_from((*OVER, *AMPLE))
odd_times = times | st.just(math.nan)
traces = st.text(unicode, max_size=60)


@st.composite
def paired_up(
    draw: st.DrawFn, ids: st.SearchStrategy[str], times: st.SearchStrategy[float], *, unique: bool
) -> inference_pb2.InferRequest:
    asked = draw(st.lists(texts, max_size=5))
    count = len(asked)
    return inference_pb2.InferRequest(
        request_ids=draw(st.lists(ids, min_size=count, max_size=count, unique=unique)),
        input_texts=asked,
        time_remaining_s=draw(st.lists(times, min_size=count, max_size=count) | st.just([])),
        traceparents=draw(st.lists(traces, min_size=count, max_size=count) | st.just([])),
    )


well_formed = paired_up(ids, times, unique=True)
odd_values = paired_up(odd_ids, odd_times, unique=False)
any_shape = st.builds(
    inference_pb2.InferRequest,
    request_ids=st.lists(odd_ids, max_size=3),
    input_texts=st.lists(texts, max_size=3),
    time_remaining_s=st.lists(odd_times, max_size=3),
    traceparents=st.lists(traces, max_size=3),
)
too_many = st.integers(MAX_ITEMS + 1, 5000).map(
    lambda count: inference_pb2.InferRequest(request_ids=map(str, range(count)), input_texts=[""] * count)
)
messages = well_formed | odd_values | any_shape | too_many


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message that lost bytes, got others, or met a field that this version has not heard of."""
    raw = draw(well_formed).SerializeToString()
    start, end = sorted((draw(st.integers(0, len(raw))), draw(st.integers(0, len(raw)))))
    return raw[:start] + draw(st.binary(max_size=12)) + raw[draw(st.sampled_from([start, end, len(raw)])) :]


@st.composite
def with_fields_of_the_future(draw: st.DrawFn) -> bytes:
    number = draw(st.integers(7, 2**28)) << 3
    value = draw(st.binary(max_size=100))
    varint, bytes_ = _varint(number) + b"\x01", _varint(number | 2) + _varint(len(value)) + value
    return draw(well_formed).SerializeToString() + draw(st.sampled_from([varint, bytes_]))


def _varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + _varint(number >> 7)


def makes_sense(request: inference_pb2.InferRequest) -> bool:
    count = len(request.input_texts)
    return (
        count <= MAX_ITEMS
        and len(request.request_ids) == len(set(request.request_ids)) == count
        and all(len(request_id) <= MAX_ID_CHARACTERS for request_id in request.request_ids)
        and {len(request.time_remaining_s), len(request.traceparents)} <= {0, count}
        and not any(math.isnan(time_s) for time_s in request.time_remaining_s)
    )


def decoded(raw: bytes) -> inference_pb2.InferRequest | None:
    try:
        return inference_pb2.InferRequest.FromString(raw)
    except DecodeError:
        return None


def check(answer: inference_pb2.InferResponse, request: inference_pb2.InferRequest) -> None:
    """The right answer to a request that makes sense."""
    count = len(request.input_texts)
    assert answer.success
    assert list(answer.request_ids) == list(request.request_ids)
    assert len(answer.output_texts) == len(answer.scores) == len(answer.errors) == count
    for index, text in enumerate(request.input_texts):
        time_s = request.time_remaining_s[index] if request.time_remaining_s else math.inf
        output, error = answer.output_texts[index], answer.errors[index]
        assert bool(output) != bool(error)
        if time_s <= max(OVER):
            assert error == "its deadline passed before it was computed"
        elif time_s >= min(AMPLE):
            assert bool(error) == (len(text) > MAX_CHARACTERS)
            assert not output or output == GOLDEN.get(text, output)


def _names(request_id: str, line: Line) -> bool:
    return request_id in line["request_ids"]


class Target:
    """A worker that is shot at, and the raw ways to do that."""

    def __init__(self, worker: RunningWorker, client: Client, address: str) -> None:
        self.worker = worker
        self.address = address
        self.client = client
        self._rounds = 0
        self._infer: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = client.channel.unary_unary(
            "/inference.InferenceService/Infer"
        )

    def send(self, raw: bytes, timeout: float = PATIENCE_S) -> grpc.aio.UnaryUnaryCall[bytes, bytes]:
        return self._infer(raw, timeout=timeout)

    async def answers_as_it_should(self, raw: bytes) -> None:
        request, call = decoded(raw), self.send(raw)
        if request is not None and makes_sense(request):
            check(inference_pb2.InferResponse.FromString(await call), request)
        else:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call
            assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            assert says_not_executed(refused.value)

    async def is_unharmed(self) -> None:
        """Nothing runs any more, the next request is answered right, and the log tells of no trouble."""
        async with asyncio.timeout(PATIENCE_S):
            running = 0
            while running != 1:  # a call that its client left may still be on its way out
                self._rounds += 1
                name = f"golden {self._rounds}"
                answer = await self.client.infer(list(GOLDEN), [name, "other"])
                assert list(answer.output_texts) == list(GOLDEN.values())
                running = (await self.worker.line("admitted", partial(_names, name)))["running"]
        said = self.worker.lines.copy()
        self.worker.lines.clear()
        assert not [line for line in said if line["level"] not in ("debug", "info")]
        assert not self.worker.complaints


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def target() -> AsyncIterator[Target]:
    async with serving(LOG_LEVEL="debug") as (worker, client):
        yield Target(worker, client, await worker.address())
        worker.process.terminate()
        assert (await worker.line("draining"))["running"] == 0
        assert await worker.exit_code() == 0


@given(message=messages)
async def test_every_batch_is_answered_right_or_refused(target: Target, message: inference_pb2.InferRequest) -> None:
    await target.answers_as_it_should(message.SerializeToString())
    await target.is_unharmed()


@given(raw=st.binary(max_size=200) | damaged() | with_fields_of_the_future())
async def test_every_sequence_of_bytes_is_answered_right_or_refused(target: Target, raw: bytes) -> None:
    await target.answers_as_it_should(raw)
    await target.is_unharmed()


@given(
    calls=st.lists(
        st.tuples(messages.map(inference_pb2.InferRequest.SerializeToString), st.floats(0, 0.02), st.booleans()),
        min_size=1,
        max_size=5,
    )
)
async def test_calls_that_are_left_harm_nobody(target: Target, calls: list[tuple[bytes, float, bool]]) -> None:
    async def leave(raw: bytes, after_s: float, cancels: bool) -> None:
        call = target.send(raw, timeout=PATIENCE_S if cancels else after_s)
        if cancels:
            asyncio.get_running_loop().call_later(after_s, call.cancel)
        assert await call.code() in {*LEFT, grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT}

    async with asyncio.TaskGroup() as clients:
        for call in calls:
            clients.create_task(leave(*call))
    await target.is_unharmed()


@given(
    raw=st.binary(max_size=200),
    preface=st.sampled_from([b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]),
    resets=st.booleans(),
)
async def test_connections_that_do_not_speak_grpc_harm_nobody(
    target: Target, raw: bytes, preface: bytes, resets: bool
) -> None:
    host, _, port = target.address.partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(preface + raw)
    if resets:
        writer.transport.abort()
    else:
        writer.write_eof()  # half closed: the worker is to close the other half
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionResetError):
                await reader.read()
        writer.close()
    await target.is_unharmed()


@given(
    raws=st.lists(messages.map(inference_pb2.InferRequest.SerializeToString) | st.binary(max_size=50), max_size=3),
    compression=st.sampled_from(grpc.Compression),
)
async def test_calls_of_another_shape_harm_nobody(
    target: Target, raws: list[bytes], compression: grpc.Compression
) -> None:
    stream: grpc.aio.StreamUnaryMultiCallable[bytes, bytes] = target.client.channel.stream_unary(
        "/inference.InferenceService/Infer"
    )
    allowed = {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT}
    if not raws:
        allowed = LEFT  # gRPC waits for a message as long as the client does
    if len(raws) > 1:
        allowed |= {grpc.StatusCode.INTERNAL}  # what the client tells itself when it is refused between two messages
    call = stream(iter(raws), timeout=PATIENCE_S if raws else 0.01, compression=compression)
    assert await call.code() in allowed
    await target.is_unharmed()
