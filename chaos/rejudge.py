"""Judging a run again, long after it was over, from nothing but what is in its directory.

What was found in the run itself, but not by an invariant (that it broke off, that the scenario asked for more than its
invariants), is not in the record, and is taken over as it stands.
"""

import ast
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import chaos.invariants
from chaos.invariants import Invariant, answered_once, answers_correct, books_balance, no_loss, remake
from chaos.invariants.invariant import Factory
from chaos.judgement import Judge, Judgement, judge
from chaos.run import every_run
from reports.directory import RunDirectory
from reports.history import History
from reports.verdict import Finding, Verdict


def unjudged() -> tuple[Invariant, ...]:
    """What is promised of every run that nobody ever judged."""
    return (no_loss(), answered_once(), answers_correct(), books_balance(), *every_run())


class NoInvariant(ValueError):
    """What was written makes no invariant; the message says why, and what would."""


@dataclass(frozen=True, slots=True)
class Rejudged:
    """`stored` is verdicts.json as the run left it; None where nobody ever judged it."""

    directory: RunDirectory
    judgement: Judgement
    stored: Mapping[str, Any] | None

    @property
    def changes(self) -> tuple[str, ...]:
        """What is found otherwise than the run found it itself; empty where only new invariants were asked."""
        if self.stored is None:
            return ()
        before = {_identity(each): each for each in self.stored["invariants"] if "made_by" in each}
        now = [each for each in self.judgement.to_json()["invariants"] if "made_by" in each]
        return tuple(
            f"{each['name']} was {was['verdict']} then and is {each['verdict']} now"
            for each in now
            if (was := before.get(_identity(each))) is not None and was["verdict"] != each["verdict"]
        )

    def to_json(self) -> dict[str, Any]:
        stored = None if self.stored is None else self.stored["verdict"]
        return {"path": str(self.directory.path), "stored_verdict": stored, "changes": list(self.changes)} | (
            self.judgement.to_json()
        )


def judge_again(directory: RunDirectory, by: Sequence[Invariant] = ()) -> Rejudged:
    """By the invariants given or, without any, by those that judged it then; by what is promised of every run where
    there were none.

    A history that was not written to its end decides nothing, whatever is found in it. Raises RunDirectoryProblem when
    there is no run to read.
    """
    record, stored = directory.read(), directory.read_verdicts()
    judges: list[Judge] = list(by)
    kept: list[Finding] = []
    if not by and stored is not None:
        for entry in stored["invariants"]:
            try:
                judges.append(remake(entry["made_by"], entry["parameters"]))
            except KeyError:
                kept.append(Finding.from_json(entry))
            except LookupError as problem:
                kept.append(Finding(entry["name"], Verdict.INCONCLUSIVE, str(problem)))
    judgement = judge(record, judges or unjudged(), run=directory.name)
    if not record.history.whole:
        judgement = replace(
            judgement, findings=tuple(_as_far_as_it_goes(each, record.history) for each in judgement.findings)
        )
    for finding in kept:
        judgement = judgement.with_finding(finding)
    return Rejudged(directory, judgement, stored)


def parse_invariant(written: str) -> Invariant:
    """`no_loss`, `latency_below(50, at=0.9)` or, of somebody else's module, `my.module.name(…)`.

    Arguments are literals: what is written on a command line is never run. Raises NoInvariant.
    """
    try:
        call = ast.parse(written.strip(), mode="eval").body
        name = ast.unparse(call.func) if isinstance(call, ast.Call) else ast.unparse(call)
        args = [ast.literal_eval(each) for each in call.args] if isinstance(call, ast.Call) else []
        kwargs = (
            {each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg is not None}
            if isinstance(call, ast.Call)
            else {}
        )
    except (SyntaxError, ValueError) as problem:
        raise NoInvariant(f"{written!r} is not written like latency_below(50, at=0.9): {problem}") from None
    factory = _factory(name)
    try:
        made: Invariant = factory(*args, **kwargs)
    except (TypeError, ValueError) as problem:
        raise NoInvariant(str(problem)) from None
    return made


def known() -> tuple[str, ...]:
    """The names of the invariants of this project."""
    return tuple(sorted(name for name, each in vars(chaos.invariants).items() if isinstance(each, Factory)))


def _factory(name: str) -> Factory[...]:
    module, _, function = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module) if module else chaos.invariants, function)
    except (ImportError, AttributeError) as problem:
        why = f": {problem}" if module else ""
        raise NoInvariant(f"there is no invariant {name!r}{why}; there are {', '.join(known())}") from None
    if not isinstance(found, Factory):
        raise NoInvariant(f"{name!r} is no invariant; there are {', '.join(known())}")
    return found


def _as_far_as_it_goes(finding: Finding, history: History) -> Finding:
    """Of half a history: what is missing from it may have been lost with the other half."""
    message = (
        f"the history was not written to its end ({len(history)} ops, the last at {history.duration_s:.2f} s); "
        f"as far as it goes, {finding.verdict.value}: {finding.message}"
    )
    return replace(finding, verdict=Verdict.INCONCLUSIVE, message=message)


def _identity(entry: Mapping[str, Any]) -> str:
    return f"{entry['made_by']} {sorted(entry['parameters'].items())}"
