"""Three accounts of the same requests, joined by request id: what clients saw, what the coordinator wrote down, what
the workers computed.

    client                      coordinator                  worker
    asked, told an id  ──id──▶  one line when it ended  ──id──▶  the batches it was in, with their outputs
    asked, told nothing ─text─▶ a line that no client knows

A request whose client never got an answer knows no id. It is joined by its text, as much of it as the log shows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from chaos.invariants.wording import listing
from chaos.system_under_test import CLIENT
from chaos.target_names import ARROW
from reports.history import OpType, Request
from reports.joined import Joined
from reports.logs import CANARY, BatchLine, RequestLine
from reports.record import Record

# How much of a text a log shows, unless it shows the whole, or a hash of it.
SHOWN_CHARACTERS: Final = 120
HASH: Final = re.compile("[0-9a-f]{16}")


def entrances(record: Record) -> tuple[str, ...]:
    """The nodes that clients ask; none where the run does not say.

    Of several each logs what came through it alone, so that no log of one is all that there is to say of what clients
    saw; `executions_explained` joins them.
    """
    to: str = f"{CLIENT}{ARROW}"
    edges: Sequence[str] = record.facts.get("system", {}).get("edges", ())
    return tuple(edge.removeprefix(to) for edge in edges if edge.startswith(to))


def of_several(record: Record) -> str | None:
    """What to say where there are several, or None."""
    names = entrances(record)
    return f"clients ask {listing(names)}, whose accounts executions_explained joins" if len(names) > 1 else None


class Odd(NamedTuple):
    """A request whose accounts may differ, with its first line and the first batch that it was computed in."""

    request_id: str
    request: Request
    line: RequestLine | None
    batch: BatchLine | None


@dataclass(frozen=True)
class Accounts:
    """`coordinator` names the node whose log is read."""

    record: Record
    coordinator: str

    @cached_property
    def ended(self) -> Joined[RequestLine]:
        """The lines of the coordinator's log: of each request that ended once there is one."""
        log = self.record.coordinator_log(self.coordinator)
        return Joined.of((), ()) if log is None else log.ended

    @cached_property
    def executed(self) -> Joined[BatchLine]:
        """The batches that a worker computed each in, without those by which the coordinator only tries whether its
        workers serve.
        """
        batches = [
            batch
            for log in self.record.worker_logs.values()
            for batch in log.batches
            for request_id in batch.request_ids
            if request_id != CANARY
        ]
        ids = [
            request_id
            for log in self.record.worker_logs.values()
            for batch in log.batches
            for request_id in batch.request_ids
            if request_id != CANARY
        ]
        return Joined.of(ids, batches)

    @cached_property
    def identified(self) -> tuple[tuple[str, Request], ...]:
        """Requests with the id that their clients were told, but for who asked again under a key and was told again."""
        return tuple(
            (request.request_id, request)
            for request in self.record.requests
            if request.request_id is not None and not request.answer.get("replayed")
        )

    @cached_property
    def told(self) -> Joined[Request]:
        """Those requests, by that id."""
        return Joined.of([each for each, _ in self.identified], [each for _, each in self.identified])

    @cached_property
    def sound(self) -> AbstractSet[str]:
        """The ids under which all three tell the same: answered as expected, by the worker that it was last sent to and
        that computed it once. What looks for discrepancies need not look at these; of a sound run they are all.
        """
        told = self.told.first.keys()
        return told - {each.request_id for each in self.odd} if self.odd else told

    @cached_property
    def odd(self) -> tuple[Odd, ...]:
        """All others, in the order of asking."""
        ids, several = [each for each, _ in self.identified], self.executed.several
        lines, batches = map(self.ended.first.get, ids), map(self.executed.first.get, ids)
        odd: list[Odd] = []
        for (request_id, request), line, batch in zip(self.identified, lines, batches, strict=True):
            answer = request.answer
            if (
                line is None
                or batch is None
                or request.outcome is not OpType.OK
                or not line.success
                or not line.attempts
                or not line.attempts[-1].worker == batch.worker == answer.get("worker")
                or ((output := answer.get("output")) is not None and output != request.value.get("expected"))
                or request_id in several
            ):
                odd.append(Odd(request_id, request, line, batch))
        return tuple(odd)

    @cached_property
    def untold(self) -> tuple[tuple[Request, RequestLine | None], ...]:
        """Requests whose fate their clients do not know, each with the line that seems to be its own."""
        strangers: defaultdict[str, list[RequestLine]] = defaultdict(list)
        for line in self._unknown:
            strangers[line.input].append(line)
        silent = (each for each in self.record.requests if each.request_id is None and each.outcome is OpType.INFO)
        return tuple((request, self._line_of(request, strangers)) for request in silent)

    @cached_property
    def strangers(self) -> tuple[RequestLine, ...]:
        """Lines that belong to no request that any client is known to have sent."""
        owned = {line.request_id for _, line in self.untold if line is not None}
        return tuple(line for line in self._unknown if line.request_id not in owned)

    @cached_property
    def _unknown(self) -> Sequence[RequestLine]:
        """Lines under ids that no client was told."""
        unknown = self.ended.first.keys() - self.told.first.keys()
        return [line for request_id, line in self.ended.first.items() if request_id in unknown] if unknown else ()

    def missing(self) -> tuple[str, ...]:
        """Which accounts there are none of, or only a part, in words."""
        log = self.record.coordinator_log(self.coordinator)
        workers = self.record.worker_logs
        if (several := of_several(self.record)) is not None:
            return (several,)
        missing = [f"no log of {self.coordinator}"] if log is None else []
        if log is not None and log.lost:
            missing.append(f"{log.lost} lines of the log of {self.coordinator} are lost")
        missing += [f"no log of {node}" for node in self.record.capacity if node not in workers]
        missing += [f"{each.lost} lines of the log of {node} are lost" for node, each in workers.items() if each.lost]
        if not self.record.capacity:
            missing.append("no worker is known")
        return tuple(missing)

    @staticmethod
    def _line_of(request: Request, strangers: Mapping[str, list[RequestLine]]) -> RequestLine | None:
        """The oldest line not taken yet that shows its text; texts are shown whole, cut off, or as a hash."""
        for shown in _shown(request.input, strangers):
            if strangers[shown]:
                return strangers[shown].pop(0)
        return None


def _shown(text: str, strangers: Mapping[str, object]) -> Iterator[str]:
    """Under which keys of `strangers` this text may be; a hash may be of any."""
    yield from (shown for shown in (text, text[:SHOWN_CHARACTERS]) if shown in strangers)
    yield from (shown for shown in strangers if HASH.fullmatch(shown))
