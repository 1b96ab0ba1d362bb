"""A finished run in the hands of a scenario: facts to assert on, and `holds` to have it judged."""

from collections.abc import Callable, Iterable
from math import inf
from typing import Final

from chaos.invariants import Invariant, clock_steady, faults_bit, load_on_time
from chaos.invariants.nodes_stay_up import nodes_stay_up
from chaos.judgement import OF_THE_RUN, Judge, Judgement, judge, undecided
from chaos.problems import HarnessProblem
from reports.directory import RunDirectory
from reports.history import OpType, Request
from reports.measure import Figures
from reports.record import Record
from reports.verdict import Finding, Verdict

Publish = Callable[[Record, Judgement], None]
"""Puts a judgement where people find it. Raises Unkept when that does not take it."""


class Unkept(HarnessProblem):
    """A judgement could not be written; the message says where and why."""


def every_run(judges: Iterable[Judge] = ()) -> tuple[Invariant, ...]:
    """What every run must show, whatever its scenario promises; less what `judges`, as of a replayed one, see to.

    Those that ask for something else under the same name, say for less, see to nothing.
    """
    known = [(each.made_by, {**each.parameters}) for each in judges if isinstance(each, Invariant)]
    must = (faults_bit(), load_on_time(), clock_steady(), nodes_stay_up())
    return tuple(each for each in must if (each.made_by, {**each.parameters}) not in known)


class Violated(AssertionError):
    """At least one invariant does not hold; the message has what was found about each."""


class Inconclusive(AssertionError):
    """The run does not show what it was made to show, which is not a pass; the message says why."""


class Run:
    """One execution of a scenario. Nothing of it runs any more."""

    def __init__(self, record: Record, directory: RunDirectory, publish: Publish) -> None:
        self.record: Final = record
        self.directory: Final = directory
        self.judgement = undecided(record, "nobody judged this run", run=directory.name)
        self._publish = publish
        self._judges: tuple[Judge, ...] = ()

    @property
    def judged(self) -> bool:
        return bool(self._judges)

    @property
    def verdict(self) -> Verdict:
        return self.judgement.verdict

    @property
    def figures(self) -> Figures:
        """Requests, outcomes, goodput, latencies and retries, as verdicts.json has them."""
        return self.judgement.figures

    @property
    def retries(self) -> int:
        """Of all requests together."""
        return self.figures.retries

    @property
    def largest_latency_s(self) -> float:
        """Of the answered requests, from when each was due; 0 where none was."""
        return max(self.latencies_s(), default=0.0)

    def answers(self, by: str | None = None, *, between: tuple[float, float] = (0, inf)) -> tuple[Request, ...]:
        """The requests answered ok in this time, in seconds since the run began, narrowed to one worker where given."""
        start_s, end_s = between
        return tuple(
            request
            for request in self.record.requests
            if request.outcome is OpType.OK
            and (by is None or request.answer.get("worker") == by)
            and start_s <= (request.completed_s or 0) < end_s
        )

    def latencies_s(self, by: str | None = None, *, between: tuple[float, float] = (0, inf)) -> tuple[float, ...]:
        """Of the same answers."""
        return tuple(request.latency_s or 0.0 for request in self.answers(by, between=between))

    def holds(self, *judges: Judge) -> None:
        """Judge the run by all of these and by what every run must show; called again, it adds to what was judged.

        Every run must show that its faults bit, that its load was on time, that nobody set the clock, and that no node
        ended of itself. Raises Violated or Inconclusive with every finding, TypeError of nothing to judge by.
        """
        __tracebackhide__ = True
        if not judges:
            raise TypeError("holds() judges by nothing; name at least one invariant: run.holds(no_loss())")
        self._judges = (*self._judges, *judges, *(() if self.judged else every_run(judges)))
        self.judgement = judge(self.record, self._judges, run=self.directory.name)
        self.publish()
        self.insist()

    def insist(self) -> None:
        """Raises Violated or Inconclusive with every finding so far, unless the run held."""
        __tracebackhide__ = True
        match self.verdict:
            case Verdict.VIOLATED:
                raise Violated(self.message())
            case Verdict.INCONCLUSIVE:
                raise Inconclusive(self.message())

    def failed(self, finding: Finding) -> None:
        """Note what else went wrong with the scenario: what is on disk must not say better of the run than its test."""
        self.judgement = self.judgement.with_finding(finding)
        self.publish()

    def publish(self) -> None:
        """Write the present judgement to the run directory. One that nobody can look up afterwards is no pass."""
        try:
            self._publish(self.record, self.judgement)
        except Unkept as problem:
            self.judgement = self.judgement.with_finding(
                Finding(OF_THE_RUN, Verdict.INCONCLUSIVE, f"this could not be kept: {problem}")
            )

    def message(self) -> str:
        """Every finding, the worst first, and where the run is."""
        held = sum(finding.verdict is Verdict.HELD for finding in self.judgement.findings)
        return "\n".join(
            [
                f"{self.verdict.value}: {held} of {len(self.judgement.findings)} invariants held",
                *(f"  {line}" for line in self.judgement.lines()),
                f"  run directory: {self.directory.path}",
            ]
        )
