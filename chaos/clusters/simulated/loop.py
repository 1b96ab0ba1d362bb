"""An event loop whose clock jumps: nothing is ever waited for, and the same calls always run in the same order.

What is due at the same moment runs in the order in which it was asked for. Every call belongs to the process that asked
for it, by way of its context, so that a process can stand still (its calls are kept for it) or be gone (they are not
made any more) while everybody else goes on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from contextvars import Context, ContextVar, copy_context
from enum import IntEnum
from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from chaos.clients.wire import Wire
from chaos.problems import HarnessProblem

if TYPE_CHECKING:
    from chaos.clusters.simulated.process import Process

PROCESS: Final[ContextVar[Process | None]] = ContextVar("process", default=None)
"""Whose code runs; None is the harness itself."""

# Turns of the loop without the clock moving on. A busy system takes hundreds.
MOST_TURNS: Final = 1_000_000


class TimeStandsStill(HarnessProblem):
    """Whatever runs in this loop waits for something that can never happen, or never waits for anything."""


class Kind(IntEnum):
    STEP = 0
    """What code that runs wants done next."""
    TIMER = 1
    ARRIVAL = 2
    """It brings something from outside to its process, as bytes on a connection do."""


STEP, TIMER, ARRIVAL = Kind


WHEN, NUMBER, CALLBACK, ARGS, CONTEXT, OF, KIND, GONE = range(8)


class Call(list[Any]):
    """What the loop hands out for a call to be made: `asyncio.TimerHandle`, with what this loop needs to know.

    A list and not an object with attributes: tens of thousands are made in a run, and a heap of lists that begin with
    time and number compares them without calling Python.
    """

    __slots__ = ()

    def cancel(self) -> None:
        self[GONE] = True

    def cancelled(self) -> bool:
        return bool(self[GONE])

    def when(self) -> float:
        when: float = self[WHEN]
        return when

    @property
    def kind(self) -> Kind:
        kind: Kind = self[KIND]
        return kind


class VirtualLoop(asyncio.BaseEventLoop):
    """Begins at 0 s. It has no sockets, no subprocesses and no signals.

    `slips` are the exceptions that nobody handled, which asyncio would print.
    """

    def __init__(self) -> None:
        super().__init__()
        self.outside: Final = Context()
        self.slips: Final[list[dict[str, Any]]] = []
        self.interrupted: Callable[[], object] | None = None
        """Set by another thread to have this called in the loop's."""
        self._wire: Callable[[str], AbstractAsyncContextManager[Wire]] | None = None
        self._now = 0.0
        self._turn: deque[Call] = deque()
        self._later: list[Call] = []
        self._next = count().__next__
        self.set_exception_handler(lambda _, slip: self.slips.append(slip))

    def time(self) -> float:
        return self._now

    def call_soon(  # type: ignore[override] # a handle like the one promised
        self,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401 - whatever it takes
        context: Context | None = None,
    ) -> Call:
        if context is None:
            context = copy_context()
        call = Call((self._now, 0, callback, args, context, context.get(PROCESS), STEP, False))
        self._turn.append(call)
        return call

    call_soon_threadsafe = call_soon  # type: ignore[assignment] # there is one thread

    def call_at(  # type: ignore[override] # as above
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401 - whatever it takes
        context: Context | None = None,
    ) -> Call:
        if context is None:
            context = copy_context()
        call = Call((when, self._next(), callback, args, context, context.get(PROCESS), TIMER, False))
        heappush(self._later, call)
        return call

    def call_later(  # type: ignore[override] # as above
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,  # noqa: ANN401 - whatever it takes
        context: Context | None = None,
    ) -> Call:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def arrive_at(
        self,
        when: float,
        process: Process | None,
        callback: Callable[[Any], object],
        what: Any,  # noqa: ANN401 - whatever it takes
    ) -> None:
        """Have something brought to a process from outside; what comes while it stands still waits for it."""
        context = self.outside if process is None else process.context
        heappush(self._later, Call((when, self._next(), callback, (what,), context, process, ARRIVAL, False)))

    def serve(self, wire: Callable[[str], AbstractAsyncContextManager[Wire]]) -> None:
        """`wire` makes the connections of whoever speaks HTTP in this loop."""
        self._wire = wire

    def wire(self, base_url: str) -> AbstractAsyncContextManager[Wire]:
        if self._wire is None:
            raise HarnessProblem(f"{base_url}: nothing is simulated here yet")
        return self._wire(base_url)

    def close(self) -> None:
        """What was still to come holds on to everything that ran in here."""
        super().close()
        self._turn.clear()
        self._later.clear()

    def resume(self, calls: list[Call]) -> None:
        """Make calls that were kept while their process stood still, before anything else."""
        self._turn.extendleft(reversed(calls))

    def _run_once(self) -> None:
        """Until it is stopped; `BaseEventLoop` asks for one turn at a time."""
        turn, later, turns = self._turn, self._later, 0
        while not self._stopping:  # type: ignore[attr-defined] # asyncio's own
            if self.interrupted is not None:
                self.call_soon(self.interrupted)
                self.interrupted = None
            if not turn:
                self._move_on()
                turns = 0
            elif (turns := turns + 1) > MOST_TURNS:
                raise TimeStandsStill(f"at {self._now:.6f} s something goes on without end and without waiting")
            now = self._now
            while later and later[0][0] <= now:
                turn.append(heappop(later))
            for _ in range(len(turn)):
                _, _, callback, args, context, process, _, gone = call = turn.popleft()
                if gone or (process is not None and not process.flows and process.withholds(call)):
                    continue
                # In here and not in a method: this is the innermost loop of everything.
                try:
                    context.run(callback, *args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as problem:  # noqa: BLE001 - as asyncio does: told, and nobody else is disturbed
                    self.call_exception_handler({"message": f"in {callback!r}", "exception": problem})

    def _move_on(self) -> None:
        """To when the next thing is due."""
        later = self._later
        while later and later[0][GONE]:
            heappop(later)
        if not later:
            raise TimeStandsStill(f"at {self._now:.6f} s everything waits, and for nothing that will come")
        self._now = max(self._now, later[0][0])
