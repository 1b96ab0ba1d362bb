"""What load a run is put under: a pure value that, given a seed, says what is sent when.

Workloads are open: when a request is due does not depend on how fast the answers come, so a slow system meets the same
load as a fast one and cannot hide its pauses. Only `closed` is not, and asks how much there is to be had. Times are
seconds after the start of the load.

    poisson(rate=50, seconds=4).then(poisson(rate=150, seconds=6)).sending("a text of its own", at=5)
"""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import count, repeat, takewhile
from random import Random
from typing import Any, ClassVar, Protocol, Self

from chaos.inputs import Input, Inputs, InputTexts, inputs_from_json, inputs_of, shuffled


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
class Ramp:
    """From `from_rate` per second to `to_rate`, evenly more or less all the time: how much is too much?"""

    kind: ClassVar[str] = "ramp"
    from_rate: float
    to_rate: float
    seconds: float

    def __post_init__(self) -> None:
        _positive(self.kind, seconds=self.seconds)
        rates = {name: rate for name, rate in (("from_rate", self.from_rate), ("to_rate", self.to_rate)) if rate != 0}
        _positive(self.kind, **rates)
        if not rates:
            raise ValueError(f"{self.kind}: from_rate=0 and to_rate=0 leave nothing to send")

    def due(self, rng: Random) -> Iterator[float]:  # noqa: ARG002 - nothing here is left to chance
        """The n-th is due when, at the rate of each moment, n have been due before it."""
        steepness = (self.to_rate - self.from_rate) / self.seconds
        for number in count():
            squared = self.from_rate**2 + 2 * steepness * number
            if squared < 0:
                return  # a falling rate never gets so far
            divisor = self.from_rate + math.sqrt(squared)
            # Of the two forms of the solution the one that also holds for a rate that does not change.
            at = 2 * number / divisor if divisor else 0.0
            if at >= self.seconds:
                return
            yield at


@dataclass(frozen=True, slots=True)
class Closed:
    """`clients` that each ask again as soon as they are answered: the load that a system sets itself."""

    kind: ClassVar[str] = "closed"
    clients: int
    seconds: float

    def __post_init__(self) -> None:
        _positive(self.kind, clients=self.clients, seconds=self.seconds)

    def due(self, rng: Random) -> Iterator[float]:  # noqa: ARG002 - nothing here is left to chance
        """At once and without end: whoever sends them keeps to `clients` at a time and to `seconds`."""
        return repeat(0.0)


@dataclass(frozen=True, slots=True)
class InTurn:
    """One arrival process after the other."""

    kind: ClassVar[str] = "in_turn"
    parts: tuple[Arrivals, ...]

    @property
    def seconds(self) -> float:
        return sum(part.seconds for part in self.parts)

    def due(self, rng: Random) -> Iterator[float]:
        began = 0.0
        for part in self.parts:
            yield from (began + at for at in part.due(rng))
            began += part.seconds


@dataclass(frozen=True, slots=True)
class Planted:
    """A text that the first request due from `at_s` on carries instead of a drawn one."""

    text: str
    at_s: float


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
    planted: tuple[Planted, ...] = ()

    @property
    def seconds(self) -> float:
        return self.arrivals.seconds

    @property
    def clients(self) -> int | None:
        """How many ask at a time; None where requests have times of their own."""
        return self.arrivals.clients if isinstance(self.arrivals, Closed) else None

    def then(self, other: "Workload") -> "Workload":
        """This one, and the arrivals of the other one after it, with the inputs of this one."""
        if closed := [str(each) for each in (self, other) if each.clients is not None]:
            raise ValueError(f"{' and '.join(closed)}: a closed loop has no times that others could follow or precede")
        later = tuple(replace(each, at_s=self.seconds + each.at_s) for each in other.planted)
        return replace(self, arrivals=InTurn((self.arrivals, other.arrivals)), planted=(*self.planted, *later))

    def sending(self, text: str, *, at: float) -> "Workload":
        """The same, but the first request due from `at` seconds on carries `text`."""
        InputTexts((text,)).load()
        if self.clients is not None or not 0 <= at < self.seconds:
            raise ValueError(f"{self}: no request is due from at={at!r} on")
        return replace(self, planted=(*self.planted, Planted(text, at)))

    def requests(self, rng: Random) -> Iterator[Arrival]:
        """The same for the same state of `rng`; what inputs draw from it does not move the arrivals."""
        texts = shuffled(self.inputs.load(), Random(rng.getrandbits(64)))
        planted = deque(sorted(self.planted, key=lambda each: each.at_s))
        for due_s in self.arrivals.due(rng):
            ripe = planted and planted[0].at_s <= due_s
            yield Arrival(due_s, Input(planted.popleft().text) if ripe else next(texts))

    def to_json(self) -> dict[str, Any]:
        """As run.json has it."""
        planted = {"planted": [asdict(each) for each in self.planted]} if self.planted else {}
        return {**_described(self.arrivals), "inputs": self.inputs.to_json(), **planted}

    @classmethod
    def from_json(cls, workload: Mapping[str, Any]) -> Self:
        """Raises ValueError, also for arrivals or inputs of somebody's own, which nobody here could make again."""
        arrivals = {name: value for name, value in workload.items() if name not in ("inputs", "planted")}
        try:
            planted = tuple(Planted(**each) for each in workload.get("planted", ()))
        except TypeError as problem:
            raise ValueError(f"planted texts: {problem}") from problem
        return cls(_remade(arrivals), inputs_from_json(workload.get("inputs", {})), planted)

    def __str__(self) -> str:
        planted = "".join(f", {each.text!r} at {each.at_s:g} s" for each in self.planted)
        return f"{_named(self.arrivals)}{planted}"


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


def ramp(from_rate: float, to_rate: float, seconds: float, *, inputs: Inputs | Iterable[str] | None = None) -> Workload:
    """Evenly spaced requests that come ever faster, or ever slower, within `seconds`."""
    return Workload(Ramp(from_rate, to_rate, seconds), inputs_of(inputs))


def closed(clients: int, seconds: float, *, inputs: Inputs | Iterable[str] | None = None) -> Workload:
    """`clients` that each ask again as soon as they are answered, for `seconds`."""
    return Workload(Closed(clients, seconds), inputs_of(inputs))


def _described(arrivals: Arrivals) -> dict[str, Any]:
    if isinstance(arrivals, InTurn):
        return {"kind": arrivals.kind, "parts": [_described(part) for part in arrivals.parts]}
    # One of the dataclasses above or a user's own.
    return {"kind": arrivals.kind, **asdict(arrivals)}  # type: ignore[call-overload]


def _remade(described: Mapping[str, Any]) -> Arrivals:
    """What `_described` describes."""
    kind, given = described.get("kind"), {name: value for name, value in described.items() if name != "kind"}
    if kind == InTurn.kind:
        return InTurn(tuple(map(_remade, given.get("parts", ()))))
    known: dict[str, type[Arrivals]] = {each.kind: each for each in (Constant, Poisson, Burst, Ramp, Closed)}
    if kind not in known:
        raise ValueError(f"no arrivals are called {kind!r}; there are {', '.join(sorted(known))}")
    try:
        return known[kind](**given)
    except TypeError as problem:
        raise ValueError(f"{kind}: {problem}") from problem


def _named(arrivals: Arrivals) -> str:
    if isinstance(arrivals, InTurn):
        return ", then ".join(map(_named, arrivals.parts))
    given = ", ".join(f"{name}={value}" for name, value in _described(arrivals).items() if name != "kind")
    return f"{arrivals.kind}({given})"


def _positive(kind: str, **values: float) -> None:
    problems = [
        f"{name}={value!r} must be a finite number above 0"
        for name, value in values.items()
        if not math.isfinite(value) or value <= 0
    ]
    if problems:
        raise ValueError(f"{kind}: {'; '.join(problems)}")
