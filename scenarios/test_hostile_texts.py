"""Texts that nobody means well with: each is answered or refused as promised, and none does any harm to others."""

import pytest

from chaos.experiment import Experiment
from chaos.inputs import hostile
from chaos.invariants import answered_once, answers_correct, books_balance, no_loss
from chaos.workload import constant, poisson
from reports.history import OpType


@pytest.mark.chaos
async def test_hostile_texts_are_answered_or_refused_each_as_promised(experiment: Experiment) -> None:
    run = await experiment(workload=constant(rate=12, seconds=5, inputs=hostile()))
    run.holds(no_loss(), answered_once(), answers_correct(), books_balance())
    refused = [request for request in run.record.requests if request.rightly_refused]
    assert {request.due_refusal for request in refused} == {413, 422}
    assert all(request.outcome is OpType.OK for request in run.record.requests if request not in refused)
    control = await experiment.control(poisson(rate=60, seconds=6))
    assert all(request.outcome is OpType.OK for request in control.record.requests)
