from __future__ import annotations

from typing import Annotated

from annotated_types import Ge

from chaos.invariants.invariant import invariant
from chaos.invariants.wording import count, listing, unanswered
from reports.history import NEMESIS, OpType, Request
from reports.record import Record
from reports.verdict import Finding, Verdict

UNPROCESSABLE = 422
REASON = "poison"


@invariant
def poison_isolated(record: Record, text: str, *, kills: Annotated[int, Ge(1)] = 2) -> Finding:
    """Of all requests exactly those with `text` fail, with a 422 that calls it poison, and at most `kills` nodes ended.

    All others are answered, their batch mates too. A text that was never sent, or that ended no node, decides nothing.
    """
    poison = [each for each in record.requests if each.input == text]
    others = [each for each in record.requests if each.input != text]
    exits = record.history.of(NEMESIS, "exit")
    lost = [each for each in others if each.outcome is not OpType.OK]
    untold = [each for each in poison if not _says_so(each)]
    figures = {"poison": len(poison), "others": len(others), "lost": len(lost), "exits": len(exits)}
    problems = []
    if lost:
        problems.append(
            f"{len(lost)} of {count(len(others), 'other request')} lost: {listing([*map(unanswered, lost)])}"
        )
    if untold:
        problems.append(f"the poison was not refused as such: {listing([*map(unanswered, untold)])}")
    if len(exits) > kills:
        problems.append(f"{count(len(exits), 'node')} ended, {kills} may")
    if problems and poison and exits:
        evidence = (*(each.op for each in (*lost, *untold)), *(op.index for op in exits if len(exits) > kills))
        return Finding("poison_isolated", Verdict.VIOLATED, "; ".join(problems), evidence, figures)
    if not poison or not exits:
        why = "no node ended: the text did no harm" if poison else "the poison was never sent"
        return Finding("poison_isolated", Verdict.INCONCLUSIVE, why, (), figures)
    spared = f"{count(len(others), 'other request')}, all answered"
    message = f"the poison ended {count(len(exits), 'node')} and was refused; {spared}"
    return Finding("poison_isolated", Verdict.HELD, message, (), figures)


def _says_so(request: Request) -> bool:
    return request.answer.get("status") == UNPROCESSABLE and REASON in request.answer.get("reasons", ())
