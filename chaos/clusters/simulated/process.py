"""One life of a node: the code that runs in it, which can stand still, be told to end, or be killed.

main ──▶ listens, connects, starts tasks ──▶ returns its exit code
  │         every call that any of it asks the loop for is this process's
  ├─ pause ──▶ its calls are kept ──▶ resume: what arrived first, then the timers that are overdue
  └─ kill ───▶ its connections close, its log is over; what is left of it unwinds unheard
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextvars import copy_context
from typing import Any, Protocol

from chaos.clusters.simulated.log import Log
from chaos.clusters.simulated.loop import PROCESS, STEP, TIMER, Call, VirtualLoop


class Open(Protocol):
    """What the operating system closes when a process ends."""

    def process_ended(self) -> None: ...


class Process:
    """`on_exit` is called once it is gone, however that came: `code` is what it ended with by itself, else
    `ended_by` names the signal.
    """

    def __init__(self, loop: VirtualLoop, node: str, life: int, log: Log, on_exit: Callable[[Process], None]) -> None:
        self.loop = loop
        self.node = node
        self.life = life
        self.context = copy_context()
        self.context.run(PROCESS.set, self)
        self.flows = True
        """Neither paused nor ended."""
        self.ended = False
        self.code: int | None = None
        self.ended_by: str | None = None
        self.paused = False
        self.told_to_end = 0
        self.holds: dict[Open, None] = {}
        self.listener: Callable[..., Any] | None = None
        self.mishaps: Mapping[str, Mapping[str, Any]] = {}
        """What it is to inflict on itself, by the kind of fault; `on_mishaps` is called when that has changed."""
        self.on_mishaps: Callable[[], object] | None = None
        self._log = log
        self._on_exit = on_exit
        self._kept: list[Call] = []
        self._tasks: dict[asyncio.Task[Any], None] = {}
        self._on_signal: Callable[[int], None] | None = None

    # ── for the code that runs in it ─────────────────────────────────────────────────────────────────────────────

    def log(self, event: str, **fields: object) -> None:
        """One line."""
        if not self.ended:
            self._log.write(self.loop.time(), event, fields)

    def on_signal(self, told: Callable[[int], None]) -> None:
        """Called each time it is told to end, with how often that makes it. Without it, being told is the end."""
        self._on_signal = told

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of this process."""
        task = self.loop.create_task(work, context=self.context)
        self._tasks[task] = None
        task.add_done_callback(self._done, context=self.context)
        return task

    def later(self, delay_s: float, what: Callable[..., object], *args: object) -> Call:
        return self.loop.call_at(self.loop.time() + delay_s, what, *args, context=self.context)

    def exit(self, code: int) -> None:
        """End at once, as `os._exit` does."""
        self._end(code=code)

    # ── for who starts and breaks it ─────────────────────────────────────────────────────────────────────────────

    def start(self, main: Callable[[Process], Coroutine[Any, Any, int]]) -> None:
        self.spawn(self._run(main))

    async def _run(self, main: Callable[[Process], Coroutine[Any, Any, int]]) -> None:
        code = await main(self)
        self._end(code=code)

    def pause(self) -> None:
        self.paused = not self.ended
        self.flows = False

    def resume(self) -> None:
        if self.paused:
            self.paused = False
            self.flows = True
            kept, self._kept = self._kept, []
            # A process that wakes up finds what its sockets received first, and then its timers.
            self.loop.resume(
                [call for call in kept if call.kind is not TIMER] + [call for call in kept if call.kind is TIMER]
            )

    def terminate(self) -> None:
        """A signal waits, too, while its process stands still."""
        self.loop.arrive_at(self.loop.time(), self, self._signalled, "SIGTERM")

    def kill(self) -> None:
        self._end(by="SIGKILL")

    def withholds(self, call: Call) -> bool:
        """Whether a call that is due is not to be made now."""
        if self.ended:
            # What unwinds goes from one step to the next; nothing arrives any more, and no timer rings.
            return call.kind is not STEP
        if self.paused:
            self._kept.append(call)
        return self.paused

    def _done(self, task: asyncio.Task[Any]) -> None:
        del self._tasks[task]
        if not task.cancelled() and (problem := task.exception()) is not None and not self.ended:
            self.loop.call_exception_handler({"message": f"in {self.node}", "exception": problem, "task": task})

    def _signalled(self, name: str) -> None:
        self.told_to_end += 1
        if self._on_signal is None:
            self._end(by=name)
        else:
            self._on_signal(self.told_to_end)

    def _end(self, *, code: int | None = None, by: str | None = None) -> None:
        if self.ended:
            return
        self.ended = True
        self.flows = False
        self.code, self.ended_by = code, by
        self.paused = False
        self.listener = None
        for each in list(self.holds):
            each.process_ended()
        self.holds.clear()
        # Steps of tasks that were about to be taken: without them the tasks could not even be cancelled.
        self.loop.resume([call for call in self._kept if call.kind is STEP])
        self._kept.clear()
        current = asyncio.current_task(self.loop)
        for task in list(self._tasks):
            if task is not current:
                task.cancel()
        self._on_exit(self)
