"""What load a run is put under: a pure value that, given a seed, says what is sent when.

Workloads are open: when a request is due does not depend on how fast the answers come, so a slow system meets the same
load as a fast one and cannot hide its pauses. Times are seconds after the start of the load.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import count, takewhile
from random import Random
from typing import Any, ClassVar, Protocol

from chaos.inputs import Input, Inputs, inputs_of, shuffled


class Arrivals(Protocol):
    """An arrival process. `seconds` is how long it goes on; every arrival lies in [0, seconds)."""

    kind: ClassVar[str]

    @property
    def seconds(self) -> float: ...

    def due(self, rng: Random) -> Iterator[float]:
        """Ascending."""


@dataclass(frozen=True, slots=True)
class Constant:
    """`rate` per second at equal distances."""

    kind: ClassVar[str] = "constant"
    rate: float
    seconds: float

    def __post_init__(self) -> None:
        _positive(self.kind, rate=self.rate, seconds=self.seconds)

    def due(self, rng: Random) -> Iterator[float]:  # noqa: ARG002 - nothing here is left to chance
        # Multiplied, not added up: the thousandth arrival is as exact as the first.
        number = 0
        while (at := number / self.rate) < self.seconds:
            yield at
            number += 1


@dataclass(frozen=True, slots=True)
class Poisson:
    """Independent arrivals, `rate` per second on average: what many clients who know nothing of each other send."""

    kind: ClassVar[str] = "poisson"
    rate: float
    seconds: float

    def __post_init__(self) -> None:
        _positive(self.kind, rate=self.rate, seconds=self.seconds)

    def due(self, rng: Random) -> Iterator[float]:
        at = rng.expovariate(self.rate)
        while at < self.seconds:
            yield at
            at += rng.expovariate(self.rate)


@dataclass(frozen=True, slots=True)
class Burst:
    """`size` requests at once every `every` seconds, and between them Poisson arrivals at `rate`.

    The first burst comes after `every` seconds: at 0 it would meet caches and connections that are cold on both sides,
    and measure those.
    """

    kind: ClassVar[str] = "burst"
    size: int
    every: float
    seconds: float
    rate: float = 0.0

    def __post_init__(self) -> None:
        _positive(self.kind, size=self.size, every=self.every, seconds=self.seconds)
        if self.every >= self.seconds:
            raise ValueError(f"{self.kind}: every={self.every!r} leaves no burst within seconds={self.seconds!r}")
        if self.rate:
            _positive(self.kind, rate=self.rate)

    def due(self, rng: Random) -> Iterator[float]:
        times = (number * self.every for number in count(1))
        bursts = (at for at in takewhile(lambda at: at < self.seconds, times) for _ in range(self.size))
        background = Poisson(self.rate, self.seconds).due(rng) if self.rate else ()
        yield from sorted([*bursts, *background])


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request to come."""

    due_s: float
    input: Input


@dataclass(frozen=True, slots=True)
class Workload:
    """An arrival process and the inputs it carries."""

    arrivals: Arrivals
    inputs: Inputs

    @property
    def seconds(self) -> float:
        return self.arrivals.seconds

    def requests(self, rng: Random) -> Iterator[Arrival]:
        """The same for the same state of `rng`; what inputs draw from it does not move the arrivals."""
        texts = shuffled(self.inputs.load(), Random(rng.getrandbits(64)))
        for due_s in self.arrivals.due(rng):
            yield Arrival(due_s, next(texts))

    def to_json(self) -> dict[str, Any]:
        """As run.json has it."""
        # An arrival process is one of the dataclasses above or a user's own.
        return {"kind": self.arrivals.kind, **asdict(self.arrivals), "inputs": self.inputs.to_json()}  # type: ignore[call-overload]

    def __str__(self) -> str:
        described = ", ".join(
            f"{name}={value}" for name, value in self.to_json().items() if name not in ("kind", "inputs")
        )
        return f"{self.arrivals.kind}({described})"


def constant(rate: float, seconds: float, *, inputs: Inputs | Iterable[str] | None = None) -> Workload:
    """`rate` requests per second, evenly spaced, for `seconds`."""
    return Workload(Constant(rate, seconds), inputs_of(inputs))


def poisson(rate: float, seconds: float, *, inputs: Inputs | Iterable[str] | None = None) -> Workload:
    """`rate` requests per second on average, at random, for `seconds`."""
    return Workload(Poisson(rate, seconds), inputs_of(inputs))


def burst(
    size: int, every: float, seconds: float, *, rate: float = 0.0, inputs: Inputs | Iterable[str] | None = None
) -> Workload:
    """`size` requests at once every `every` seconds, on top of `rate` per second at random, for `seconds`."""
    return Workload(Burst(size, every, seconds, rate), inputs_of(inputs))


def _positive(kind: str, **values: float) -> None:
    problems = [
        f"{name}={value!r} must be a finite number above 0"
        for name, value in values.items()
        if not math.isfinite(value) or value <= 0
    ]
    if problems:
        raise ValueError(f"{kind}: {'; '.join(problems)}")
