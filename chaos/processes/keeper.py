"""A small process that outlives the harness by moments, and ends what the harness could not end itself.

    harness ──pipe──► keeper          the pipe closes however the harness ends, SIGKILL included;
       └──► nodes, proxy              what was not said to be over by then, the keeper kills, group by group

On Linux a node dies with the harness anyway (`launch`), but not the processes that it started itself; elsewhere
there is no such signal, and the keeper is all there is. Between a process and its being told of, that leaves a moment
(under a millisecond) in which a harness killed outright leaves that one process behind where the system is not Linux.

The number of a group whose leader is dead and reaped is told as over by the next start or the end of the process. Were
the harness killed before that, and the number given to a stranger meanwhile, the stranger would be hit: the numbers of
today's systems come round after millions of processes, not within seconds.
"""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

SCRIPT: Final = Path(__file__).with_name("keep.py")
END_S: Final = 5.0  # it has nothing to do by then


class Keeper:
    """An async context manager; its scope is the outermost of whatever owns the processes."""

    def __init__(self) -> None:
        self._pipe: int | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def took(self, group: int) -> None:
        """From now on it dies with the harness."""
        self._say(f"+{group}\n")

    def left(self, group: int) -> None:
        """It is over; the number may be somebody else's from now on."""
        self._say(f"-{group}\n")

    async def __aenter__(self) -> Self:
        reading, writing = os.pipe()  # neither is inherited by what the harness starts, so nobody else keeps it open
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(SCRIPT)),
                stdin=reading,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        self._pipe = writing
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
        if self._process is not None:
            try:
                async with asyncio.timeout(END_S):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    def _say(self, line: str) -> None:
        if self._pipe is not None:
            with suppress(BrokenPipeError):  # somebody killed it; the signal that Linux sends is still there
                os.write(self._pipe, line.encode())
