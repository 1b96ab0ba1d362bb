"""What a call asks for, once it is known to make sense."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from proto import inference_pb2
from system.tracing import traceparent
from system.worker.refusal import MalformedBatchError

# As many as a coordinator can be told to send; a call with more could hold the model for hours.
MAX_ITEMS: Final = 1024

# Ids are written into logs. A coordinator's have 36.
MAX_ID_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One text, worth computing until `deadline` (of `loop.time()`)."""

    text: str
    deadline: float = math.inf
    traceparent: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The items of one call; `request_ids[i]` names `items[i]`. Nobody reads any answer after `deadline`."""

    request_ids: tuple[str, ...]
    items: tuple[Item, ...]
    deadline: float

    @property
    def trace_ids(self) -> list[str | None] | None:
        """Whose traces the items are of, in their order; None if nobody traces."""
        ids = [traceparent.trace_id(item.traceparent) for item in self.items]
        return ids if any(ids) else None

    @classmethod
    def read(cls, request: inference_pb2.InferRequest, now: float, remaining_s: float | None) -> Self:
        """The batch of a call that arrived at `now` with `remaining_s` to live; MalformedBatchError names all that is
        wrong with it.
        """
        problems = list(_problems(request))
        if problems:
            raise MalformedBatchError("; ".join(problems))
        times_s = request.time_remaining_s or [math.inf] * len(request.input_texts)
        traces = map(traceparent.read, request.traceparents or [""] * len(request.input_texts))
        items = (
            Item(text, now + time_s, trace)
            for text, time_s, trace in zip(request.input_texts, times_s, traces, strict=True)
        )
        return cls(tuple(request.request_ids), tuple(items), math.inf if remaining_s is None else now + remaining_s)


def _problems(request: inference_pb2.InferRequest) -> Iterator[str]:
    ids, count = request.request_ids, len(request.input_texts)
    if count > MAX_ITEMS:
        yield f"input_texts has {count} items; at most {MAX_ITEMS} are taken"
    if len(ids) != count:
        yield f"request_ids has {len(ids)} items and input_texts {count}; they must be as many"
    times, traceparents = request.time_remaining_s, request.traceparents
    for name, length in (("time_remaining_s", len(times)), ("traceparents", len(traceparents))):
        if length not in (0, count):
            yield f"{name} has {length} items and input_texts {count}; it must have none or as many"
    # A message has room for millions of items; to read them would keep the event loop from answering health checks.
    yield from _wrong_ids(ids[:MAX_ITEMS])
    if any(map(math.isnan, times[:MAX_ITEMS])):
        yield "time_remaining_s holds NaN, which is no time"


def _wrong_ids(ids: Sequence[str]) -> Iterator[str]:
    longest = max(map(len, ids), default=0)
    if longest > MAX_ID_CHARACTERS:
        yield f"a request id has {longest} characters; at most {MAX_ID_CHARACTERS} are taken"
    repeated, times = Counter(ids).most_common(1)[0] if ids else ("", 1)
    if times > 1:
        yield f"request id {repeated[:MAX_ID_CHARACTERS]!r} comes {times} times; answers are told apart by it"
