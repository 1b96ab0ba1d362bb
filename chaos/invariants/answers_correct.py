from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, listing
from reports.history import OpType, Request
from reports.record import Record
from reports.verdict import Finding, Verdict


@invariant
def answers_correct(record: Record) -> Finding:
    """Every ok answer is the golden one: what the model says to that input alone, in a batch of one.

    Judged are the requests whose `invoke` has `expected`. An ok without `output` is wrong whatever was expected, and so
    is any ok to an input that the system promises to refuse.
    """
    answered = [request for request in record.requests if request.outcome is OpType.OK]
    expected = [_expected(each.value) for each in answered]
    judged = [
        (request, due)
        for request, due in zip(answered, expected, strict=True)
        if due is not None or "output" not in request.answer
    ]
    wrong = [request for request, due in judged if (output := request.answer.get("output")) is None or output != due]
    figures = {"answers": len(answered), "judged": len(judged), "wrong": len(wrong)}
    if not judged:
        unknown = f"{count(len(answered), 'answer')}, and no golden answer is known to any"
        why = unknown if answered else "nothing was answered"
        return Finding("answers_correct", Verdict.INCONCLUSIVE, why, (), figures)
    if not wrong:
        unjudged = (
            f"; {len(answered) - len(judged)} more, with no golden answer" if len(judged) != len(answered) else ""
        )
        message = f"{count(len(judged), 'answer')}, all correct{unjudged}"
        return Finding("answers_correct", Verdict.HELD, message, (), figures)
    return Finding(
        "answers_correct",
        Verdict.VIOLATED,
        f"{len(wrong)} of {count(len(judged), 'answer')} wrong: {listing([_named(request) for request in wrong])}",
        tuple(request.op for request in wrong),
        figures,
    )


def _expected(asked: Mapping[str, Any]) -> object:
    """The golden answer to what was asked; None where nobody knows it."""
    if isinstance(refused := asked.get("refused"), int):
        return f"a refusal with {refused}"
    return asked.get("expected")


def _named(request: Request) -> str:
    output, expected = request.answer.get("output", "no output"), _expected(request.value)
    return (
        f"{request.label} ({output} instead of {expected})" if expected is not None else f"{request.label} ({output})"
    )
