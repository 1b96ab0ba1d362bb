"""The logs of several processes as one stream of lines, while they are written."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

EVERY_S: Final = 0.1


class LogFollower:
    """Tells `say` every complete line that is in, or added to, `log`, with the process's name before it."""

    def __init__(self, log: Path, say: Callable[[str], None]) -> None:
        self._log = log
        self._say = say
        self._read = 0  # bytes
        self._begun = b""  # of a line whose end is not written yet

    def catch_up(self) -> None:
        if not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._read)
            added = log.read()
        self._read += len(added)
        *lines, self._begun = (self._begun + added).split(b"\n")
        for line in lines:
            self._say(f"{self._log.stem:<11} {line.decode(errors='replace')}")


@asynccontextmanager
async def following(logs: Iterable[Path], say: Callable[[str], None]) -> AsyncIterator[None]:
    """Within this scope every line is told soon after it is written, and at its end the last ones."""
    followers = [LogFollower(log, say) for log in logs]
    # Not a task group, which would wrap what the body raises.
    task = asyncio.create_task(_follow(followers))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        for each in followers:
            each.catch_up()
    if not task.cancelled():
        task.result()


async def _follow(followers: Iterable[LogFollower]) -> None:
    while True:
        for each in followers:
            each.catch_up()
        await asyncio.sleep(EVERY_S)
