"""What requests carry: texts, each with a golden answer where whoever wrote the text down knows one.

Some texts have none because a system is to refuse them; those know the status that is promised for them instead.

A golden answer is what the model itself says to that text alone, in a batch of one: the harness judges whether the
serving system changes answers, not whether the model is right. So it belongs to a system: where its client knows one
(`Client.expected`), that one counts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

import orjson

SENTENCES: Final = Path(__file__).with_name("data") / "sst2.jsonl"
HOSTILE: Final = SENTENCES.with_name("hostile.jsonl")


@dataclass(frozen=True, slots=True)
class Input:
    """`expected` is the golden answer, or None where nobody knows it; `refused` the HTTP status that it must get."""

    text: str
    expected: str | None = None
    refused: int | None = None


class Inputs(Protocol):
    """A finite pool that a workload draws from."""

    def load(self) -> tuple[Input, ...]:
        """At least one; ValueError or OSError naming what is wrong."""

    def to_json(self) -> dict[str, Any]:
        """For run.json: where the texts came from, not the texts."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """JSON lines with a `text` each and, where there is a golden answer, a `label`, or else the status `refused`.

    A text that is written down once and meant `times` times over says so.
    """

    path: Path
    name: str

    def load(self) -> tuple[Input, ...]:
        """ValueError lists every line that is not an input."""
        inputs: list[Input] = []
        problems: list[str] = []
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            if not line.strip():
                continue
            try:
                inputs.append(_parse(line))
            except ValueError as problem:
                problems.append(f"  line {number}: {problem}")
        if not inputs and not problems:
            problems.append("  it holds no input at all")
        if problems:
            raise ValueError("\n".join([f"{self.path} is not a file of inputs:", *problems]))
        return tuple(inputs)

    def to_json(self) -> dict[str, Any]:
        return {"source": self.name}


@dataclass(frozen=True, slots=True)
class InputTexts:
    """Texts written down in the scenario itself; answers are checked only if the client of the system knows them."""

    texts: tuple[str, ...]

    def load(self) -> tuple[Input, ...]:
        """ValueError lists everything that is no text, or none that can be sent and written down."""
        if not self.texts:
            raise ValueError("a workload needs at least one text to send")
        if problems := [problem for text in self.texts if (problem := _flaw(text))]:
            raise ValueError("\n".join(["not all inputs are texts:", *(f"  {problem}" for problem in problems)]))
        return tuple(Input(text) for text in self.texts)

    def to_json(self) -> dict[str, Any]:
        return {"source": "texts", "texts": list(self.texts)}


@dataclass(frozen=True, slots=True)
class Sentences:
    """The texts of `SENTENCES` without its labels, which are the answers of one model among many."""

    def load(self) -> tuple[Input, ...]:
        return _sentences()

    def to_json(self) -> dict[str, Any]:
        return {"source": "sst2"}


@cache
def _sst2() -> tuple[Input, ...]:
    """Read once: an exploration asks for them a thousand times a minute."""
    return InputFile(SENTENCES, "sst2").load()


@cache
def _sentences() -> tuple[Input, ...]:
    return tuple(Input(each.text) for each in _sst2())


@dataclass(frozen=True, slots=True)
class Hostile:
    """The texts of `HOSTILE` and what the bundled system promises to refuse of them; not the labels, as above."""

    def load(self) -> tuple[Input, ...]:
        return tuple(Input(each.text, None, each.refused) for each in _hostile())

    def to_json(self) -> dict[str, Any]:
        return {"source": "hostile"}


@dataclass(frozen=True, slots=True)
class Mixed:
    """All that is in any of the parts."""

    parts: tuple[Inputs, ...]

    def load(self) -> tuple[Input, ...]:
        return tuple(each for part in self.parts for each in part.load())

    def to_json(self) -> dict[str, Any]:
        return {"source": "mixed", "parts": [part.to_json() for part in self.parts]}


def sentences() -> Inputs:
    """Film reviews of SST-2; chaos/data/README.md names their source."""
    return Sentences()


def hostile() -> Inputs:
    """Texts that nobody means well with: empty, endless, right to left, with NULs, emoji or markup in them, a megabyte.

    Some of them must be refused, with a status each; the others are texts like any, and must be answered.
    """
    return Hostile()


def mixed(*inputs: Inputs) -> Inputs:
    """Every text of every one of these pools, each as often as any other."""
    return Mixed(inputs)


def embedded_answers() -> Mapping[str, str]:
    """What the embedded model of the bundled system says to each of `sentences()`."""
    return _labels(_sst2())


def golden_answers() -> Mapping[str, str]:
    """The same, and what it says to those of `hostile()` that it is sure of."""
    return {**embedded_answers(), **_labels(_hostile())}


@cache
def _hostile() -> tuple[Input, ...]:
    """Read once, as above."""
    return InputFile(HOSTILE, "hostile").load()


def _labels(inputs: Iterable[Input]) -> Mapping[str, str]:
    return {each.text: each.expected for each in inputs if each.expected is not None}


def from_file(path: Path | str) -> Inputs:
    """One's own inputs, one JSON object per line: `{"text": "…", "label": "…"}`, the label optional.

    Instead of a label, `"refused": 422` is for a text that must be refused with this status; `"times": 1000` is for one
    that is to be sent so many times over in one piece.
    """
    return InputFile(Path(path), str(path))


def inputs_of(given: Inputs | Iterable[str] | None) -> Inputs:
    """How a workload reads its `inputs` argument: a pool as it is, plain texts as a pool, nothing as `sentences()`."""
    if given is None:
        return sentences()
    if isinstance(given, str):
        return InputTexts((given,))
    return InputTexts(tuple(given)) if isinstance(given, Iterable) else given


def inputs_from_json(described: Mapping[str, Any]) -> Inputs:
    """The pool that `Inputs.to_json` describes. Raises ValueError, also for a pool of somebody's own."""
    match described:
        case {"source": "sst2"}:
            return sentences()
        case {"source": "hostile"}:
            return hostile()
        case {"source": "mixed", "parts": [*parts]}:
            return mixed(*map(inputs_from_json, parts))
        case {"source": "texts", "texts": [*texts]}:
            return InputTexts(tuple(texts))
        case {"source": str(path)} if Path(path).is_file():
            return from_file(path)
    raise ValueError(f"no inputs are to be had from {dict(described)}")


def shuffled(pool: Sequence[Input], rng: Random) -> Iterator[Input]:
    """Endless, and even: every input once in random order before any comes again."""
    while True:
        yield from rng.sample(pool, len(pool))


def _flaw(text: object) -> str | None:
    if not isinstance(text, str):
        return f"{text!r} is no text"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"{text!r} cannot be encoded as UTF-8"
    return None


def _parse(line: bytes) -> Input:
    fields = orjson.loads(line)
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        # A file's content is a value, whatever its type in JSON.
        raise ValueError(f'expected an object with a "text", found {line[:80]!r}')  # noqa: TRY004
    label = fields.get("label")
    if label is not None and not isinstance(label, str):
        raise ValueError(f'"label" must be a text, found {label!r}')
    refused, times = fields.get("refused"), fields.get("times", 1)
    if refused is not None and (type(refused) is not int or not 400 <= refused < 600 or label is not None):
        raise ValueError(f'"refused" must be the status of a refusal, 400 to 599, and without "label": {refused!r}')
    if type(times) is not int or times < 1:
        raise ValueError(f'"times" must be a whole number of at least 1, found {times!r}')
    return Input(fields["text"] * times, label, refused)
