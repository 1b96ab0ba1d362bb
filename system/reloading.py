"""Values that files hold, and that change while the process runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from structlog.typing import FilteringBoundLogger

Value = TypeVar("Value")
Contents = Mapping[Path, bytes]

# How soon a change is seen. The files are a few kilobytes; nobody rotates keys more often than this.
EVERY_S: Final = 1.0


class Reloading(Generic[Value]):
    """What `make` makes of some files: `current` is what they last held that could be used.

    The files are compared by what is in them, and not by their times: a copy may keep its times, and a mounted secret
    changes by the switch of a link. `make` raises ValueError for what it cannot use. It may read the files itself:
    what it made counts only if they are still the same afterwards.
    """

    def __init__(self, files: Sequence[Path], make: Callable[[Contents], Value]) -> None:
        self.files = tuple(files)
        self._make = make
        self._contents = self._read()
        self.current = make(self._contents)

    def again(self) -> bool:
        """Whether `current` is now another. Raises OSError or ValueError where it could not be."""
        contents = self._read()
        if contents == self._contents:
            return False
        made = self._make(contents)
        if self._read() != contents:
            raise ValueError("changed while it was read")
        self._contents, self.current = contents, made
        return True

    async def follow(self, log: FilteringBoundLogger, every_s: float = EVERY_S) -> None:
        """Never returns. Says each change, and what is wrong with one that cannot be used."""
        problem, times = "", 0
        while True:
            await asyncio.sleep(every_s)
            try:
                # In a thread: a disk that hangs must not hold up those who are served.
                changed = await asyncio.to_thread(self.again)
            except (OSError, ValueError) as found:
                times = times + 1 if str(found) == problem else 1
                problem = str(found)
                # Once it is there for the second time: between two files that belong together it is normal.
                if times == 2:
                    log.warning("not reloaded; what was read before is kept", files=self._names, error=problem)
            else:
                problem = ""
                if changed:
                    log.info("reloaded", files=self._names)

    @property
    def _names(self) -> list[str]:
        return [str(file) for file in self.files]

    def _read(self) -> Contents:
        return {file: file.read_bytes() for file in self.files}


@asynccontextmanager
async def following(log: FilteringBoundLogger, *values: Reloading[Any] | None) -> AsyncIterator[None]:
    """Keep each of them current while this scope lasts. One that is None is none."""
    # No TaskGroup: it would hand on whatever ends the scope as a group of one.
    followers = asyncio.gather(*(value.follow(log) for value in values if value and value.files))
    try:
        yield
    finally:
        followers.cancel()
        with suppress(asyncio.CancelledError):
            await followers
