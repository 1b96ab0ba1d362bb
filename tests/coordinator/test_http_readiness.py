"""Readiness, asked of a real coordinator about a real worker."""

from __future__ import annotations

from pathlib import Path

from tests.coordinator.running import running_system


async def test_readiness_is_that_of_the_path_an_answer_takes(tmp_path: Path) -> None:
    """A worker that is stopped, in a system whose heartbeats will not tell so: only a canary can."""
    async with running_system(tmp_path, HEARTBEAT_TIMEOUT="60", CANARY_TTL="0", WORKER_TIMEOUT="0.5") as system:
        await system.workers[0].pause()
        async with system.http.get("/readyz") as response:
            assert response.status == 503
            readiness = await response.json()
        assert readiness["reason"].startswith("no worker answers: worker1: too_slow")
        await system.workers[0].resume()
        async with system.http.get("/readyz") as response:
            assert (response.status, await response.json()) == (200, {"ready": True, "reason": None})
        status = await system.status()
        assert (status["tasks_submitted"], status["workers"][0]["tasks_processed"]) == (0, 0)
