"""A worker that downloads its model first: reachable and honest meanwhile, and serving once it has it."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from system.models.catalogue import CATALOGUE, FULL
from tests.models import published
from tests.models.hub import Hub, serving
from tests.worker.running_worker import RunningWorker, connected, environment, start_and_fail


@pytest.fixture
def hub() -> Iterator[Hub]:
    with serving(Hub(published.files())) as hub:
        yield hub


@asynccontextmanager
async def starting(endpoint: str, cache: Path) -> AsyncIterator[RunningWorker]:
    """A worker of the full model, as the hub of these tests publishes it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, published.__file__, "system.worker"),
        env=environment({"MODEL": FULL, "HF_ENDPOINT": endpoint, "MODEL_CACHE": cache}),
        stdout=asyncio.subprocess.PIPE,
    )
    worker = RunningWorker(process)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.read_log())
        try:
            yield worker
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def test_a_worker_is_not_serving_until_its_model_has_come(hub: Hub, tmp_path: Path) -> None:
    hub.gate.clear()
    async with starting(hub.address, tmp_path) as worker, connected(worker) as client:
        begun = await worker.line("downloading")
        assert (begun["file"], begun["done_mb"], begun["total_mb"]) == ("model.onnx", 0.0, 23.5)
        assert begun["url"].startswith(f"{hub.address}/an/owner/resolve/")
        assert await client.status() == "NOT_SERVING"
        assert not (await client.health_check()).ok

        hub.gate.set()
        await worker.line("serving")
        assert await client.status() == "SERVING"
        assert (await client.infer(["a gripping, funny, wonderful film"])).output_texts == ["POSITIVE"]

    hub.files = {}
    async with starting(hub.address, tmp_path) as again:
        await again.line("serving")
        assert not [line for line in again.lines if line["event"] == "downloading"]


async def test_a_worker_that_is_told_to_stop_does_not_finish_its_download(hub: Hub, tmp_path: Path) -> None:
    hub.gate.clear()
    async with starting(hub.address, tmp_path) as worker:
        await worker.line("downloading")
        worker.process.send_signal(signal.SIGTERM)
        assert await worker.exit_code() == 0

    assert list((tmp_path / published.FOLDER).glob("*.partial"))


async def test_a_worker_without_hub_or_cache_says_what_it_misses_and_ends(tmp_path: Path) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound and not listening: refused
        nobody = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        code, complaint = await start_and_fail({"MODEL": FULL, "HF_ENDPOINT": nobody, "MODEL_CACHE": tmp_path})

    assert code == 2
    assert "Traceback" not in complaint
    for file, sha256 in CATALOGUE[FULL].sha256.items():
        assert f"/{file}: expected sha256 {sha256} from {nobody}/distilbert/" in complaint
    assert "by hand" in complaint


async def test_an_endpoint_that_is_no_address_is_refused_before_anything_starts() -> None:
    code, complaint = await start_and_fail({"MODEL": FULL, "HF_ENDPOINT": "hub.example.org"})

    assert code == 2
    assert "HF_ENDPOINT='hub.example.org'" in complaint
