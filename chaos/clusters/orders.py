"""What a node is told to inflict on itself: a file that it reads while it runs, and whether it says that it obeys.

A file rather than a call: it outlives every life of the node, so that a node which is started again does what the one
before it did, and it can be written while the node is paused or gone.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from chaos.clusters.cluster import ClusterProblem, Confession
from chaos.clusters.confession import Confessions

OBEY_S: Final = 8.0  # a node that looks some twenty times a second, on a machine that is busy with anything else
POLL_S: Final = 0.01


class Orders:
    """For one node. `file` is where it reads them; none is there until the first is given."""

    def __init__(self, node: str, file: Path, log: Path) -> None:
        self.file: Final = file
        self._node = node
        self._confessions = Confessions(log)
        self._given: dict[str, dict[str, Any]] = {}

    async def give(self, kind: str, parameters: Mapping[str, Any], *, obeys: Callable[[], Awaitable[bool]]) -> None:
        """Returns once it says that it obeys, or `obeys` says that this cannot be expected. Raises ClusterProblem."""
        self._given[kind] = dict(parameters)
        await self._heard(obeys)

    async def take_back(self, kind: str, *, obeys: Callable[[], Awaitable[bool]]) -> None:
        """Nothing to do when there is none."""
        if self._given.pop(kind, None) is not None or kind in self.confession().in_force:
            await self._heard(obeys)

    async def take_all_back(self, *, obeys: Callable[[], Awaitable[bool]]) -> None:
        if self._given:
            self._given.clear()
            await self._heard(obeys)

    def confession(self) -> Confession:
        return self._confessions.now()

    async def _heard(self, obeys: Callable[[], Awaitable[bool]]) -> None:
        self._write()
        loop = asyncio.get_running_loop()
        until = loop.time() + OBEY_S
        while (said := self.confession().in_force) != self._given and await obeys():
            if loop.time() > until:
                raise ClusterProblem(
                    f"{self._node}: it was told in {self.file} to inflict {self._given or 'nothing'} on itself, "
                    f"and {OBEY_S:g} s later its log says that it inflicts {dict(said) or 'nothing'}"
                )
            await asyncio.sleep(POLL_S)

    def _write(self) -> None:
        """In one step, so that nobody reads half of it."""
        draft = self.file.with_suffix(".draft")
        draft.write_bytes(orjson.dumps(self._given))
        os.replace(draft, self.file)  # noqa: PTH105 - as its name says, unlike `rename`, on every system
