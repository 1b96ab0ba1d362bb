from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from chaos.invariants.deadline_respected import WORKER_TIMEOUT_S
from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, listing
from chaos.target_names import ARROW, target_parts
from reports.history import OpType, Request
from reports.logs import CANARY
from reports.record import Record
from reports.verdict import Figure, Finding, Verdict

NOWHERE: Final = "a coordinator that logged no end of it"


class Execution(NamedTuple):
    """One request that a worker computed, under the id that some coordinator gave it."""

    request_id: str
    worker: str


class Ending(NamedTuple):
    """What one coordinator wrote down as the end of a request."""

    coordinator: str
    request_id: str
    success: bool


@invariant
def executions_explained(record: Record, *, coordinators: tuple[str, ...] | None = None) -> Finding:
    """Of several coordinators, which know nothing of each other: every execution is some client's, and done once.

    Done more than once is a request that coordinators gave several ids under which workers computed it. That is
    explained, counted and named where its client had asked a coordinator that a fault hit meanwhile and got no answer
    from it; without that, or where nobody asked, it is a violation. So is an answer whose coordinator did not log it,
    once, as a success, or that no worker computed. What a worker broke off, because whoever had asked for it was gone,
    is counted as that: some of it may have been computed.

    Clients, coordinators and workers are joined by trace id; requests without one, and missing logs, decide nothing.
    `coordinators` are by default the nodes that do no work of their own.
    """
    names = coordinators or tuple(_workless(record))
    fleet = Fleet(record, names)
    if missing := tuple(fleet.missing()):
        return Finding("executions_explained", Verdict.INCONCLUSIVE, listing(missing))
    again = [Case(request, fleet.ids_of(request)) for request in fleet.asked.values()]
    again = [case for case in again if len(case.ids) > 1]
    strange = [case for case in again if not fleet.explained(case.request)]
    problems = [
        *((f"{each.words(fleet)}, though no fault hit where it was asked", each.evidence) for each in strange),
        *fleet.unasked(),
        *fleet.unfounded(),
    ]
    figures: dict[str, Figure] = {
        "requests": len(fleet.asked),
        "asked_elsewhere": sum(bool(each.answer.get("tries")) for each in fleet.asked.values()),
        "executed": sum(bool(ids) for ids in map(fleet.ids_of, fleet.asked.values())),
        "executed_again": len(again),
        "executions": sum(map(len, fleet.executions.values())),
        "broken_off": fleet.broken_off,
    }
    if problems:
        evidence = tuple(dict.fromkeys(one for _, each in problems for one in each))
        message = listing([words for words, _ in problems], 3)
        return Finding("executions_explained", Verdict.VIOLATED, message, evidence, figures)
    message = f"{count(len(fleet.asked), 'request')}, none of which was done twice"
    if again:
        named = listing([each.words(fleet) for each in again], 3)
        message = (
            f"{len(again)} of {count(len(fleet.asked), 'request')} done more than once, each under a fault: {named}"
        )
    evidence = tuple(dict.fromkeys(one for each in again for one in each.evidence))
    return Finding("executions_explained", Verdict.HELD, message, evidence, figures)


@dataclass(frozen=True, slots=True)
class Case:
    """One request and the ids under which it was computed."""

    request: Request
    ids: tuple[str, ...]

    @property
    def evidence(self) -> tuple[int | str, ...]:
        return (self.request.op, *self.ids)

    def words(self, fleet: Fleet) -> str:
        """By whom, and for whom."""
        done = [
            f"{each.worker} for {fleet.coordinator_of(each.request_id)}"
            for each in fleet.executions[self.request.answer["trace_id"]]
        ]
        return f"{self.request.label} ({', '.join(done)})"


@dataclass(frozen=True)
class Fleet:
    """The accounts of several coordinators and their workers, by trace id."""

    record: Record
    coordinators: tuple[str, ...]

    @cached_property
    def asked(self) -> Mapping[str, Request]:
        return {
            trace_id: request
            for request in self.record.requests
            if isinstance(trace_id := request.answer.get("trace_id"), str)
        }

    @cached_property
    def executions(self) -> Mapping[str | None, Sequence[Execution]]:
        found: defaultdict[str | None, list[Execution]] = defaultdict(list)
        for worker in self.record.capacity:
            for line in self.record.log(worker):
                if line.get("event") == "batch":
                    for trace_id, execution in _executed(worker, line):
                        found[trace_id].append(execution)
        return found

    @cached_property
    def broken_off(self) -> int:
        """Requests in batches that a worker let go of before it could answer."""
        return sum(
            len(line.get("request_ids") or ())
            for worker in self.record.capacity
            for line in self.record.log(worker)
            if line.get("event") == "batch abandoned"
        )

    @cached_property
    def endings(self) -> Mapping[str | None, Sequence[Ending]]:
        found: defaultdict[str | None, list[Ending]] = defaultdict(list)
        for coordinator in self.coordinators:
            for line in self.record.log(coordinator):
                if line.get("event") == "request":
                    ending = Ending(coordinator, str(line.get("request_id")), line.get("success") is True)
                    found[line.get("trace_id")].append(ending)
        return found

    def ids_of(self, request: Request) -> tuple[str, ...]:
        done = self.executions.get(request.answer["trace_id"], ())
        return tuple(dict.fromkeys(each.request_id for each in done))

    def coordinator_of(self, request_id: str) -> str:
        return self._had.get(request_id, NOWHERE)

    @cached_property
    def _had(self) -> Mapping[str, str]:
        return {each.request_id: each.coordinator for endings in self.endings.values() for each in endings}

    def explained(self, request: Request) -> bool:
        """Whether one of its tries got no answer from a coordinator that a fault hit at the time."""
        return any(self._hit(request, each) for each in request.answer.get("tries", ()) if each["type"] == OpType.INFO)

    def _hit(self, request: Request, tried: Mapping[str, Any]) -> bool:
        began_s = request.invoked_s + tried["after_s"]
        grace_s = float(self.record.settings.get("worker_timeout_s", WORKER_TIMEOUT_S))
        return any(
            window.overlaps(began_s, began_s + tried["took_s"], grace_s=grace_s)
            and tried["through"] in {end for part in target_parts(window.target) for end in part.split(ARROW)}
            for window in self.record.windows
        )

    def unasked(self) -> Iterator[tuple[str, tuple[int | str, ...]]]:
        """What workers computed for nobody; a request whose client never heard of it has no trace id to be known by."""
        unheard = sum("trace_id" not in request.answer for request in self.record.requests)
        strangers = [trace_id for trace_id in self.executions if trace_id not in self.asked]
        if len(strangers) > unheard:
            ids = tuple(each.request_id for trace_id in strangers for each in self.executions[trace_id])
            yield f"{count(len(ids), 'execution')} of what nobody asked: {listing(ids)}", ids

    def unfounded(self) -> Iterator[tuple[str, tuple[int | str, ...]]]:
        """Answers that their coordinator or the workers know nothing of."""
        for trace_id, request in self.asked.items():
            if request.outcome is not OpType.OK or request.request_id is None:
                continue
            through = request.answer.get("through")
            logged = [
                each
                for each in self.endings.get(trace_id, ())
                if each == Ending(str(through), request.request_id, success=True)
            ]
            if len(logged) != 1:
                words = f"{request.label} (answered by {through}, which logged it {count(len(logged), 'time')})"
                yield words, (request.op, request.request_id)
            elif request.request_id not in self.ids_of(request):
                yield f"{request.label} (answered, and computed by no worker)", (request.op, request.request_id)

    def missing(self) -> Iterator[str]:
        """What there is to be joined and is not there, in words."""
        yield from (f"no log of {node}" for node in self.coordinators if not self.record.has_log(node))
        yield from (f"no log of {node}" for node in self.record.capacity if not self.record.has_log(node))
        for node in (*self.coordinators, *self.record.capacity):
            if lost := sum(line.get("lines_lost", 0) for line in self.record.log(node)):
                yield f"{count(lost, 'line')} of the log of {node} lost"
        if not self.coordinators or not self.record.capacity:
            yield "no coordinator or no worker is known"
        if not self.asked:
            yield "no request has a trace id to be known by"


def _executed(worker: str, line: Mapping[str, Any]) -> Iterator[tuple[str | None, Execution]]:
    """Those that got an answer, but for the coordinator's own questions whether its workers serve."""
    ids = line.get("request_ids") or ()
    traces, outputs = line.get("trace_ids") or [None] * len(ids), line.get("outputs") or [None] * len(ids)
    for request_id, trace_id, output in zip(ids, traces, outputs, strict=False):
        if output is not None and request_id != CANARY:
            yield trace_id, Execution(request_id, worker)


def _workless(record: Record) -> Iterator[str]:
    nodes = record.facts.get("system", {}).get("nodes", [])
    yield from (node["name"] for node in nodes if not node.get("capacity"))
