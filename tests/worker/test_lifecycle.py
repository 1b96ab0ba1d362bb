"""From bound to stopped: what a worker says of itself, and how it ends."""

import asyncio
import signal
import socket

import grpc
import pytest
import structlog

from proto import inference_pb2_grpc
from system.worker.misfortune import CRASH_EXIT_CODE
from system.worker.service import InferenceService
from tests.worker.running_worker import PATIENCE_S, Client, connected, running_worker, says_not_executed, serving

# A delay long enough that a call is surely still running when the next step of a test comes.
LONG = {"MAX_DELAY": 3600, "SEED": 1, "LOG_LEVEL": "debug"}
# This seed delays the first batch by half of MAX_DELAY, in which a test acts, and the next two hardly.
SHORT = {"MAX_DELAY": 3, "SEED": 7735, "LOG_LEVEL": "debug"}


@pytest.mark.parametrize("service", ["", "inference.InferenceService"])
async def test_a_watcher_sees_the_worker_start_and_drain(service: str) -> None:
    async with running_worker() as worker, connected(worker) as client:
        seen = []
        async with asyncio.timeout(PATIENCE_S):
            async for status in client.watch(service):
                seen.append(status)
                if status == "SERVING":
                    worker.process.terminate()
                elif "SERVING" in seen:
                    break

        # A watcher that connects late misses the first one; nobody sees SERVING and then anything but the end.
        assert seen in (["NOT_SERVING", "SERVING", "NOT_SERVING"], ["SERVING", "NOT_SERVING"])
        assert await worker.exit_code() == 0


async def test_a_worker_without_its_model_answers_that_it_is_not_serving() -> None:
    server = grpc.aio.server()
    service = InferenceService("w", "its first life", 1, structlog.get_logger())
    inference_pb2_grpc.add_InferenceServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            client = Client(channel)

            assert not (await client.health_check()).ok
            with pytest.raises(grpc.aio.AioRpcError, match="w is not serving") as refused:
                await client.infer(["a joy"])

        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert says_not_executed(refused.value)
    finally:
        await server.stop(None)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_calls_under_way_are_answered_before_the_worker_stops(number: signal.Signals) -> None:
    async with serving(**SHORT) as (worker, client):
        calls = [client.infer(["a joy"], [f"{index}"]) for index in range(2)]
        await worker.line("admitted", lambda line: bool(line["running"] == 2))

        worker.process.send_signal(number)
        draining = await worker.line("draining")
        assert await client.status() == "NOT_SERVING"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await client.infer(["too late"])
        answers = [await call for call in calls]

        assert draining["running"] == 2
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        assert says_not_executed(refused.value)
        assert [answer.output_texts[0] for answer in answers] == ["POSITIVE", "POSITIVE"]
        assert await worker.exit_code() == 0
        assert (await worker.line("stopped"))["level"] == "info"


async def test_health_is_answered_while_a_batch_computes() -> None:
    async with serving(WORKER_ID="busy") as (worker, client):
        # About a quarter of a second of work on an idle core.
        call = client.infer(["a long sentence about a long film " * 20] * 30)
        answered = 0
        while not call.done():
            assert (await client.health_check()).ok
            answered += 1

        batch = await worker.line("batch")
        assert (await call).success
        assert batch["worker"] == "busy"
        assert batch["component"] == "worker"
        assert batch["size"] == 30
        assert batch["request_ids"] == [f"r{index}" for index in range(30)]
        assert batch["compute_ms"] > 0
        assert answered >= 5


async def test_batches_beyond_the_bound_are_refused_and_health_never_is() -> None:
    async with serving(**LONG, MAX_CONCURRENT_BATCHES=2) as (worker, client):
        calls = [client.infer(["a joy"], [f"{index}"]) for index in range(2)]
        await worker.line("admitted", lambda line: bool(line["running"] == 2))

        with pytest.raises(grpc.aio.AioRpcError, match="already holds 2 batches") as refused:
            await client.infer(["one too many"])
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert says_not_executed(refused.value)
        assert (await client.health_check()).ok
        assert await client.status() == "SERVING"

        calls[1].cancel()
        await worker.line("batch abandoned")
        client.infer(["has room now"], ["after"])
        assert (await worker.line("admitted", lambda line: bool(line["request_ids"] == ["after"])))["running"] == 2


async def test_a_cancelled_call_is_never_computed() -> None:
    async with serving(**SHORT) as (worker, client):
        first = client.infer(["a joy"], ["first"])
        await worker.line("admitted")
        cancelled = client.infer(["a joy"], ["cancelled"])
        await worker.line("admitted", lambda line: bool(line["request_ids"] == ["cancelled"]))
        last = client.infer(["a joy"], ["last"])
        cancelled.cancel()

        assert [list((await call).request_ids) for call in (first, last)] == [["first"], ["last"]]
        assert (await worker.line("batch abandoned"))["request_ids"] == ["cancelled"]
        await worker.line("batch", lambda line: bool(line["request_ids"] == ["last"]))
        computed = [line["request_ids"] for line in worker.lines if line["event"] == "batch"]
        assert computed == [["first"], ["last"]]


async def test_an_expired_call_frees_the_lane() -> None:
    async with serving(**LONG) as (worker, client):
        with pytest.raises(grpc.aio.AioRpcError) as expired:
            await client.infer(["a joy"], timeout=0.2)

        assert expired.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert (await worker.line("batch abandoned"))["size"] == 1


async def test_a_crash_rate_of_one_kills_the_worker_in_its_first_batch() -> None:
    async with serving(CRASH_RATE=1) as (worker, client):
        with pytest.raises(grpc.aio.AioRpcError) as broken:
            await client.infer(["a joy", "utterly awful"])

        assert broken.value.code() is grpc.StatusCode.UNAVAILABLE
        assert await worker.exit_code() == CRASH_EXIT_CODE
        assert (await worker.line("crashing on purpose"))["exit_code"] == CRASH_EXIT_CODE
        assert all(line["event"] != "batch" for line in worker.lines)


async def test_poison_kills_the_worker_and_its_like_do_not() -> None:
    async with serving(CRASH_ON="poison") as (worker, client):
        assert (await client.infer(["a joy", "poisson arrivals", "POISON"])).success
        with pytest.raises(grpc.aio.AioRpcError) as broken:
            await client.infer(["a joy", "the poison in it", "utterly awful"])

        assert broken.value.code() is grpc.StatusCode.UNAVAILABLE
        assert not says_not_executed(broken.value)
        assert await worker.exit_code() == CRASH_EXIT_CODE
        assert (await worker.line("crashing on purpose"))["reason"] == "CRASH_ON"


async def test_a_killed_worker_comes_back_on_its_port_as_another_instance() -> None:
    async with serving(WORKER_ID="w", SEED=1) as (worker, client):
        assert (await client.infer(["a joy"])).success
        first = await client.health_check()
        port = (await worker.line("listening"))["port"]
        worker.process.kill()
        await worker.exit_code()

    async with serving(PORT=port, WORKER_ID="w", SEED=1) as (_, client):
        assert (await client.infer(["a joy"])).success
        second = await client.health_check()

    assert first.worker_id == second.worker_id == "w"
    assert first.instance_id != second.instance_id


async def test_a_reserved_port_can_be_served() -> None:
    # As the harness reserves one for a worker's whole life: bound, never listening.
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind(("127.0.0.1", 0))
        async with serving(PORT=reservation.getsockname()[1]) as (_, client):
            assert (await client.infer(["a joy"])).success
