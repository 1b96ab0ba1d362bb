"""What holds of every invariant, whatever the run was like."""

from __future__ import annotations

import json

import pytest
from hypothesis import given

from chaos.invariants import (
    Invariant,
    answered_once,
    answers_correct,
    batches_within,
    books_balance,
    clock_steady,
    deadline_respected,
    drained,
    executions_explained,
    fair_share,
    faults_bit,
    goodput_at_least,
    latency_below,
    load_on_time,
    logs_complete,
    no_loss,
    no_retry_storm,
    nodes_stay_up,
    poison_isolated,
    queue_bounded,
    reconciled,
    recovers_within,
    remake,
    retries_explained,
    sheds_honestly,
    status_truthful,
    work_conserving,
)
from reports.history import History
from reports.record import Record
from reports.verdict import Finding, Verdict
from tests.chaos.invariants.golden import FACTS
from tests.reports.written import histories

OF_REQUESTS = (
    no_loss(),
    no_loss(refusals="allowed"),
    answered_once(),
    answers_correct(),
    books_balance(),
    retries_explained(),
    goodput_at_least(0.9),
    recovers_within(3.0),
    load_on_time(),
    no_retry_storm(),
    latency_below(50, since_s=1, until_s=3),
    deadline_respected(),
    sheds_honestly(),
    queue_bounded(5),
    poison_isolated("fine"),
    drained("worker1"),
    executions_explained(),
    books_balance(coordinator="coordinator"),
    status_truthful(),
    logs_complete(),
    reconciled(),
    batches_within(3, 0.15),
    work_conserving(),
    fair_share(),
)
OF_THE_RUN = (faults_bit(), clock_steady(), nodes_stay_up())


@pytest.mark.parametrize(
    "each", OF_REQUESTS, ids=lambda each: "-".join([each.name, *map(str, each.parameters.values())])
)
def test_a_run_without_requests_decides_nothing(each: Invariant) -> None:
    assert each.judge(Record(FACTS, History(()))).verdict is Verdict.INCONCLUSIVE


@given(histories())
def test_every_finding_is_fit_for_a_run_directory(history: History) -> None:
    record = Record(FACTS, history)
    for each in (*OF_REQUESTS, *OF_THE_RUN):
        finding = each.judge(record)
        assert finding.name == each.name
        assert finding.message
        assert all(op in range(len(history)) for op in finding.evidence if isinstance(op, int))
        assert Finding.from_json(json.loads(json.dumps(finding.to_json(), allow_nan=False))) == finding
        assert finding.verdict is not Verdict.VIOLATED or finding.evidence or finding.name == "goodput_at_least"


@given(histories())
def test_a_stored_run_is_judged_again_to_the_same_finding(history: History) -> None:
    reread = History([type(op).from_json(op.to_json()) for op in history])
    for each in (*OF_REQUESTS, *OF_THE_RUN):
        again = remake(each.made_by, json.loads(json.dumps(dict(each.parameters))))
        assert again.judge(Record(FACTS, reread)) == each.judge(Record(FACTS, history))
