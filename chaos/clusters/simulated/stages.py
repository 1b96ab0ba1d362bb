"""What each of Toxiproxy's toxics does to one direction of one connection; after its version 2.12."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from random import Random
from typing import Any

from chaos.clusters.simulated.connection import Connection, Pipe
from chaos.clusters.simulated.loop import Call
from chaos.toxiproxy.toxic import Toxic

END = object()
"""Among messages: the sender has closed."""


class Delaying:
    """One after the other, each when it is due; when the toxic is removed, all at once. By itself it delays nothing."""

    def __init__(self, toxic: Toxic, pipe: Pipe, connection: Connection, rng: Random) -> None:
        self.toxic = toxic.name
        self._attributes: Mapping[str, int] = toxic.attributes
        self._pipe = pipe
        self._connection = connection
        self._rng = rng
        self._held: deque[tuple[float, Any, int, bool]] = deque()
        self._due = 0.0
        self._bell: Call | None = None

    def take(self, message: Any, size: int) -> None:  # noqa: ANN401 - whatever the two ends speak
        self._hold(self._free_at(size), message, size, reset=False)

    def end(self, *, reset: bool) -> None:
        self._hold(self._end_at(), END, 0, reset=reset)

    def removed(self) -> None:
        if self._bell is not None:
            self._bell.cancel()
        while self._held:
            self._let_go()

    def _free_at(self, size: int) -> float:  # noqa: ARG002 - a delay may depend on it
        return self._pipe.loop.time()

    def _end_at(self) -> float:
        return self._pipe.loop.time()

    def _hold(self, due: float, message: Any, size: int, *, reset: bool) -> None:  # noqa: ANN401 - as above
        self._due = max(self._due, due)
        self._held.append((self._due, message, size, reset))
        self._wait()

    def _wait(self) -> None:
        loop = self._pipe.loop
        while self._held and self._held[0][0] <= loop.time():
            self._let_go()
        if self._held and self._bell is None and self._held[0][0] < math.inf:
            self._bell = loop.call_at(self._held[0][0], self._ring, context=loop.outside)

    def _ring(self) -> None:
        self._bell = None
        self._wait()

    def _let_go(self) -> None:
        _, message, size, reset = self._held.popleft()
        if message is END:
            self._pipe.end_after(self, reset=reset)
        else:
            self._pipe.after(self, message, size)


class LatencyStage(Delaying):
    """Every message `latency` ± `jitter` ms later."""

    def _free_at(self, size: int) -> float:  # noqa: ARG002 - see above
        jitter = self._attributes["jitter"]
        drawn = self._rng.randrange(2 * jitter) - jitter if jitter else 0
        return self._pipe.loop.time() + (self._attributes["latency"] + drawn) / 1000


class BandwidthStage(Delaying):
    """`rate` kilobytes a second, one message after the other; none at all where it is 0."""

    def _free_at(self, size: int) -> float:
        rate = self._attributes["rate"]
        began = max(self._due, self._pipe.loop.time())
        return began + size / (rate * 1000) if rate else math.inf


class SlicerStage(Delaying):
    """In slices of `average_size` ± `size_variation` bytes with `delay` µs after each; the last one completes it."""

    def _free_at(self, size: int) -> float:
        average, variation = self._attributes["average_size"], self._attributes["size_variation"]
        slices = 1 if size - average <= variation else math.ceil(size / max(1, average))
        began = max(self._due, self._pipe.loop.time())
        return began + (slices - 1) * self._attributes["delay"] / 1_000_000


class SlowCloseStage(Delaying):
    """A closing takes `delay` ms."""

    def _end_at(self) -> float:
        return self._pipe.loop.time() + self._attributes["delay"] / 1000


class TimeoutStage(Delaying):
    """Messages vanish. After `timeout` ms of silence, or of the toxic's removal, the connection is closed."""

    def __init__(self, toxic: Toxic, pipe: Pipe, connection: Connection, rng: Random) -> None:
        super().__init__(toxic, pipe, connection, rng)
        self._over: Call | None = None
        self._restart()

    def take(self, message: Any, size: int) -> None:  # noqa: ANN401, ARG002 - dropped
        self._restart()

    def removed(self) -> None:
        if self._over is not None:
            self._over.cancel()
        super().removed()
        self._pipe.end_after(self, reset=False)

    def _restart(self) -> None:
        if self._over is not None:
            self._over.cancel()
        if timeout_ms := self._attributes["timeout"]:
            loop = self._pipe.loop
            self._over = loop.call_later(timeout_ms / 1000, self._close, context=loop.outside)

    def _close(self) -> None:
        self._pipe.end_after(self, reset=False)


class ResetStage(Delaying):
    """With the first message, or closing, everything is over, `timeout` ms later."""

    def take(self, message: Any, size: int) -> None:  # noqa: ANN401, ARG002 - dropped
        self._reset()

    def end(self, *, reset: bool) -> None:  # noqa: ARG002 - it is one now
        self._reset()

    def removed(self) -> None:
        """A reset that is due is not called off."""

    def _reset(self) -> None:
        loop = self._pipe.loop
        loop.call_later(self._attributes["timeout"] / 1000, self._cut, context=loop.outside)

    def _cut(self) -> None:
        self._connection.cut(reset=True)


class LimitDataStage(Delaying):
    """After `bytes` bytes the connection is closed; a message of which the last byte is missing never arrives."""

    def __init__(self, toxic: Toxic, pipe: Pipe, connection: Connection, rng: Random) -> None:
        super().__init__(toxic, pipe, connection, rng)
        self._left = self._attributes["bytes"]

    def take(self, message: Any, size: int) -> None:  # noqa: ANN401 - as above
        if size <= self._left:
            self._pipe.after(self, message, size)
        self._left -= size
        if self._left <= 0:
            self._pipe.end_after(self, reset=False)


STAGES: Mapping[str, type[Delaying]] = {
    "bandwidth": BandwidthStage,
    "latency": LatencyStage,
    "limit_data": LimitDataStage,
    "reset_peer": ResetStage,
    "slicer": SlicerStage,
    "slow_close": SlowCloseStage,
    "timeout": TimeoutStage,
}


def stage(toxic: Toxic, pipe: Pipe, connection: Connection, rng: Random) -> Delaying:
    return STAGES[toxic.kind](toxic, pipe, connection, rng)
