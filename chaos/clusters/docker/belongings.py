"""What one cluster makes in the engine, and that it goes: when the cluster is left, or when its harness is killed."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

from docker import DockerClient

from chaos.clusters.docker import reaper
from chaos.clusters.docker.engine import obeying, sweep

REAPER_S: Final = 20.0


class Belongings:
    """Known by their label. From the beginning a reaper watches over them, in a session of its own: what ends the
    harness does not end it too.
    """

    def __init__(self, engine: DockerClient, label: str) -> None:
        """The client of the engine is closed when everything is gone."""
        self._engine = engine
        self._label = label
        self._makes = ThreadPoolExecutor(1, thread_name_prefix="make")
        self._beforehand = ExitStack()
        self._beforehand.callback(self._makes.shutdown)
        self._afterwards = ExitStack()
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", reaper.__name__, label],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    async def make(self, act: Callable[[], object]) -> None:
        """What blocks. It is carried out even if whoever asked for it waits no longer, and before anything goes."""
        await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._makes, act))

    def beforehand(self, act: Callable[[], object]) -> None:
        """Done before anything goes: it waits for what is under way, and may yet make something."""
        self._beforehand.callback(act)

    def afterwards(self, act: Callable[[], object]) -> None:
        """Done once everything is gone, as long as there still is a client."""
        self._afterwards.callback(act)

    def go(self, *, cut_short: bool = False) -> None:
        """Remove it all. Blocks; raises ClusterProblem, and leaves the rest to the reaper.

        The engine may still make what it was asked for by somebody who was `cut_short`: then the reaper looks on.
        """
        swept = False
        try:
            with self._afterwards, obeying("sweep"):
                self._beforehand.close()
                sweep(self._engine, self._label)
            swept = True
        finally:
            with self._reaper:
                self._reaper.communicate(reaper.WELL if swept and not cut_short else None, timeout=REAPER_S)
            self._engine.close()
