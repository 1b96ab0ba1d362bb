"""The port on which a worker answers scrapes."""

from __future__ import annotations

import socket

import aiohttp
import pytest

from tests.worker.running_worker import running_worker, start_and_fail


async def test_a_port_that_is_taken_is_named_before_anything_is_loaded() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, complaint = await start_and_fail({"METRICS_PORT": port})
    assert code == 2
    assert f"METRICS_PORT='{port}'" in complaint
    assert "in use" in complaint


async def test_it_is_there_before_the_model_is_and_closed_when_the_worker_has_drained() -> None:
    async with running_worker(METRICS_PORT=0) as worker:
        port = (await worker.line("metrics"))["port"]
        async with aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}/metrics") as response:
                assert response.status == 200
                assert b"brownout_compute_seconds_count 0.0" in await response.read()
            await worker.line("serving")
            worker.process.terminate()
            assert await worker.exit_code() == 0
            with pytest.raises(aiohttp.ClientConnectionError):
                await http.get(f"http://127.0.0.1:{port}/metrics")
