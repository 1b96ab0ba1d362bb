"""How a coordinator takes being told to stop again and again; tests/worker/test_stopping.py has the worker."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from chaos.processes.process import ProcessProblem
from tests.coordinator.running import running_system


async def test_signals_that_keep_coming_do_not_make_a_failure_of_a_clean_end(tmp_path: Path) -> None:
    async with running_system(tmp_path, workers=0) as system:
        while system.coordinator.alive:
            with suppress(ProcessProblem, TimeoutError):  # it may end in this very instant, or not yet
                await system.coordinator.terminate()
                await system.coordinator.wait(0.01)

        assert (await system.coordinator.wait()).code == 0
        assert len(system.lines("stopped")) == 1
