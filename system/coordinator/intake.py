"""Request bodies on their way in: how large they may be, and how long they may take once the coordinator shuts down."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request

from system.coordinator.core.errors import Draining

# What is too much is still read and thrown away, up to this many bytes: an answer sent before the client has finished
# sending is lost to most clients, who see a broken connection instead of a 413.
DISCARDED: Final = 4 * 1024 * 1024

# For the same reason, who is still sending at shutdown gets this long to finish before being refused; whoever stalls
# in the middle of a body would otherwise hold up the end for as long as answers that are owed may.
LAST_BYTES_S: Final = 1.0


class BodyTooLarge(Exception):
    """More bytes than MAX_BODY_BYTES."""


class Intake:
    """Reads bodies; `close` it when nothing more is admitted."""

    def __init__(self, max_body_bytes: int) -> None:
        self._limit = max_body_bytes
        self._until: float | None = None
        self._reading: set[asyncio.Timeout] = set()

    async def read(self, request: Request) -> bytes:
        """The whole body. Raises BodyTooLarge, or Draining when it is not here soon after `close`."""
        try:
            async with asyncio.timeout_at(self._until) as scope:
                self._reading.add(scope)
                try:
                    return await self._read(request)
                finally:
                    self._reading.remove(scope)
        except TimeoutError:
            raise Draining from None

    def close(self) -> None:
        self._until = asyncio.get_running_loop().time() + LAST_BYTES_S
        for scope in self._reading:
            scope.reschedule(self._until)

    async def _read(self, request: Request) -> bytes:
        chunks, size = [], 0
        async for chunk in request.stream():
            size += len(chunk)
            if size <= self._limit:
                chunks.append(chunk)
            elif size > DISCARDED:
                break
        if size > self._limit:
            raise BodyTooLarge(f"the body is larger than {self._limit} bytes")
        return b"".join(chunks)
