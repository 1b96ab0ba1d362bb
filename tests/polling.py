"""Waiting for what will come: tests look again and again until a deadline, and never just sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Final

PATIENCE_S: Final = 60.0  # on a busy machine
EVERY_S: Final = 0.01


async def until(holds: Callable[[], bool | Awaitable[bool]], within_s: float = PATIENCE_S) -> None:
    """Returns once it holds. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while True:
            said = holds()
            if await said if isawaitable(said) else said:
                return
            await asyncio.sleep(EVERY_S)
