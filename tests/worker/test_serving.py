"""What a worker answers."""

from collections.abc import AsyncIterator

import grpc
import orjson
import pytest
import pytest_asyncio

from chaos.inputs import SENTENCES
from proto import inference_pb2
from system.models.classifier import MAX_CHARACTERS
from tests.worker.running_worker import Client, serving


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


async def test_ids_and_texts_that_do_not_pair_up_are_refused(client: Client) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match="request_ids has 1 items and input_texts 2") as refused:
        await client.infer(["a", "b"], ["only"])

    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


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


async def test_a_text_that_is_not_unicode_ends_its_call_and_not_the_worker(client: Client) -> None:
    # Field 2 of InferRequest, two bytes, not UTF-8: nothing that a protobuf library would write.
    malformed: grpc.aio.UnaryUnaryMultiCallable[bytes, inference_pb2.InferResponse] = client.channel.unary_unary(
        "/inference.InferenceService/Infer", response_deserializer=inference_pb2.InferResponse.FromString
    )

    # gRPC decodes before it asks the service, and says UNKNOWN.
    with pytest.raises(grpc.aio.AioRpcError, match="bad UTF-8"):
        await malformed(b"\x12\x02\xed\xa0")

    assert (await client.infer(["a joy"])).success


async def test_health_says_the_same_in_both_languages(client: Client) -> None:
    health = await client.health_check()

    assert health == inference_pb2.HealthResponse(ok=True, worker_id="w1")
    assert await client.status() == "SERVING"
    assert await client.status("inference.InferenceService") == "SERVING"


async def test_health_of_a_service_that_is_not_there_is_not_found(client: Client) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await client.status("no.such.Service")

    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def test_one_client_in_many_batches_gets_each_its_own(client: Client) -> None:
    calls = [client.infer(["a joy" if index % 2 else "utterly awful"], [f"{index}"]) for index in range(40)]

    answers = [await call for call in calls]

    assert [list(answer.request_ids) for answer in answers] == [[f"{index}"] for index in range(40)]
    assert [answer.output_texts[0] for answer in answers] == ["NEGATIVE", "POSITIVE"] * 20
