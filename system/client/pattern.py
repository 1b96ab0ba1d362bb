"""When requests are sent; pure values. Times in seconds after the start."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from random import Random


@dataclass(frozen=True, slots=True)
class Bursts:
    """`size` requests at once, every `every_s`; `number` of bursts, or None to go on until stopped."""

    size: int
    every_s: float
    number: int | None = None

    def due(self, _: Random) -> Iterator[float]:
        for burst in count() if self.number is None else range(self.number):
            for _each in range(self.size):
                yield burst * self.every_s

    def __str__(self) -> str:
        times = "until stopped" if self.number is None else f"{self.number} times"
        return f"{self.size} requests at once every {self.every_s:g} s, {times}"


@dataclass(frozen=True, slots=True)
class Rate:
    """`rate` requests a second on average, at random, as from many who know nothing of each other."""

    rate: float
    seconds: float

    def due(self, rng: Random) -> Iterator[float]:
        at = rng.expovariate(self.rate)
        while at < self.seconds:
            yield at
            at += rng.expovariate(self.rate)

    def __str__(self) -> str:
        return f"{self.rate:g} requests/s at random for {self.seconds:g} s"


@dataclass(frozen=True, slots=True)
class BackToBack:
    """`clients`, each of which sends its next request when it has the answer to the last: a slow system slows them."""

    clients: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.clients} clients, one request after the other, for {self.seconds:g} s"


Pattern = Bursts | Rate | BackToBack


def chosen(
    *, burst: int | None, every: float | None, rate: float | None, concurrency: int | None, seconds: float
) -> Pattern:
    """One of three ways to send. Raises ValueError when options of different ways are mixed."""
    ways = [
        names
        for names, given in (
            ("--burst/--every", burst is not None or every is not None),
            ("--rate", rate is not None),
            ("--concurrency", concurrency is not None),
        )
        if given
    ]
    if len(ways) > 1:
        raise ValueError(f"{' and '.join(ways)} are different ways to send; choose one")
    if rate is not None:
        return Rate(rate, seconds)
    if concurrency is not None:
        return BackToBack(concurrency, seconds)
    every_s = every or 2.0
    return Bursts(burst or 20, every_s, math.ceil(seconds / every_s))
