"""Experiments: what the `experiment` fixture gives to a scenario.

    run = await experiment(workload=poisson(rate=80, seconds=20), schedule=[crash("worker1").at(5), ...])
    control = await experiment.control(workload)

Everything that a run leaves is written in the order of `reports.directory`: facts and schedule before anything starts,
the history meanwhile, a verdict whatever happens.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from operator import methodcaller
from typing import Any, Final

from chaos.bundled import bundled
from chaos.invariants import no_loss
from chaos.judgement import Judgement, undecided
from chaos.laboratory import Laboratory
from chaos.problems import HarnessProblem, leaves
from chaos.progress import Progress
from chaos.recorder import Recorder, loop_clock
from chaos.run import Inconclusive, Publish, Run, Unkept, Violated
from chaos.schedule import InvalidSchedule, Lines, Schedule
from chaos.system_under_test import SystemUnderTest
from chaos.workload import Workload
from reports.directory import RunDirectory, RunDirectoryProblem
from reports.record import Record
from reports.verdict import Finding, Verdict

# Problems of the harness are told in words; its frames are for those who look into its own slips.
HIDDEN_FROM_SCENARIOS: Final = methodcaller("errisinstance", HarnessProblem)


class Experiment:
    """Runs for one scenario. Every call is one run, on a cluster of its own."""

    def __init__(self, laboratory: Laboratory, *, scenario: str, test: str, replay: str) -> None:
        """`scenario` names the run directories, `test` the seed; `replay` is the command that does it all again."""
        self.seed: Final = laboratory.seed_of(test)
        self.runs: Final[list[Run]] = []
        self.controls: Final[list[Run]] = []
        self._laboratory = laboratory
        self._scenario = scenario
        self._test = test
        self.replay: Final = replay

    async def __call__(
        self,
        workload: Workload,
        schedule: Lines = (),
        *,
        system: SystemUnderTest | None = None,
        seed: int | None = None,
        shrunk_from: Mapping[str, Any] | None = None,
    ) -> Run:
        """Put the system (by default the bundled one) under the workload and break it as scheduled.

        `seed` is for who repeats another run; by default it is the scenario's own. `shrunk_from` is what a failure was
        before it was made small, for reports to show.
        Raises HarnessProblem before anything starts when these do not fit together, Inconclusive when the harness
        fails later.
        """
        __tracebackhide__ = HIDDEN_FROM_SCENARIOS
        seed = self.seed if seed is None else seed
        planned = Schedule.of(schedule, seed)
        return await self._perform(
            self._scenario,
            workload=workload,
            schedule=Schedule() if self._laboratory.without_faults else planned,
            system=system or bundled(),
            seed=seed,
            into=self.runs,
            shrunk_from=shrunk_from,
        )

    async def control(self, workload: Workload, *, system: SystemUnderTest | None = None) -> Run:
        """The same without faults, once in a session for each workload and system.

        Raises Inconclusive when requests are lost even so: then a run with faults proves nothing. One that decided
        nothing itself is run anew for who asks next, a scenario that is repeated for instance.
        """
        __tracebackhide__ = HIDDEN_FROM_SCENARIOS
        system = system or bundled()
        key = f"{workload!r} {system!r}"  # the JSON would do but for the values of environments, which it leaves out
        laboratory = self._laboratory
        if key not in laboratory.controls:
            name = f"control of {workload}"
            laboratory.controls[key] = await self._perform(
                name,
                workload=workload,
                schedule=Schedule(),
                system=system,
                seed=laboratory.seed_of(name),
                into=[],
                latest=False,
            )
        control = laboratory.controls[key]
        if control not in self.controls:
            self.controls.append(control)
        try:
            if control.judged:
                control.insist()
            else:
                control.holds(no_loss())
        except AssertionError as verdict:
            if control.verdict is Verdict.INCONCLUSIVE:
                del laboratory.controls[key]
            raise Inconclusive(f"the control run did not hold\n{verdict}") from verdict
        return control

    def conclude(self, failure: BaseException | None) -> None:
        """The scenario is over; `failure` is how, unless it passed. No run of it is left without its verdict."""
        for run in self.runs:
            if failure is not None and run.verdict is Verdict.HELD:
                # It held what it was judged by, but the scenario asked for more than that.
                run.failed(Finding("scenario", _verdict_of(failure), _words(failure).splitlines()[0]))
            elif not run.judged:
                run.publish()

    async def _perform(
        self,
        name: str,
        *,
        workload: Workload,
        schedule: Schedule,
        system: SystemUnderTest,
        seed: int,
        into: list[Run],
        shrunk_from: Mapping[str, Any] | None = None,
        latest: bool = True,
    ) -> Run:
        __tracebackhide__ = HIDDEN_FROM_SCENARIOS
        from chaos.execution import Execution  # noqa: PLC0415 - HTTP takes long to import, and collecting needs none

        _validate(schedule, system, workload)
        schedule = schedule.drawn(system)
        also = {} if shrunk_from is None else {"shrunk_from": dict(shrunk_from)}
        directory = self._prepare(name, workload, schedule, system, seed=seed, also=also, latest=latest)
        laboratory = self._laboratory

        async def carry_out(progress: Progress) -> None:
            async with laboratory.launch(system, directory.logs, seed=seed) as cluster:
                with Recorder(directory.history, clock=loop_clock()) as recorder:
                    await Execution(cluster, recorder, workload, schedule, seed, progress).run()

        with (
            self._undecided_if_it_fails(directory, into),
            laboratory.watcher.watching(name) as progress,
        ):
            await laboratory.in_time(carry_out(progress))
            with _Kept():
                record = directory.read()
                directory.write_tables(record.history)
        run = Run(record, directory, _publisher(directory))
        into.append(run)
        return run

    def _prepare(
        self,
        name: str,
        workload: Workload,
        schedule: Schedule,
        system: SystemUnderTest,
        *,
        seed: int,
        also: Mapping[str, Any],
        latest: bool,
    ) -> RunDirectory:
        __tracebackhide__ = HIDDEN_FROM_SCENARIOS
        laboratory, started = self._laboratory, datetime.now(UTC)
        with _Kept():
            directory = RunDirectory.create(
                laboratory.runs,
                name,
                started,
                facts={
                    "scenario": name,
                    "test": self._test,
                    "substrate": laboratory.substrate,
                    "seed": seed,
                    "session_seed": laboratory.seed,
                    "started": started.isoformat(timespec="milliseconds"),
                    "replay": self.replay,
                    "workload": workload.to_json(),
                    "system": system.to_json(),
                    **also,
                    **laboratory.provenance,
                },
                latest=latest,
            )
            directory.write_schedule(schedule.to_json())
        return directory

    @contextmanager
    def _undecided_if_it_fails(self, directory: RunDirectory, into: list[Run]) -> Iterator[None]:
        """Whatever ends a run early, its directory says so; problems of the harness are told as a verdict."""
        try:
            yield
        except BaseException as failure:
            why = _reason(failure)
            interrupted = not isinstance(failure, Exception)
            try:
                run = Run(directory.read(), directory, _publisher(directory, report=not interrupted))
            except RunDirectoryProblem as problem:
                why = f"{why}; nor can it be read: {problem}"
            else:
                run.judgement = undecided(run.record, why, run=directory.name)
                run.publish()
                into.append(run)
            if _is_harness_problem(failure):
                # Its words are all there; the frames of several tasks at once would bury them.
                raise Inconclusive(f"INCONCLUSIVE: {why}\n  run directory: {directory.path}") from None
            raise


class _Kept:
    """Raises HarnessProblem where a run directory cannot be written; a class, so that no frame of contextlib shows."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, failure: BaseException | None, _traceback: object) -> None:
        __tracebackhide__ = HIDDEN_FROM_SCENARIOS
        if isinstance(failure, RunDirectoryProblem):
            raise HarnessProblem(f"the run cannot be kept: {failure}") from None


def _validate(schedule: Schedule, system: SystemUnderTest, workload: Workload) -> None:
    """Raises HarnessProblem with everything that does not fit together."""
    __tracebackhide__ = True
    if misuse := tuple(_misuse(workload, system)):
        raise HarnessProblem("\n".join(misuse))
    problems = [*_of_schedule(schedule, system, workload), *_of_inputs(workload)]
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise HarnessProblem("\n".join(map(str, problems)))


def _of_schedule(schedule: Schedule, system: SystemUnderTest, workload: Workload) -> Iterator[HarnessProblem]:
    """One that names all faults that cannot be carried out, and those for which the load is too short."""
    told: list[str] = []
    try:
        schedule.validate(system)
    except InvalidSchedule as invalid:
        told += invalid.problems
    told += (
        f"{each.fault.kind} {each.target} at {each.start_s:g} s: the load is over at {workload.seconds:g} s"
        for each in schedule.late(workload.seconds)
    )
    if told:
        yield InvalidSchedule(told)


def _of_inputs(workload: Workload) -> Iterator[HarnessProblem]:
    try:
        workload.inputs.load()
    except (OSError, ValueError) as problem:
        yield HarnessProblem(f"the workload cannot be sent: {problem}")


def _misuse(workload: object, system: object) -> Iterator[str]:
    if not isinstance(workload, Workload):
        yield f"{workload!r} is no workload; one is for example poisson(rate=60, seconds=10)"
    if not isinstance(system, SystemUnderTest):
        yield f"{system!r} is no system under test; one is for example bundled(workers=2)"


def _publisher(directory: RunDirectory, *, report: bool = True) -> Publish:
    """Into its run directory, the verdict before the report; `report` is False where somebody waits for the end."""

    def publish(record: Record, judgement: Judgement) -> None:
        verdicts = judgement.to_json()
        try:
            directory.write_verdicts(verdicts)
            if report:
                # Drawing takes half a second to import, which who only collects scenarios should not have to wait for.
                from reports.render import render  # noqa: PLC0415

                directory.write_report(render(record, judgement.findings, verdicts["figures"]))
        except RunDirectoryProblem as problem:
            raise Unkept(str(problem)) from problem

    return publish


def _is_harness_problem(failure: BaseException) -> bool:
    return all(isinstance(each, HarnessProblem) for each in leaves(failure))


def _reason(failure: BaseException) -> str:
    """In the words of whoever failed; the names of exceptions are for those that have no words for people."""
    return "; ".join(dict.fromkeys(map(_words, leaves(failure))))


def _words(failure: BaseException) -> str:
    if isinstance(failure, asyncio.CancelledError | KeyboardInterrupt):
        return "the run was interrupted"
    return str(failure) if isinstance(failure, HarnessProblem) else f"{type(failure).__name__}: {failure}"


def _verdict_of(failure: BaseException) -> Verdict:
    """What the failure of a scenario says of a run that held: it is to blame only for a plain assertion."""
    match failure:
        case Violated() | Inconclusive():  # of another run of the scenario, or of its control
            return Verdict.INCONCLUSIVE
        case AssertionError():
            return Verdict.VIOLATED
        case _:
            return Verdict.INCONCLUSIVE
