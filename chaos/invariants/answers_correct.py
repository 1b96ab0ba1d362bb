from __future__ import annotations

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
    judged = [request for request in answered if _expected(request) is not None or "output" not in request.answer]
    wrong = [request for request in judged if _is_wrong(request)]
    figures = {"answers": len(answered), "judged": len(judged), "wrong": len(wrong)}
    if not judged:
        unknown = f"{count(len(answered), 'answer')}, and no golden answer is known to any"
        why = unknown if answered else "nothing was answered"
        return Finding("answers_correct", Verdict.INCONCLUSIVE, why, (), figures)
    if not wrong:
        unjudged = f"; {len(answered) - len(judged)} more, with no golden answer" if judged != answered else ""
        message = f"{count(len(judged), 'answer')}, all correct{unjudged}"
        return Finding("answers_correct", Verdict.HELD, message, (), figures)
    return Finding(
        "answers_correct",
        Verdict.VIOLATED,
        f"{len(wrong)} of {count(len(judged), 'answer')} wrong: {listing([_named(request) for request in wrong])}",
        tuple(request.op for request in wrong),
        figures,
    )


def _expected(request: Request) -> object:
    """The golden answer; None where nobody knows it."""
    if request.due_refusal is not None:
        return f"a refusal with {request.due_refusal}"
    return request.value.get("expected")


def _is_wrong(request: Request) -> bool:
    output = request.answer.get("output")
    return output is None or output != _expected(request)


def _named(request: Request) -> str:
    output, expected = request.answer.get("output", "no output"), _expected(request)
    return (
        f"{request.label} ({output} instead of {expected})" if expected is not None else f"{request.label} ({output})"
    )
