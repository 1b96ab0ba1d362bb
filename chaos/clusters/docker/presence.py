"""Whether the engine is still the one that was there at first.

One that is started again answers as before, and its containers have all ended meanwhile. A connection that it holds
open ends with it, however soon the next one answers.
"""

import asyncio
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self
from uuid import uuid4

from docker import DockerClient

from chaos.clusters.docker.engine import FAILURES, EngineLost, obeying

READ_S: Final = 5.0  # for a reader to see that there is nothing more to read


class Presence:
    """Of one engine, from when the scope is entered; an async context manager."""

    def __init__(self, engine: DockerClient) -> None:
        self._engine = engine
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)

    def check(self) -> None:
        """Raises EngineLost once it has ended, whoever answers now."""
        if self._ended.is_set():
            raise EngineLost("it ended, or was started anew, and all its containers with it")

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._listen)
        self._reader.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._news.close()
        await asyncio.to_thread(self._reader.join, READ_S)
        self._news._response.close()  # noqa: SLF001 - closing the stream alone would leave its socket open

    def _listen(self) -> None:
        with obeying("listen to the engine"):
            # There is nothing that it would tell of: it is the end of its silence that says something.
            self._news = self._engine.events(filters={"label": uuid4().hex})

    def _read(self) -> None:
        with suppress(*FAILURES, OSError, ValueError):
            for _ in self._news:
                pass
        self._ended.set()
