"""What requests carry: texts, each with a golden answer where whoever wrote the text down knows one.

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


@dataclass(frozen=True, slots=True)
class Input:
    """`expected` is the golden answer, or None where nobody knows it."""

    text: str
    expected: str | None = None


class Inputs(Protocol):
    """A finite pool that a workload draws from."""

    def load(self) -> tuple[Input, ...]:
        """At least one; ValueError or OSError naming what is wrong."""

    def to_json(self) -> dict[str, Any]:
        """For run.json: where the texts came from, not the texts."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """JSON lines with a `text` each and, where there is a golden answer, a `label`."""

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
        return tuple(Input(each.text) for each in _sst2())

    def to_json(self) -> dict[str, Any]:
        return {"source": "sst2"}


@cache
def _sst2() -> tuple[Input, ...]:
    """Read once: an exploration asks for them a thousand times a minute."""
    return InputFile(SENTENCES, "sst2").load()


def sentences() -> Inputs:
    """Film reviews of SST-2; chaos/data/README.md names their source."""
    return Sentences()


def embedded_answers() -> Mapping[str, str]:
    """What the embedded model of the bundled system says to each of `sentences()`."""
    return {each.text: each.expected for each in _sst2() if each.expected is not None}


def from_file(path: Path | str) -> Inputs:
    """One's own inputs, one JSON object per line: `{"text": "...", "label": "..."}`, the label optional."""
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
    return Input(fields["text"], label)
