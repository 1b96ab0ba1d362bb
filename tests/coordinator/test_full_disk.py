"""Logs are the first to notice a full disk, and the last that may be the end of a service."""

from pathlib import Path

from tests.coordinator.running import PATIENCE_S, running_system


async def test_a_full_disk_costs_log_lines_and_no_answer(tmp_path: Path) -> None:
    for name in ("coordinator", "worker1"):
        (tmp_path / f"{name}.log").symlink_to("/dev/full")

    async with running_system(tmp_path) as system:
        for _ in range(5):
            status, answer = await system.infer("the lights stay on")
            assert (status, answer["success"]) == (200, True)
        assert (await system.status())["tasks_completed"] == 5

        for process in (system.coordinator, *system.workers):
            await process.terminate()
            assert (await process.wait(PATIENCE_S)).code == 0
