"""What a worker answers."""

import math
from collections.abc import AsyncIterator
from typing import Any

import grpc
import orjson
import pytest
import pytest_asyncio

from chaos.inputs import SENTENCES
from proto import inference_pb2
from system.models.classifier import MAX_CHARACTERS
from tests.worker.running_worker import Client, says_not_executed, serving


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with serving(WORKER_ID="w1") as (_, client):
        yield client


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_answers_are_golden_in_any_company_and_keep_their_order(client: Client) -> None:
    rows = [orjson.loads(line) for line in SENTENCES.read_bytes().splitlines()][:120]
    for size in (1, 3, 16):
        batch = rows[:size] if size == 1 else rows
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            ids = [f"request {start + index}" for index in reversed(range(len(part)))]

            answer = await client.infer([row["text"] for row in part], ids)

            assert list(answer.request_ids) == ids
            assert list(answer.output_texts) == [row["label"] for row in part]
            assert all(score >= 0.9 for score in answer.scores)
            assert list(answer.errors) == [""] * len(part)
            assert answer.success
            assert answer.worker_id == "w1"


async def test_a_batch_of_nothing_is_answered_with_nothing(client: Client) -> None:
    answer = await client.infer([])

    assert answer == inference_pb2.InferResponse(worker_id="w1", success=True)


@pytest.mark.parametrize(
    ("ids", "texts", "details", "problem"),
    [
        (["only"], ["a", "b"], {}, "request_ids has 1 items and input_texts 2"),
        (["i"], ["a"], {"times_s": [1, 1]}, "time_remaining_s has 2 items and input_texts 1"),
        (["i"], ["a"], {"traceparents": ["", ""]}, "traceparents has 2 items and input_texts 1"),
        (["twin", "twin"], ["a", "b"], {}, "request id 'twin' comes 2 times"),
        (["i"], ["a"], {"times_s": [math.nan]}, "time_remaining_s holds NaN"),
        (["i" * 201], ["a"], {}, "a request id has 201 characters"),
        ([f"{index}" for index in range(1025)], ["a"] * 1025, {}, "input_texts has 1025 items"),
    ],
)
async def test_a_batch_that_makes_no_sense_is_refused_before_anything_is_computed(
    client: Client, ids: list[str], texts: list[str], details: dict[str, Any], problem: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match=problem) as refused:
        await client.infer(texts, ids, **details)

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert says_not_executed(refused.value)


async def test_an_item_whose_time_is_over_is_not_computed_and_costs_its_batch_mates_nothing(client: Client) -> None:
    answer = await client.infer(["a joy"] * 5, times_s=[60, 0, -1, -math.inf, math.inf])

    late = "its deadline passed before it was computed"
    assert answer.success
    assert list(answer.errors) == ["", late, late, late, ""]
    assert list(answer.output_texts) == ["POSITIVE", "", "", "", "POSITIVE"]
    assert list(answer.scores)[1:4] == [0, 0, 0]


async def test_a_batch_that_is_traced_is_answered_like_any(client: Client) -> None:
    traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    answer = await client.infer(["a joy", "utterly awful"], traceparents=[traceparent, ""])

    assert list(answer.output_texts) == ["POSITIVE", "NEGATIVE"]


async def test_hostile_texts_are_answered_and_harm_nobody(client: Client) -> None:
    hostile = ["", "x" * 10_000, "good " * 2_000, "🎬👩‍👩‍👧‍👦", "good\0film", "\u202eفيلم رائع", "{}[]'\";--<script>"]

    answer = await client.infer([*hostile, "a joy"])

    assert list(answer.errors) == [""] * 8
    assert set(answer.output_texts) <= {"POSITIVE", "NEGATIVE"}
    assert answer.output_texts[-1] == "POSITIVE"


async def test_a_text_without_an_answer_leaves_its_batch_mates_theirs(client: Client) -> None:
    answer = await client.infer(["a joy", "x" * (MAX_CHARACTERS + 1), "utterly awful"])

    assert answer.success
    assert list(answer.output_texts) == ["POSITIVE", "", "NEGATIVE"]
    assert answer.scores[1] == 0
    assert [bool(error) for error in answer.errors] == [False, True, False]
    assert f"at most {MAX_CHARACTERS}" in answer.errors[1]


@pytest.mark.parametrize(
    "method",
    ["inference.InferenceService/Infer", "inference.InferenceService/HealthCheck", "grpc.health.v1.Health/Check"],
)
async def test_bytes_that_are_no_message_are_the_mistake_of_their_sender(client: Client, method: str) -> None:
    raw: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = client.channel.unary_unary(f"/{method}")

    # A field of two bytes that ends after one: nothing that a protobuf library would write.
    with pytest.raises(grpc.aio.AioRpcError, match="Wire format was corrupt") as refused:
        await raw(b"\x12\x02\x61")

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert says_not_executed(refused.value)


async def test_bytes_that_are_no_message_open_no_watch(client: Client) -> None:
    raw: grpc.aio.UnaryStreamMultiCallable[bytes, bytes] = client.channel.unary_stream("/grpc.health.v1.Health/Watch")

    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await raw(b"\x12\x02\x61").read()

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_text_that_is_not_unicode_ends_its_call_and_not_the_worker(client: Client) -> None:
    raw: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = client.channel.unary_unary(
        "/inference.InferenceService/Infer"
    )

    # Field 2 of InferRequest, two bytes, not UTF-8.
    with pytest.raises(grpc.aio.AioRpcError, match="bad UTF-8") as refused:
        await raw(b"\x12\x02\xed\xa0")

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (await client.infer(["a joy"])).success


async def test_health_says_the_same_in_both_languages(client: Client) -> None:
    health = await client.health_check()

    assert (health.ok, health.worker_id) == (True, "w1")
    assert await client.status() == "SERVING"
    assert await client.status("inference.InferenceService") == "SERVING"


async def test_an_instance_names_itself_alike_each_time(client: Client) -> None:
    names = {(await client.health_check()).instance_id for _ in range(3)}

    assert len(names) == 1
    assert names != {""}


async def test_health_of_a_service_that_is_not_there_is_not_found(client: Client) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await client.status("no.such.Service")

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_one_client_in_many_batches_gets_each_its_own(client: Client) -> None:
    calls = [client.infer(["a joy" if index % 2 else "utterly awful"], [f"{index}"]) for index in range(40)]

    answers = [await call for call in calls]

    assert [list(answer.request_ids) for answer in answers] == [[f"{index}"] for index in range(40)]
    assert [answer.output_texts[0] for answer in answers] == ["NEGATIVE", "POSITIVE"] * 20


async def test_a_worker_says_how_often_it_was_told_to_crash() -> None:
    async with serving(CRASH_RATE=0.25) as (_, accident_prone):
        assert (await accident_prone.health_check()).crash_rate == 0.25
